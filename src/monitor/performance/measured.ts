/** How right recorded answers were, as data: figures of one version on predictions whose truth was told later. */
import type { CalibrationBin } from './calibration.ts';
import type { Interval, Metric } from './metric.ts';

export interface PerformanceFigure {
  readonly name: string;
  readonly label: string;
  readonly better: Metric<unknown>['better'];
  readonly value: number;
  /** Where the true figure lies 95 times in 100; undefined where that cannot be told. */
  readonly interval?: Interval | undefined;
}

export interface SlicePerformance {
  /** The field, and its value or band. */
  readonly by: string;
  readonly value: string;
  readonly rows: number;
  readonly figures: readonly PerformanceFigure[];
  /** Against all other rows, by its first figure: p after Holm over all slices. */
  readonly p?: number | undefined;
  /** That is less than 0.05, and the slice is the worse part. */
  readonly isWorse: boolean;
}

/** Of one output, measured on labels. */
export interface TargetPerformance {
  readonly output: string;
  readonly kind: 'numbers' | 'labels';
  readonly unit?: string | undefined;
  /** Of two labels, the one that is looked for. */
  readonly positive?: string | undefined;
  /** Predictions whose truth is known. */
  readonly rows: number;
  readonly figures: readonly PerformanceFigure[];
  /** The worst first: those that lie furthest from the whole, by their rows. */
  readonly slices: readonly SlicePerformance[];
  readonly calibration?: readonly CalibrationBin[] | undefined;
  /** What a reader has to know of these figures. */
  readonly notes: readonly string[];
}

/** What predictions of a span of time came to. */
export interface RecordedPerformance {
  /** Recorded predictions with an answer. */
  readonly predictions: number;
  /** Those of them that have a label. */
  readonly labelled: number;
  readonly targets: readonly TargetPerformance[];
}
