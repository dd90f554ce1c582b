/**
 * Mean and spread of values that come one by one, or in parts: B. P. Welford's sums (1962), with weights and merging as
 * T. F. Chan, G. H. Golub & R. J. LeVeque have them (Updating formulae and a pairwise algorithm for computing sample variances, 1979).
 */
import { studentQuantile } from '../statistics/beta-quantile.ts';
import { ALPHA } from '../statistics/proportion.ts';
import type { Interval } from './metric.ts';

export interface WeightedMoments {
  /** How many values, or the sum of their weights. */
  readonly weight: number;
  readonly mean: number;
  /** The sum of squared distances from the mean. */
  readonly squares: number;
}

export const NO_MOMENTS: WeightedMoments = Object.freeze({ weight: 0, mean: Number.NaN, squares: 0 });

export const mergeMoments = (a: WeightedMoments, b: WeightedMoments): WeightedMoments => {
  if (a.weight === 0) return b;
  if (b.weight === 0) return a;
  const weight = a.weight + b.weight;
  const apart = b.mean - a.mean;
  return {
    weight,
    mean: a.mean + (apart * b.weight) / weight,
    squares: a.squares + b.squares + (apart * apart * a.weight * b.weight) / weight,
  };
};

export interface MomentsInProgress {
  add(value: number, weight?: number): void;
  moments(): WeightedMoments;
}

export const startMoments = (): MomentsInProgress => {
  let [sum, mean, squares] = [0, 0, 0];
  return {
    add(value, weight = 1) {
      if (weight === 0) return;
      sum += weight;
      const apart = value - mean;
      mean += (apart * weight) / sum;
      squares += weight * apart * (value - mean);
    },
    moments: () => (sum === 0 ? NO_MOMENTS : { weight: sum, mean, squares }),
  };
};

/** Student's interval of a mean; undefined for fewer than two values. `squares` is of n − 1 degrees of freedom. */
export const meanInterval = (
  { weight, mean, squares }: WeightedMoments,
  alpha: number = ALPHA,
): Interval | undefined => {
  if (weight < 2) return undefined;
  const half = studentQuantile(alpha, weight - 1) * Math.sqrt(squares / (weight - 1) / weight);
  return { low: mean - half, high: mean + half, method: 't' };
};
