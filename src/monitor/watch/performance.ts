/** How right a deployment was in a window of its predictions, as plain data: what is reckoned, kept and shown. */
import type { TimeSpan } from '../alerts/finding.ts';
import type { ServedShare } from '../labels/labels.ts';
import type { EstimatedFigure } from '../performance/estimated.ts';
import type { RecordedPerformance } from '../performance/measured.ts';
import type { PerformanceTest } from './judge-performance.ts';

/** Of one output of a package that knows what its scores are worth: an estimate, and to be shown as one. */
export interface EstimatedPerformance {
  readonly output: string;
  /** The label that is looked for. */
  readonly positive: string;
  /** Answers that have a score, recorded or not. */
  readonly rows: number;
  readonly figures: readonly EstimatedFigure[];
  /** What it rests on, for people. */
  readonly assumes: string;
}

/** What was, and may have been, right in a window. */
export interface Performance extends RecordedPerformance {
  readonly deployment: string;
  /** Of predictions, whenever their labels came. */
  readonly window: TimeSpan;
  /** The package that answered most of it; undefined where nothing is recorded. */
  readonly served: ServedShare | undefined;
  /** The share of recorded predictions that have a label, 0 to 1. */
  readonly coverage: number;
  readonly estimated: readonly EstimatedPerformance[];
}

/** What was judged of a window once its labels were there. */
export interface PerformanceJudgement {
  /** Windows with few labels are judged together. */
  readonly window: TimeSpan;
  /** What it is compared with; undefined for what others are compared with from then on. */
  readonly usual: string | undefined;
  readonly tests: readonly PerformanceTest[];
}

/** A window as it was last reckoned. */
export interface KeptPerformance extends Performance {
  /** ISO 8601, UTC: no label of it has come after. */
  readonly at: string;
  /** The last label of all that had been told then. */
  readonly mark: number;
  /** Undefined while its labels are not there yet. */
  readonly judgement?: PerformanceJudgement | undefined;
}
