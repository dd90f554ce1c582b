/** Sums that linear models make: one of all features, or one in each leaf of a tree. */
import type { TakeSums } from '../kernel.ts';

/** What lies within it of 0 is 0 to LightGBM, where `predict` is given a dense table. */
export const NEARLY_ZERO = Math.fround(1e-35);

/** A linear model in float32, of what is not missing. */
export interface LinearSums {
  readonly targets: number;
  /** By feature, then by target. */
  readonly weights: Float32Array;
  /** By target: what a sum begins with. */
  readonly origins: Float32Array;
}

/** Linear models in leaves, by the leaf's number among all; float64. */
export interface LinearLeaves {
  readonly targets: number;
  readonly origins: Float64Array;
  /** What a leaf answers where one of its features is missing. */
  readonly otherwise: Float64Array;
  /** Where a leaf's terms begin in the lists behind; one more for the end. */
  readonly starts: Int32Array;
  readonly features: Int32Array;
  readonly coefficients: Float64Array;
}

const f = Math.fround;

/** The sum of one target for the row that begins at `from`. */
const sumOfTarget = (
  { targets, weights, origins }: LinearSums,
  row: ArrayLike<number>,
  from: number,
  target: number,
): number => {
  const features = weights.length / targets;
  let sum = origins[target];
  for (let feature = 0; feature < features; feature++) {
    const value = row[from + feature];
    if (!Number.isNaN(value)) sum = f(sum + f(value * weights[feature * targets + target]));
  }
  return sum;
};

/** What a leaf answers to the row that begins at `from`; what is nearly 0 is 0. */
const answerOfLeaf = (leaves: LinearLeaves, leaf: number, row: ArrayLike<number>, from: number): number => {
  const { origins, otherwise, starts, features, coefficients } = leaves;
  let sum = origins[leaf];
  for (let at = starts[leaf]; at < starts[leaf + 1]; at++) {
    const value = row[from + features[at]];
    if (Number.isNaN(value)) return otherwise[leaf];
    sum += coefficients[at] * (Math.abs(value) <= NEARLY_ZERO ? 0 : value);
  }
  return sum;
};

type Numbers = Float32Array | Float64Array;

/** Gives the sums of rows of so many features, row by row. */
export const sumLinear = (linear: LinearSums, given: Numbers, features: number, rows: number, take: TakeSums): void => {
  const sums = new Float64Array(linear.targets);
  for (let row = 0; row < rows; row++) {
    for (let target = 0; target < linear.targets; target++)
      sums[target] = sumOfTarget(linear, given, row * features, target);
    take(sums, 0, 1, row, 1);
  }
};

/** The same of leaves: `reached` has the leaf of each of so many trees, row by row. */
export const sumLeaves = (
  leaves: LinearLeaves,
  reached: Numbers,
  trees: number,
  given: Numbers,
  features: number,
  rows: number,
  take: TakeSums,
): void => {
  const { targets } = leaves;
  const sums = new Float64Array(targets);
  for (let row = 0; row < rows; row++) {
    sums.fill(0);
    for (let tree = 0; tree < trees; tree++)
      sums[tree % targets] += answerOfLeaf(leaves, reached[row * trees + tree], given, row * features);
    take(sums, 0, 1, row, 1);
  }
};
