/** Numbers: how far predictions are from what came true, and which way. */
import type { Metric } from './metric.ts';
import { meanInterval, mergeMoments, startMoments, type WeightedMoments } from './moments.ts';

/** Of predicted − true: as it is, without its sign, and squared; and of what was true. */
export interface RegressionTally {
  readonly error: WeightedMoments;
  readonly absolute: WeightedMoments;
  readonly squared: WeightedMoments;
  readonly truth: WeightedMoments;
}

export const startRegression = () => {
  const [error, absolute, squared, true_] = [startMoments(), startMoments(), startMoments(), startMoments()];
  return {
    add(predicted: number, truth: number, weight?: number): void {
      const off = predicted - truth;
      error.add(off, weight);
      absolute.add(Math.abs(off), weight);
      squared.add(off * off, weight);
      true_.add(truth, weight);
    },
    tally: (): RegressionTally => ({
      error: error.moments(),
      absolute: absolute.moments(),
      squared: squared.moments(),
      truth: true_.moments(),
    }),
  };
};

export const mergeRegression = (a: RegressionTally, b: RegressionTally): RegressionTally => ({
  error: mergeMoments(a.error, b.error),
  absolute: mergeMoments(a.absolute, b.absolute),
  squared: mergeMoments(a.squared, b.squared),
  truth: mergeMoments(a.truth, b.truth),
});

export const regressionMetrics: readonly Metric<RegressionTally>[] = [
  {
    name: 'mae',
    label: 'MAE (mean absolute error)',
    better: 'lower',
    of: ({ absolute }) => absolute.mean,
    interval: ({ absolute }) => meanInterval(absolute),
  },
  {
    name: 'rmse',
    label: 'RMSE (root mean squared error)',
    better: 'lower',
    of: ({ squared }) => Math.sqrt(squared.mean),
  },
  {
    name: 'bias',
    label: 'bias (mean of predicted − true)',
    better: 'zero',
    of: ({ error }) => error.mean,
    interval: ({ error }) => meanInterval(error),
  },
  {
    name: 'r2',
    label: 'R² (share of the spread that is explained)',
    better: 'higher',
    // Nothing is spread where all truths are one: then there is nothing to explain.
    of: ({ squared, truth }) => (truth.squares > 0 ? 1 - (squared.mean * squared.weight) / truth.squares : Number.NaN),
  },
];

/**
 * The loss of a prediction that aims at a quantile: q (true − predicted) above it, (1 − q) (predicted − true) below (R. Koenker &
 * G. Bassett, Regression quantiles, 1978).
 */
export const pinball = (predicted: number, truth: number, q: number): number =>
  truth >= predicted ? q * (truth - predicted) : (1 - q) * (predicted - truth);

/** The metric of its moments, for one quantile. */
export const pinballMetric = (q: number): Metric<WeightedMoments> => ({
  name: 'quantile_loss',
  label: `quantile loss at ${q}`,
  better: 'lower',
  of: ({ mean }) => mean,
  interval: (moments) => meanInterval(moments),
});
