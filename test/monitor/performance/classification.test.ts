import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  averageOf,
  binaryMetrics,
  classFigures,
  mergeConfusion,
  multiclassMetrics,
  startConfusion,
} from '../../../src/monitor/performance/confusion.ts';
import {
  mergeProbabilities,
  probabilityMetrics,
  startProbabilities,
} from '../../../src/monitor/performance/probabilities.ts';
import { figure, oracles, same } from './figures.ts';

const { binary, multiclass, few, sure } = oracles;

const confusionOf = (truths: readonly number[], labels: readonly number[], classes: number) => {
  const counting = startConfusion();
  truths.forEach((truth, at) => {
    counting.add(truth, labels[at]);
  });
  return counting.tally(classes);
};

const probabilitiesOf = (truths: readonly number[], probabilities: readonly (readonly number[])[]) => {
  const counting = startProbabilities();
  truths.forEach((truth, at) => {
    counting.add(probabilities[at], truth);
  });
  return counting.tally();
};

const both = (scores: readonly number[]) => scores.map((score) => [1 - score, score]);
const calls = binary.score.map((score) => (score >= 0.5 ? 1 : 0));

describe('figures of two labels', () => {
  const tally = confusionOf(binary.truth, calls, 2);

  test("the confusion matrix is scikit-learn's", () => {
    assert.deepEqual([...tally.counts], binary.confusion.flat());
  });

  for (const name of ['accuracy', 'precision', 'recall', 'f1'] as const) {
    test(`${name} is scikit-learn's, also merged of parts`, () => {
      same(figure(binaryMetrics(1), name, tally), binary[name]);
      const [first, rest] = [
        confusionOf(binary.truth.slice(0, 100), calls.slice(0, 100), 2),
        confusionOf(binary.truth.slice(100), calls.slice(100), 2),
      ];
      same(figure(binaryMetrics(1), name, mergeConfusion(first, rest)), binary[name]);
    });
  }

  test("log loss and Brier score are scikit-learn's, also merged of parts", () => {
    const [whole, parts] = [
      probabilitiesOf(binary.truth, both(binary.score)),
      mergeProbabilities(
        probabilitiesOf(binary.truth.slice(0, 9), both(binary.score.slice(0, 9))),
        probabilitiesOf(binary.truth.slice(9), both(binary.score.slice(9))),
      ),
    ];
    for (const name of ['log_loss', 'brier'] as const) {
      same(figure(probabilityMetrics, name, whole), binary[name]);
      same(figure(probabilityMetrics, name, parts), binary[name]);
    }
    const small = probabilitiesOf(few.truth, both(few.score));
    same(figure(probabilityMetrics, 'brier', small), few.brier);
    same(figure(probabilityMetrics, 'log_loss', small), few.log_loss);
  });

  test('a miss of which the model was sure is bad and not infinite', () => {
    same(figure(probabilityMetrics, 'log_loss', probabilitiesOf(sure.truth, both(sure.score))), sure.log_loss);
  });

  test("with weights they are scikit-learn's with sample_weight", () => {
    const [counting, probable] = [startConfusion(), startProbabilities()];
    binary.truth.forEach((truth, at) => {
      counting.add(truth, calls[at], binary.weight[at]);
      probable.add([1 - binary.score[at], binary.score[at]], truth, binary.weight[at]);
    });
    same(figure(binaryMetrics(1), 'accuracy', counting.tally(2)), binary.weighted.accuracy);
    same(figure(probabilityMetrics, 'log_loss', probable.tally()), binary.weighted.log_loss);
  });

  test('a label that is never told has precision 0, and no interval of it', () => {
    const [, precision] = binaryMetrics(1);
    const never = confusionOf([0, 1, 1], [0, 0, 0], 2);
    assert.equal(precision.of(never), 0);
    assert.equal(precision.interval?.(never), undefined);
  });

  test('few rows have the interval that is never too narrow', () => {
    const [accuracy] = binaryMetrics(1);
    assert.equal(accuracy.interval?.(tally)?.method, 'Wilson');
    assert.equal(accuracy.interval?.(confusionOf([0, 1], [0, 1], 2))?.method, 'Clopper-Pearson');
  });
});

describe('figures of several labels, one of which is never told', () => {
  const tally = confusionOf(multiclass.truth, multiclass.label, 4);

  test("are scikit-learn's, each class the same and by size of class", () => {
    assert.deepEqual([...tally.counts], multiclass.confusion.flat());
    same(figure(multiclassMetrics, 'accuracy', tally), multiclass.accuracy);
    for (const name of ['precision', 'recall', 'f1'] as const) {
      same(averageOf(tally, name, 'macro'), multiclass.macro[name], name);
      same(averageOf(tally, name, 'weighted'), multiclass.weighted[name], name);
    }
    same(figure(multiclassMetrics, 'f1_weighted', tally), multiclass.weighted.f1);
  });

  test('labels that do not occur are left out of means', () => {
    const wider = confusionOf(multiclass.truth, multiclass.label, 9);
    same(averageOf(wider, 'f1', 'macro'), multiclass.macro.f1);
    assert.equal(classFigures(wider, 8).rows, 0);
  });

  test("log loss and Brier score are scikit-learn's", () => {
    const probable = probabilitiesOf(multiclass.truth, multiclass.probabilities);
    same(figure(probabilityMetrics, 'log_loss', probable), multiclass.log_loss);
    same(figure(probabilityMetrics, 'brier', probable), multiclass.brier);
  });
});
