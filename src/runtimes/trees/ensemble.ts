/**
 * Trees as any library writes them: the one form that every reader makes and every writer takes. All nodes of all trees
 * stand in arrays by node, in any order; what a tree is follows from its root. Numbers are float64 here, which holds every
 * float32; `input` and `sum` say in which of the two a library compares and adds.
 */

/** What a node asks of its feature x and its value v; a leaf asks nothing. */
export const LEQ = 0;
export const LT = 1;
export const GTE = 2;
export const GT = 3;
export const EQ = 4;
export const NEQ = 5;
/** x, cut to an integer, is one of the node's categories. */
export const MEMBER = 6;
export const LEAF = 7;
/** Added to a test: NaN passes it. Without, NaN fails every test, NEQ too. */
export const MISSING_TRUE = 8;
/** Added to a test: NaN is taken for 0 (LightGBM's missing kind None). */
export const NAN_IS_ZERO = 16;
/** Added to a test: what lies within 1e-35, as a float32, of 0 is taken for NaN (LightGBM's missing kind Zero). */
export const ZERO_IS_MISSING = 32;

export interface Ensemble {
  /** A float32 ensemble is given float32 values, and its thresholds are such. */
  readonly input: 'float32' | 'float64';
  /** In what sums are kept: each addition rounds to it. Trees are added in their order here, each sum from 0. */
  readonly sum: 'float32' | 'float64';
  readonly aggregate: 'sum' | 'min' | 'max';
  readonly targets: number;
  /** By node: a test, with what is added to it. */
  readonly tests: Uint8Array;
  /** By node: which column of the row is tested. */
  readonly features: Int32Array;
  /** By node: the threshold; of a leaf its weight, or with `width` > 1 the place of its first weight in `weights`. */
  readonly values: Float64Array;
  /** By node: where it leads, as nodes. */
  readonly yes: Int32Array;
  readonly no: Int32Array;
  /** By node that asks MEMBER: its categories, integers from 0. */
  readonly sets?: ReadonlyMap<number, ArrayLike<number>>;
  /** By tree. */
  readonly roots: Int32Array;
  /** By tree: the first of the targets that its leaves have weights for. */
  readonly firstTargets: Int32Array;
  /** How many targets a leaf has weights for: 1, or all of a multi-output tree's. */
  readonly width: number;
  readonly weights?: Float64Array;
}
