/** What an evaluation says, as data: figures of versions on rows whose truth is known. */
import type { CalibrationBin } from '../monitor/performance/calibration.ts';
import type { Interval, Metric } from '../monitor/performance/metric.ts';
import type { RocPoint } from '../monitor/performance/ranking.ts';

/** Whether the second version does better than the first, as far as these rows can tell. */
export type Comparison = 'better' | 'worse' | 'not enough data';

export interface Figure {
  readonly value: number;
  /** Where the true figure lies 95 times in 100; undefined where that cannot be told. */
  readonly interval?: Interval | undefined;
}

export interface MetricFigures {
  readonly name: string;
  readonly label: string;
  readonly better: Metric<unknown>['better'];
  /** One a version. */
  readonly versions: readonly Figure[];
  /** Of two versions, on the same rows: the second less the first. */
  readonly difference?: Figure | undefined;
  readonly outcome?: Comparison | undefined;
}

export interface Slice {
  /** The column, and its value or band. */
  readonly by: string;
  readonly value: string;
  readonly rows: number;
  readonly metrics: readonly MetricFigures[];
  /** Against all other rows, of the first version by its first metric: p after Holm over all slices. */
  readonly p?: number | undefined;
  /** That is less than 0.05, and the slice is the worse part. */
  readonly isWorse: boolean;
}

/** What is drawn of one version. */
export interface Plots {
  readonly roc?: readonly RocPoint[] | undefined;
  readonly calibration?: readonly CalibrationBin[] | undefined;
  /** What was true down, what was predicted across. */
  readonly confusion?:
    | { readonly labels: readonly string[]; readonly counts: readonly (readonly number[])[] }
    | undefined;
  /** Some of the rows: predicted and true. */
  readonly points?: readonly (readonly [predicted: number, truth: number])[] | undefined;
}

export interface TargetEvaluation {
  /** The output that is judged, and the column that holds what was true. */
  readonly output: string;
  readonly truth: string;
  readonly kind: 'numbers' | 'labels';
  readonly unit?: string | undefined;
  /** Of two labels, the one that is looked for. */
  readonly positive?: string | undefined;
  /** Rows that are judged: those whose truth is known and that every version has answered. */
  readonly rows: number;
  /** Rows without a truth. */
  readonly withoutTruth: number;
  readonly metrics: readonly MetricFigures[];
  /** The worst first: those that lie furthest from the whole, by their rows. */
  readonly slices: readonly Slice[];
  /** One a version. */
  readonly plots: readonly Plots[];
  /** What a reader has to know of these figures. */
  readonly notes: readonly string[];
}

export interface EvaluatedVersion {
  readonly ref: string;
  readonly model: string;
  readonly version: string;
  readonly digest: string;
  readonly description?: string | undefined;
  /** Rows that it refused, by code. */
  readonly refused: Readonly<Record<string, number>>;
}

export interface Evaluation {
  readonly file: string;
  readonly rows: number;
  /** Rows that could not be read, or whose truth could not, by code. */
  readonly unreadable: Readonly<Record<string, number>>;
  readonly versions: readonly EvaluatedVersion[];
  readonly targets: readonly TargetEvaluation[];
}
