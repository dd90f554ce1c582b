/**
 * Trees whose sums go on: TreeEnsembleClassifier, and TreeEnsembleRegressor with a post transform, as ONNX Runtime answers them
 * (tree_ensemble_aggregator.h).
 */
import { makeTrees } from '../make-trees.ts';
import { type OnnxTrees, readTrees } from '../onnx-ensemble.ts';
import { logistic, postTransforms, transformOf } from '../scores.ts';
import type { TreeModel } from '../tree-model.ts';
import { unusual } from '../unusual.ts';
import type { Known } from '../values.ts';
import { classesOf } from './class-labels.ts';
import type { NodeContext, Operators } from './operator.ts';
import { rounder } from './regression.ts';
import { inputOf, regressor } from './trees.ts';

/** Two labels, but weights for one class: its score stands for both. */
const oneScore = (
  { allPositive, base }: OnnxTrees,
  target: number,
  post: string,
  round: (value: number) => number,
): Pick<TreeModel, 'finish'> & { choose: NonNullable<TreeModel['label']>['choose'] } => {
  if (target !== 0 || base.length > 1) throw unusual('two classes of which one has weights, not the first');
  if (post === 'PROBIT') throw unusual('PROBIT of one score for two classes');
  const origin = base.length === 1 ? base[0] : 0;
  const scoreOf = (sums: Float64Array, from: number): number => round(sums[from] + origin);
  const middle = allPositive ? 0.5 : 0;
  return {
    choose: (sums, from) => Number(scoreOf(sums, from) > middle),
    finish(sums, from, _, to, at) {
      const score = scoreOf(sums, from);
      if (post === 'LOGISTIC') {
        to[at] = logistic(Math.fround(-score));
        to[at + 1] = logistic(Math.fround(score));
      } else {
        to[at] = allPositive ? round(1 - score) : -score;
        to[at + 1] = score;
      }
    },
  };
};

const classifier = ({ attributes }: NodeContext, [input]: readonly (Known | undefined)[]) => {
  const classes = classesOf(attributes, 'classlabels_int64s');
  const count = classes.length;
  if (count < 2) throw unusual(`a classifier of ${count} classes`);
  const kind = inputOf(input);
  const found = readTrees(attributes, 'class', count, kind);
  const { ensemble, base, weighted } = found;
  const post = attributes.text('post_transform', 'NONE');
  const transform = postTransforms[post];
  if (transform === undefined) throw unusual(`a post transform ${post}`);
  const round = rounder(kind);
  const given = [...weighted.keys()].filter((target) => weighted[target] !== 0);
  if (count === 2 && given.length === 1) {
    const { finish, choose } = oneScore(found, given[0], post, round);
    return makeTrees({ ensemble, width: 2, dtype: 'float32', finish, label: { classes, choose } }, input);
  }
  // Which classes a row has a score for matters to the label.
  if (!weighted.every((target) => target === -1)) throw unusual('classes that some rows get no score for');
  if (base.length !== 0 && base.length !== count) throw unusual(`${base.length} base values for ${count} classes`);
  if (count === 2 && base.length > 0) throw unusual('two classes with base values');
  // ONNX Runtime then answers 0 or 1, whatever the labels are.
  if (count === 2 && typeof classes[0] === 'bigint' && (classes[0] !== 0n || classes[1] !== 1n))
    throw unusual('two classes, each with weights, whose labels are not 0 and 1');
  const scoreOf = (sums: Float64Array, place: number, target: number): number =>
    base.length > 0 ? round(sums[place] + base[target]) : sums[place];
  const scores = new Float64Array(count);
  return makeTrees(
    {
      ensemble,
      width: count,
      dtype: 'float32',
      finish(sums, from, stride, to, at) {
        for (let target = 0; target < count; target++) scores[target] = scoreOf(sums, from + target * stride, target);
        transform(scores, round);
        for (let target = 0; target < count; target++) to[at + target] = scores[target];
      },
      label: {
        classes,
        choose(sums, from, stride) {
          if (count === 2) return Number(sums[from + stride] > 0);
          let best = 0;
          let most = scoreOf(sums, from, 0);
          for (let target = 1; target < count; target++) {
            const score = scoreOf(sums, from + target * stride, target);
            if (score > most) {
              most = score;
              best = target;
            }
          }
          return best;
        },
      },
    },
    input,
  );
};

export const scoredTrees: Operators = {
  'ml:TreeEnsembleClassifier': classifier,
  'ml:TreeEnsembleRegressor+post': regressor(transformOf),
};
