/** Predicted numbers beside what came true. */
import type { Metric } from '../monitor/performance/metric.ts';
import { meanInterval, startMoments } from '../monitor/performance/moments.ts';
import { pinball, pinballMetric, regressionMetrics, startRegression } from '../monitor/performance/regression.ts';
import type { Steps } from '../monitor/performance/steps.ts';
import type { Plots } from './evaluation.ts';
import { type JudgedTarget, type Judging, type KnownFigure, startSample, withIntervals } from './judging.ts';

export interface NumberRow {
  readonly truth: number;
  /** One a version. */
  readonly predicted: readonly number[];
}

export interface NumbersOptions {
  readonly versions: number;
  /** Rows that are kept to draw from. */
  readonly sample: number;
  /** The quantile that predictions aim at, whose loss is told, too. */
  readonly quantile?: number | undefined;
}

/** What of a row a metric is the mean of, as far as it is one. */
const losses: Readonly<Record<string, (predicted: number, truth: number) => number>> = {
  mae: (predicted, truth) => Math.abs(predicted - truth),
  bias: (predicted, truth) => predicted - truth,
};

const DRAWN_POINTS = 1000;

/** The figures of all versions on these rows, each as often as its weight says. */
const drawnFigures =
  (rows: readonly NumberRow[], { versions, quantile }: NumbersOptions) =>
  (weights: Float64Array): readonly number[] =>
    Array.from({ length: versions }, (_, version) => {
      const [tally, loss] = [startRegression(), startMoments()];
      rows.forEach(({ truth, predicted }, at) => {
        if (weights[at] === 0) return;
        tally.add(predicted[version], truth, weights[at]);
        if (quantile !== undefined) loss.add(pinball(predicted[version], truth, quantile), weights[at]);
      });
      const figures = regressionMetrics.map((metric) => metric.of(tally.tally()));
      return quantile === undefined ? figures : [...figures, loss.moments().mean];
    }).flat();

export const judgeNumbers = (options: NumbersOptions): Judging<NumberRow> => {
  const { versions, sample, quantile } = options;
  const tallies = Array.from({ length: versions }, () => startRegression());
  const quantiles = tallies.map(() => startMoments());
  const kept = startSample<NumberRow>(sample);
  const lossesHere = {
    ...losses,
    ...(quantile !== undefined && {
      quantile_loss: (predicted: number, truth: number) => pinball(predicted, truth, quantile),
    }),
  };
  const pairs = new Map(Object.keys(lossesHere).map((name) => [name, startMoments()]));
  const [first] = tallies;

  const known = (): readonly KnownFigure[] => {
    const all = tallies.map((one) => one.tally());
    const figures = regressionMetrics.map((metric) => knownOf(metric, all));
    if (quantile === undefined) return figures;
    return [
      ...figures,
      knownOf(
        pinballMetric(quantile),
        quantiles.map((one) => one.moments()),
      ),
    ];
  };
  const knownOf = <T>(metric: Metric<T>, all: readonly T[]): KnownFigure => {
    const paired = pairs.get(metric.name)?.moments();
    return {
      metric,
      values: all.map((tally) => metric.of(tally)),
      intervals: all.map((tally) => metric.interval?.(tally)),
      ...(versions === 2 && paired && { paired: meanInterval(paired) }),
    };
  };
  const plotsOf = (version: number): Plots => ({
    points: kept
      .rows()
      .slice(0, DRAWN_POINTS)
      .map(({ truth, predicted }) => [predicted[version], truth] as const),
  });
  return {
    add(row) {
      const { truth, predicted } = row;
      kept.add(row);
      for (let version = 0; version < versions; version++) {
        tallies[version].add(predicted[version], truth);
        if (quantile !== undefined) quantiles[version].add(pinball(predicted[version], truth, quantile));
      }
      if (versions !== 2) return;
      for (const [name, of] of Object.entries(lossesHere))
        pairs.get(name)?.add(of(predicted[1], truth) - of(predicted[0], truth));
    },
    *judged(): Steps<JudgedTarget> {
      const metrics = yield* withIntervals(known(), {
        rows: kept.rows().length,
        allRows: kept.seen(),
        figures: drawnFigures(kept.rows(), options),
      });
      const plots = tallies.map((_, version) => plotsOf(version));
      return { rows: kept.seen(), metrics, plots, notes: [], loss: first.tally().absolute };
    },
  };
};
