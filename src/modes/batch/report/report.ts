/** What a report says of a run, as data. */

import type { Bar } from '../../../drawing/charts.ts';
import type { FieldJudgement, Judgement } from '../../../monitor/drift/judgement.ts';
import type { Run, Summary } from '../types.ts';

export interface Moments {
  readonly mean: number;
  readonly std: number;
  readonly min: number;
  readonly max: number;
}

export interface FieldReport {
  readonly name: string;
  /** Numbers are points in time. */
  readonly isInstant: boolean;
  /** Bars are labels, not ranges of numbers. */
  readonly isLabels: boolean;
  readonly unit?: string | undefined;
  readonly description?: string | undefined;
  readonly count: number;
  /** Shares of all rows. */
  readonly missing: number;
  readonly referenceMissing?: number | undefined;
  readonly bars: readonly Bar[];
  readonly now?: Moments | undefined;
  readonly reference?: Moments | undefined;
  /** Share of values that the reference has none of, for categories. */
  readonly unseen?: number | undefined;
  /** Beside the reference, and beside the run before. */
  readonly judged?: FieldJudgement | undefined;
  readonly judgedSinceLast?: FieldJudgement | undefined;
  /**
   * Population stability index against the reference, and against the run before; undefined where there is none. It is told as a
   * figure that people know, and decides nothing: it grows where rows are few.
   */
  readonly shift?: number | undefined;
  readonly shiftSinceLast?: number | undefined;
}

export interface Change {
  readonly what: string;
  readonly before: number | string;
  readonly now: number | string;
  /** (now - before) / before, where that makes sense. */
  readonly relative?: number | undefined;
}

export interface Report {
  readonly summary: Summary;
  readonly kind: Run['kind'];
  readonly cause: Run['cause'];
  readonly window?: Run['window'] | undefined;
  readonly description?: string | undefined;
  readonly referenceRows?: number | undefined;
  readonly outputs: readonly FieldReport[];
  /** Those that drift first, then those that differ most from the reference. */
  readonly inputs: readonly FieldReport[];
  readonly before?: { readonly run: string; readonly scope: string; readonly finished_at: string } | undefined;
  readonly changes: readonly Change[];
  /** Beside the reference, in one sentence; fields have their own. */
  readonly judgement?: (Omit<Judgement, 'fields'> & { readonly sentence: string }) | undefined;
}
