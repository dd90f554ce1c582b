/** Sums of trees as ONNX Runtime answers them: the mean, the base values, the post transform, in this order. */
import type { Ensemble } from '../ensemble.ts';
import { makeTrees } from '../make-trees.ts';
import type { MadeStep } from '../model.ts';
import type { PostTransform } from '../scores.ts';
import type { TreeModel } from '../tree-model.ts';
import { unusual } from '../unusual.ts';
import type { Known } from '../values.ts';

/** Rounds to what sums are kept in. */
export const rounder = (kind: 'float32' | 'float64'): ((value: number) => number) =>
  kind === 'float32' ? Math.fround : (value) => value;

export interface TreeSums {
  readonly ensemble: Ensemble;
  readonly trees: number;
  readonly targets: number;
  readonly base: ArrayLike<number>;
  readonly isAverage: boolean;
  /** Of the answer. */
  readonly dtype: 'float32' | 'float64';
}

/** `transform` is done to the scores of a row, if anything is. @throws Unusual */
export const regression = (
  form: TreeSums,
  transform: PostTransform | undefined,
  input: Known | undefined,
): MadeStep => {
  const { ensemble, trees, targets, base, isAverage, dtype } = form;
  const round = rounder(ensemble.sum);
  const isSum = ensemble.aggregate === 'sum';
  const count = round(trees);
  const scores = new Float64Array(targets);
  const averaged = (sum: number): number => (isAverage ? round(sum / count) : sum);

  let finish: TreeModel['finish'];
  if (targets === 1) {
    const origin = base.length === 1 ? base[0] : 0;
    finish = (sums, from, _, to, at) => {
      const score = round(averaged(sums[from]) + origin);
      if (transform === undefined) {
        to[at] = score;
        return;
      }
      scores[0] = Math.fround(score);
      transform(scores);
      to[at] = scores[0];
    };
  } else {
    const hasBase = base.length === targets;
    if (!isSum && base.length > 0 && !hasBase) throw unusual(`${base.length} base values for ${targets} targets`);
    finish = (sums, from, stride, to, at) => {
      for (let target = 0; target < targets; target++) {
        const score = averaged(sums[from + target * stride]);
        scores[target] = hasBase ? round(score + base[target]) : isSum ? score : score + 0;
      }
      transform?.(scores, round);
      for (let target = 0; target < targets; target++) to[at + target] = scores[target];
    };
  }
  return makeTrees({ ensemble, width: targets, dtype, finish }, input);
};
