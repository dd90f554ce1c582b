/** What libraries of boosted trees make of a row's sums in like ways. */
import type { TreeModel } from '../tree-model.ts';

/** What an objective makes of sums. */
export interface Meaning {
  /** What people call the answer. */
  readonly output: string;
  readonly finish: TreeModel['finish'];
  readonly label?: TreeModel['label'];
}

/** Each target by itself. */
export const each =
  (targets: number, change: (value: number) => number): TreeModel['finish'] =>
  (sums, from, stride, to, at) => {
    for (let target = 0; target < targets; target++) to[at + target] = change(sums[from + target * stride]);
  };

export const numbered = (count: number): readonly bigint[] =>
  Array.from({ length: count }, (_, index) => BigInt(index));

/** Sums that differ by less have exponents of their difference to the greatest that are the same: 1. */
const SAME = 2 ** -54;
/** The first of the greatest sums: of probabilities, too, that grow with them. */
export const first =
  (targets: number): NonNullable<TreeModel['label']>['choose'] =>
  (sums, from, stride) => {
    let most = sums[from];
    for (let index = 1; index < targets; index++) most = Math.max(most, sums[from + index * stride]);
    for (let index = 0; index < targets; index++) if (most - sums[from + index * stride] <= SAME) return index;
    return 0;
  };

/** In float64: of differences to the greatest, summed in their order. */
export const softmax =
  (targets: number, exp: (value: number) => number): TreeModel['finish'] =>
  (sums, from, stride, to, at) => {
    let most = sums[from];
    for (let index = 1; index < targets; index++) most = Math.max(most, sums[from + index * stride]);
    let sum = 0;
    for (let index = 0; index < targets; index++) {
      to[at + index] = exp(sums[from + index * stride] - most);
      sum += to[at + index];
    }
    for (let index = 0; index < targets; index++) to[at + index] /= sum;
  };
