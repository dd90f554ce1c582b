/** The port of a family of figures: rows of all versions come one by one, and what they come to is told at the end. */
import { type BootstrapOptions, bootstrapping } from '../monitor/performance/bootstrap.ts';
import type { Interval, Metric } from '../monitor/performance/metric.ts';
import type { WeightedMoments } from '../monitor/performance/moments.ts';
import type { Steps } from '../monitor/performance/steps.ts';
import { seeded } from '../monitor/statistics/random.ts';
import type { Comparison, Figure, MetricFigures, Plots } from './evaluation.ts';

/** What the figures of a target come from: `R` is one row, with the answers of all versions. */
export interface Judging<R> {
  add(row: R): void;
  judged(): Steps<JudgedTarget>;
}

export interface JudgedTarget {
  readonly rows: number;
  readonly metrics: readonly MetricFigures[];
  readonly plots: readonly Plots[];
  readonly notes: readonly string[];
  /** Of what the first version lost a row, by which slices are compared. */
  readonly loss: WeightedMoments;
}

/** A metric without its tally. */
export type MetricName = Pick<Metric<never>, 'name' | 'label' | 'better'>;

export interface KnownFigure {
  readonly metric: MetricName;
  /** One a version. */
  readonly values: readonly number[];
  readonly intervals: readonly (Interval | undefined)[];
  /** Of the difference of the second from the first, where a formula tells it. */
  readonly paired?: Interval | undefined;
  /** No interval is drawn for it. */
  readonly isAlone?: boolean;
}

const outcomeOf = ({ better }: MetricName, interval: Interval | undefined): Comparison | undefined => {
  if (better === 'zero') return undefined;
  if (interval === undefined || (interval.low <= 0 && interval.high >= 0)) return 'not enough data';
  return interval.low > 0 === (better === 'higher') ? 'better' : 'worse';
};

/** Fewer rows are no sample to draw from. */
const LEAST_ROWS = 20;

/**
 * Figures with their intervals: by formula where there is one, else by drawing from the kept rows. `drawn` gives the values of all
 * metrics of one version after the other.
 */
export function* withIntervals(
  known: readonly KnownFigure[],
  { rows, allRows, figures }: Pick<BootstrapOptions, 'rows' | 'figures'> & { readonly allRows: number },
): Steps<readonly MetricFigures[]> {
  const versions = known[0]?.values.length ?? 0;
  const needed = known.some(({ intervals, isAlone }) => !isAlone && intervals.some((one) => one === undefined));
  const pairs = versions === 2;
  const values = [
    ...Array.from({ length: versions }, (_, version) => known.map((one) => one.values[version])).flat(),
    ...(pairs ? known.map((one) => one.values[1] - one.values[0]) : []),
  ];
  const drawn =
    needed && rows >= LEAST_ROWS
      ? yield* bootstrapping({
          rows,
          allRows,
          values,
          figures(weights) {
            const all = figures(weights);
            if (!pairs) return all;
            return [...all, ...known.map((_, at) => all[known.length + at] - all[at])];
          },
        })
      : [];
  return known.map(({ metric, values: own, intervals, paired, isAlone }, at): MetricFigures => {
    const { name, label, better } = metric;
    const figure = (value: number, interval: Interval | undefined, place: number): Figure => ({
      value,
      interval: interval ?? (isAlone ? undefined : drawn[place]),
    });
    const difference = pairs ? figure(own[1] - own[0], paired, 2 * known.length + at) : undefined;
    return {
      name,
      label,
      better,
      versions: own.map((value, version) => figure(value, intervals[version], version * known.length + at)),
      ...(difference && { difference, outcome: isAlone ? undefined : outcomeOf(metric, difference.interval) }),
    };
  });
}

/** A sample of rows, each as likely as any other (A. G. Waterman's reservoir, in Knuth, Seminumerical Algorithms, 3.4.2). */
export const startSample = <R>(most: number) => {
  const random = seeded(most);
  const rows: R[] = [];
  let seen = 0;
  return {
    add(row: R): void {
      seen++;
      if (rows.length < most) rows.push(row);
      else {
        const at = Math.floor(random() * seen);
        if (at < most) rows[at] = row;
      }
    },
    rows: (): readonly R[] => rows,
    seen: () => seen,
  };
};
