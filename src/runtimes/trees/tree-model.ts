/** Trees, and what is done to their sums. */
import type { Ensemble } from './ensemble.ts';

/** What becomes of one row's sums. */
export interface AnswerForm {
  /** Columns of the answer. */
  readonly width: number;
  readonly dtype: 'float32' | 'float64';
  /** Writes a row's answer to `to` at `at`; the sum of target t is `sums[from + t * stride]`. May keep nothing of a row. */
  readonly finish: (
    sums: Float64Array,
    from: number,
    stride: number,
    to: Float64Array | Float32Array,
    at: number,
  ) => void;
  /** Classes and how one is chosen, where a label is asked for too. */
  readonly label?: {
    readonly classes: readonly string[] | readonly bigint[];
    /** The index of the row's class. */
    readonly choose: (sums: Float64Array, from: number, stride: number) => number;
  };
}

export interface TreeModel extends AnswerForm {
  readonly ensemble: Ensemble;
}
