/**
 * Where a mean, or the difference of two, lies however often one looks, for values without bounds: an asymptotic confidence
 * sequence (I. Waudby-Smith, D. Arbour, R. Sinha, E. Kennedy & A. Ramdas, Time-uniform central limit theory, 2024;
 * arXiv:2103.06476, equation 9). It holds in the limit of many values: below `LEAST_ROWS` an arm there are no bounds.
 *
 *     boundsOfDifference(stable, candidate);               // in the unit of the values
 *     boundsOfRelativeDifference(stable, candidate);       // as a part of the stable one's mean
 *     boundsOfMeanDifference(differences);                 // of rows that both answered
 */
import type { WeightedMoments } from '../performance/moments.ts';
import { ALPHA, type Bounds } from '../statistics/proportion.ts';

/** Values of an arm from which on its mean is near enough to normal. */
export const LEAST_ROWS = 100;
/** Values of both arms at which the bounds are tightest. */
export const TIGHTEST_AT = 5000;

export interface Looking {
  /** The chance that the bounds are ever wrong; 0.05 unless given. */
  readonly alpha?: number;
  /** `TIGHTEST_AT` unless given. */
  readonly tightestAt?: number;
}

/** Half of the width around an estimate of that variance, which rests on `n` values. */
const halfWidth = (variance: number, n: number, { alpha = ALPHA, tightestAt = TIGHTEST_AT }: Looking): number => {
  const rho2 = (-2 * Math.log(alpha) + Math.log(1 - 2 * Math.log(alpha))) / tightestAt;
  const grown = n * rho2 + 1;
  return Math.sqrt(n * variance * ((2 * grown) / (n * n * rho2)) * Math.log(Math.sqrt(grown) / alpha));
};

const around = (estimate: number, variance: number, n: number, looking: Looking): Bounds => {
  const half = halfWidth(variance, n, looking);
  return [estimate - half, estimate + half];
};

/** Of the mean of so many values. */
const varianceOfMean = ({ weight, squares }: WeightedMoments): number => squares / (weight - 1) / weight;

const isFew = ({ weight }: WeightedMoments): boolean => weight < LEAST_ROWS;

/** Of the candidate's mean less the stable one's; undefined while there are too few values. */
export const boundsOfDifference = (
  stable: WeightedMoments,
  candidate: WeightedMoments,
  looking: Looking = {},
): Bounds | undefined => {
  if (isFew(stable) || isFew(candidate)) return undefined;
  const variance = varianceOfMean(stable) + varianceOfMean(candidate);
  return around(candidate.mean - stable.mean, variance, stable.weight + candidate.weight, looking);
};

/**
 * The same of several strata, such as times of other shares: arms are compared within each, and what is found is weighted by
 * how much it says (`1 / (1/n + 1/m)`). A stratum that has too few of either says nothing; undefined where none does.
 */
export const boundsOfStrata = (
  strata: readonly (readonly [stable: WeightedMoments, candidate: WeightedMoments])[],
  looking: Looking = {},
): Bounds | undefined => {
  const told = strata.filter(([stable, candidate]) => !isFew(stable) && !isFew(candidate));
  if (told.length === 0) return undefined;
  const weights = told.map(([stable, candidate]) => 1 / (1 / stable.weight + 1 / candidate.weight));
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  let [estimate, variance, n] = [0, 0, 0];
  for (const [at, [stable, candidate]] of told.entries()) {
    const part = weights[at] / all;
    estimate += part * (candidate.mean - stable.mean);
    variance += part * part * (varianceOfMean(stable) + varianceOfMean(candidate));
    n += stable.weight + candidate.weight;
  }
  return around(estimate, variance, n, looking);
};

/**
 * The same as a part of the stable one's mean, by the delta method; undefined where that is 0, too.
 */
export const boundsOfRelativeDifference = (
  stable: WeightedMoments,
  candidate: WeightedMoments,
  looking: Looking = {},
): Bounds | undefined => {
  if (isFew(stable) || isFew(candidate) || stable.mean === 0) return undefined;
  const ratio = candidate.mean / stable.mean;
  const variance = (varianceOfMean(candidate) + ratio * ratio * varianceOfMean(stable)) / stable.mean ** 2;
  return around(
    (candidate.mean - stable.mean) / Math.abs(stable.mean),
    variance,
    stable.weight + candidate.weight,
    looking,
  );
};

/** Of the mean of differences of pairs; undefined while there are too few of them. */
export const boundsOfMeanDifference = (differences: WeightedMoments, looking: Looking = {}): Bounds | undefined =>
  isFew(differences) ? undefined : around(differences.mean, varianceOfMean(differences), differences.weight, looking);
