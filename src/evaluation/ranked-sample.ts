/** The figures of kept rows, again and again with other weights: what can be sorted and looked up once, is. */
import type { ConfusionTally } from '../monitor/performance/confusion.ts';
import type { Metric } from '../monitor/performance/metric.ts';
import { brierOf, logLossOf } from '../monitor/performance/probabilities.ts';
import { aucOf } from '../monitor/performance/ranking.ts';
import { orderOf } from '../monitor/performance/scores.ts';
import type { LabelledRow } from './labels.ts';

export interface RankedSampleOptions {
  readonly rows: readonly LabelledRow[];
  readonly versions: number;
  readonly labels: number;
  readonly confusionMetrics: readonly Metric<ConfusionTally>[];
  /** Labels whose ranking is told. */
  readonly ranked: readonly number[];
  readonly hasProbabilities: boolean;
}

/** AUC of one version's scores of one label: rows of one score share a place. */
const ranking = (scores: Float64Array, isTrue: readonly boolean[]) => {
  const order = orderOf(scores);
  const place = new Uint32Array(scores.length);
  let places = 0;
  order.forEach((row, at) => {
    if (at > 0 && scores[row] !== scores[order[at - 1]]) places++;
    place[row] = places;
  });
  const [positives, negatives] = [new Float64Array(places + 1), new Float64Array(places + 1)];
  return (weights: Float64Array): number => {
    positives.fill(0);
    negatives.fill(0);
    for (let row = 0; row < place.length; row++) (isTrue[row] ? positives : negatives)[place[row]] += weights[row];
    return aucOf({ positives, negatives });
  };
};

const weightedMean =
  (values: Float64Array) =>
  (weights: Float64Array): number => {
    let [sum, all] = [0, 0];
    for (let row = 0; row < values.length; row++) {
      sum += weights[row] * values[row];
      all += weights[row];
    }
    return sum / all;
  };

/** The figures of one version in the order in which they are told. */
const versionOf = (options: RankedSampleOptions, version: number): ((weights: Float64Array) => readonly number[]) => {
  const { rows, labels, confusionMetrics, ranked, hasProbabilities } = options;
  const cells = Uint32Array.from(rows, ({ truth, answers }) => truth * labels + answers[version].label);
  const counts = new Float64Array(labels * labels);
  const probability = (row: LabelledRow, label: number): number => row.answers[version].probabilities?.[label] ?? 0;
  const rankings = ranked.map((label) =>
    ranking(
      Float64Array.from(rows, (row) => probability(row, label)),
      rows.map(({ truth }) => truth === label),
    ),
  );
  const means = hasProbabilities
    ? [
        weightedMean(Float64Array.from(rows, (row) => logLossOf(probability(row, row.truth)))),
        weightedMean(Float64Array.from(rows, (row) => brierOf(row.answers[version].probabilities ?? [], row.truth))),
      ]
    : [];
  return (weights) => {
    counts.fill(0);
    for (let row = 0; row < cells.length; row++) counts[cells[row]] += weights[row];
    const areas = rankings.map((one) => one(weights)).filter((area) => !Number.isNaN(area));
    const area = areas.length === 0 ? Number.NaN : areas.reduce((sum, one) => sum + one, 0) / areas.length;
    return [
      ...confusionMetrics.map((metric) => metric.of({ classes: labels, counts })),
      ...(rankings.length > 0 ? [area] : []),
      ...means.map((mean) => mean(weights)),
      ...(hasProbabilities ? [Number.NaN] : []),
    ];
  };
};

/** The figures of all versions, one after the other. */
export const rankedSample = (options: RankedSampleOptions): ((weights: Float64Array) => readonly number[]) => {
  const all = Array.from({ length: options.versions }, (_, version) => versionOf(options, version));
  return (weights) => all.flatMap((figures) => figures(weights));
};
