import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { calibrationOf, eceOf } from '../../../src/monitor/performance/calibration.ts';
import { aucOf, oneVsRestAuc, rocOf } from '../../../src/monitor/performance/ranking.ts';
import { mergeScores, SCORE_BINS, startScores } from '../../../src/monitor/performance/scores.ts';
import { seeded } from '../../../src/monitor/statistics/random.ts';
import { oracles, same } from './figures.ts';

const { binary, multiclass, few } = oracles;

const scoresOf = (scores: readonly number[], truths: readonly number[], most?: number) => {
  const counting = startScores(most);
  scores.forEach((score, at) => {
    counting.add(score, truths[at] === 1);
  });
  return counting.tally();
};

describe('the area under the ROC curve', () => {
  test("is scikit-learn's, with ties, in any order of rows and merged of parts", () => {
    same(aucOf(scoresOf(binary.score, binary.truth)), binary.auc);
    same(aucOf(scoresOf(binary.score.toReversed(), binary.truth.toReversed())), binary.auc);
    const [first, rest] = [
      scoresOf(binary.score.slice(0, 60), binary.truth.slice(0, 60)),
      scoresOf(binary.score.slice(60), binary.truth.slice(60)),
    ];
    same(aucOf(mergeScores(first, rest)), binary.auc);
    same(aucOf(scoresOf(few.score, few.truth)), few.auc);
  });

  test("of several classes is the mean of each against the rest, scikit-learn's ovr", () => {
    const classes = [0, 1, 2, 3].map((label) =>
      scoresOf(
        multiclass.probabilities.map((all) => all[label]),
        multiclass.truth.map((truth) => (truth === label ? 1 : 0)),
      ),
    );
    same(oneVsRestAuc(classes), multiclass.auc);
  });

  test('is off by no more than a bin where there are more rows than are kept', () => {
    const random = seeded(5);
    const rows = Array.from({ length: 5000 }, () => random());
    const truths = rows.map((score) => (random() < score ? 1 : 0));
    const [exact, binned] = [scoresOf(rows, truths), scoresOf(rows, truths, 1000)];
    assert.deepEqual([exact.isExact, binned.isExact], [true, false]);
    assert.ok(Math.abs(aucOf(exact) - aucOf(binned)) < 1 / SCORE_BINS);
    const merged = mergeScores(
      scoresOf(rows.slice(0, 3000), truths.slice(0, 3000)),
      scoresOf(rows.slice(3000), truths.slice(3000)),
      4000,
    );
    assert.ok(!merged.isExact && aucOf(merged) === aucOf(binned));
  });

  test('is none where all rows are alike, or there are none', () => {
    assert.ok(Number.isNaN(aucOf(scoresOf([0.1, 0.2], [1, 1]))));
    assert.ok(Number.isNaN(oneVsRestAuc([scoresOf([], [])])));
    assert.deepEqual(rocOf(scoresOf([0.3], [1])), []);
  });

  test('is the area under the curve that is drawn, which goes from none to all', () => {
    const curve = rocOf(scoresOf(binary.score, binary.truth), 1000);
    const area = curve.slice(1).reduce((sum, { falseAlarms, found }, at) => {
      const before = curve[at];
      return sum + ((falseAlarms - before.falseAlarms) * (found + before.found)) / 2;
    }, 0);
    same(area, binary.auc);
    const few = rocOf(scoresOf(binary.score, binary.truth), 20);
    assert.ok(few.length <= 21);
    assert.deepEqual([few[0].found, few.at(-1)?.found, few.at(-1)?.falseAlarms], [0, 1, 1]);
  });
});

describe('calibration', () => {
  test("has NannyML's expected calibration error on ten bins of equal count", () => {
    const bins = calibrationOf(scoresOf(few.score, few.truth));
    assert.deepEqual(
      bins.map(({ rows }) => rows),
      new Array(10).fill(4),
    );
    same(eceOf(bins), few.ece, 'ECE', 1e-9);
  });

  test('does not depend on the order of rows that have one score', () => {
    const bins = calibrationOf(scoresOf(binary.score, binary.truth));
    assert.deepEqual(bins, calibrationOf(scoresOf(binary.score.toReversed(), binary.truth.toReversed())));
    assert.equal(bins.length, 10);
    same(
      bins.reduce((sum, { rows }) => sum + rows, 0),
      301,
    );
    same(
      bins.reduce((sum, { rows, cameTrue }) => sum + rows * cameTrue, 0),
      binary.truth.reduce((a, b) => a + b, 0),
    );
  });

  test('of one score has bins that say the same', () => {
    const bins = calibrationOf(
      scoresOf(
        new Array(25).fill(0.5),
        Array.from({ length: 25 }, (_, at) => at % 2),
      ),
    );
    for (const { said, cameTrue } of bins) assert.ok(said === 0.5 && Math.abs(cameTrue - 12 / 25) < 1e-12);
    assert.deepEqual(calibrationOf(scoresOf([], [])), []);
  });
});
