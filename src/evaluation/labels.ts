/** Predicted labels, and what was said of their chances, beside what came true. */
import { calibrationOf, eceOf } from '../monitor/performance/calibration.ts';
import {
  binaryMetrics,
  type ConfusionTally,
  multiclassMetrics,
  startConfusion,
} from '../monitor/performance/confusion.ts';
import type { Metric } from '../monitor/performance/metric.ts';
import { meanInterval, startMoments } from '../monitor/performance/moments.ts';
import {
  brierOf,
  logLossOf,
  type ProbabilityTally,
  probabilityMetrics,
  startProbabilities,
} from '../monitor/performance/probabilities.ts';
import { oneVsRestAuc, rocOf } from '../monitor/performance/ranking.ts';
import { type ScoreTally, startScores } from '../monitor/performance/scores.ts';
import type { Steps } from '../monitor/performance/steps.ts';
import type { Plots } from './evaluation.ts';
import {
  type JudgedTarget,
  type Judging,
  type KnownFigure,
  type MetricName,
  startSample,
  withIntervals,
} from './judging.ts';
import { rankedSample } from './ranked-sample.ts';

export interface LabelAnswer {
  /** Its place among the labels. */
  readonly label: number;
  /** One a label, where all are told. */
  readonly probabilities?: readonly number[] | undefined;
}
export interface LabelledRow {
  readonly truth: number;
  /** One a version. */
  readonly answers: readonly LabelAnswer[];
}

export interface LabelsOptions {
  readonly versions: number;
  readonly sample: number;
  /** Rows whose scores are kept one by one. */
  readonly scores: number;
  /** Places in it are what rows hold; it grows by labels that only the table has. */
  readonly labels: readonly string[];
  /** The label that is looked for, of two. */
  readonly positive: number | undefined;
  /** Whether every label has a probability. */
  readonly hasProbabilities: boolean;
}

/** Of more classes no AUC is told: each would be kept by itself. */
const MOST_RANKED = 20;

const AUC: MetricName = { name: 'auc', label: 'AUC (area under the ROC curve)', better: 'higher' };
const ECE: MetricName = { name: 'ece', label: 'ECE (expected calibration error)', better: 'lower' };

/** What of a row a metric is the mean of, as far as it is one. */
const losses: Readonly<Record<string, (answer: LabelAnswer, truth: number) => number>> = {
  accuracy: ({ label }, truth) => (label === truth ? 1 : 0),
  log_loss: ({ probabilities = [] }, truth) => logLossOf(probabilities[truth] ?? 0),
  brier: ({ probabilities = [] }, truth) => brierOf(probabilities, truth),
};

/** All that is counted of one version. */
const startVersion = ({ labels, positive, hasProbabilities, scores }: LabelsOptions) => {
  const [confusion, probable, surest] = [startConfusion(), startProbabilities(), startScores(scores)];
  const ranked = !hasProbabilities ? [] : positive === undefined ? labels.map((_, at) => at) : [positive];
  const ranks = ranked.length > MOST_RANKED ? [] : ranked.map((label) => ({ label, scores: startScores(scores) }));
  return {
    add({ label, probabilities }: LabelAnswer, truth: number): void {
      confusion.add(truth, label);
      if (!hasProbabilities || probabilities === undefined) return;
      probable.add(probabilities, truth);
      for (const one of ranks) one.scores.add(probabilities[one.label], truth === one.label);
      if (positive === undefined) surest.add(Math.max(...probabilities), truth === label);
    },
    confusion: (): ConfusionTally => confusion.tally(labels.length),
    probable: (): ProbabilityTally => probable.tally(),
    ranks: (): readonly ScoreTally[] => ranks.map((one) => one.scores.tally()),
    /** What calibration is told by: the label that is looked for, or the likeliest one. */
    said: (found: readonly ScoreTally[]): ScoreTally => (positive === undefined ? surest.tally() : found[0]),
  };
};

const plotsOf = (labels: readonly string[], { classes, counts }: ConfusionTally, others: Plots): Plots => ({
  confusion: { labels, counts: labels.map((_, at) => [...counts.subarray(at * classes, (at + 1) * classes)]) },
  ...others,
});

export const judgeLabels = (options: LabelsOptions): Judging<LabelledRow> => {
  const { versions, sample, labels, positive, hasProbabilities } = options;
  const counted = Array.from({ length: versions }, () => startVersion(options));
  const kept = startSample<LabelledRow>(sample);
  const pairs = new Map(Object.keys(losses).map((name) => [name, startMoments()]));
  const loss = startMoments();
  const confusionMetrics = positive === undefined ? multiclassMetrics : binaryMetrics(positive);

  const paired = ({ name }: MetricName) => {
    const moments = versions === 2 ? pairs.get(name)?.moments() : undefined;
    return moments && { paired: meanInterval(moments) };
  };
  const knownOf = <T>(metric: Metric<T>, all: readonly T[]): KnownFigure => ({
    metric,
    values: all.map((tally) => metric.of(tally)),
    intervals: all.map((tally) => metric.interval?.(tally)),
    ...paired(metric),
  });
  function* judged(): Steps<JudgedTarget> {
    const confusions = counted.map((one) => one.confusion());
    const ranks = counted.map((one) => one.ranks());
    const hasRanks = hasProbabilities && ranks[0].length > 0;
    const said = hasProbabilities ? counted.map((one, version) => one.said(ranks[version])) : [];
    const calibrations = said.map((scores) => calibrationOf(scores));
    const probable = counted.map((one) => one.probable());
    const none = counted.map(() => undefined);
    const known: readonly KnownFigure[] = [
      ...confusionMetrics.map((metric) => knownOf(metric, confusions)),
      ...(hasRanks ? [{ metric: AUC, values: ranks.map(oneVsRestAuc), intervals: none }] : []),
      ...(hasProbabilities ? probabilityMetrics.map((metric) => knownOf(metric, probable)) : []),
      ...(hasProbabilities ? [{ metric: ECE, values: calibrations.map(eceOf), intervals: none, isAlone: true }] : []),
    ];
    const figures = rankedSample({
      rows: kept.rows(),
      versions,
      labels: labels.length,
      confusionMetrics,
      ranked: hasRanks ? (positive === undefined ? labels.map((_, at) => at) : [positive]) : [],
      hasProbabilities,
    });
    const metrics = yield* withIntervals(known, { rows: kept.rows().length, allRows: kept.seen(), figures });
    return {
      rows: kept.seen(),
      metrics,
      plots: counted.map((_, version) =>
        plotsOf(labels, confusions[version], {
          ...(hasRanks && positive !== undefined && { roc: rocOf(ranks[version][0]) }),
          ...(hasProbabilities && { calibration: calibrations[version] }),
        }),
      ),
      notes: notesOf(ranks.flat(), hasProbabilities && !hasRanks),
      loss: loss.moments(),
    };
  }
  return {
    add(row) {
      const { truth, answers } = row;
      kept.add(row);
      for (let version = 0; version < versions; version++) counted[version].add(answers[version], truth);
      const [one, other] = answers;
      loss.add(hasProbabilities ? losses.log_loss(one, truth) : 1 - losses.accuracy(one, truth));
      if (versions === 2)
        for (const [name, of] of Object.entries(losses)) pairs.get(name)?.add(of(other, truth) - of(one, truth));
    },
    judged,
  };
};

const notesOf = (scores: readonly ScoreTally[], isUnranked: boolean): readonly string[] => [
  ...(scores.some(({ isExact }) => !isExact)
    ? ['There are more rows than are kept one by one: AUC and calibration are told from 65,536 bins of the score.']
    : []),
  ...(isUnranked ? [`No AUC is told of more than ${MOST_RANKED} classes.`] : []),
];
