/**
 * What a library makes of a row's sums, as data: who answers interprets it once (`links.ts`), who writes a model in another
 * language writes it out.
 */

/** Which exponential function, and with it the precision of all around it: `expf.ts`, `exp.ts`, `quick-exp.ts`. */
export type Exponential = 'float32' | 'float64' | 'quick';

/** From sums to the answer, which has as many columns. */
export type Link =
  | { readonly kind: 'identity' }
  /** x² with the sign of x. */
  | { readonly kind: 'signed square' }
  /** 1 above 0, else 0. */
  | { readonly kind: 'step' }
  | { readonly kind: 'exp'; readonly exp: Exponential }
  /** log(1 + e^x). */
  | { readonly kind: 'softplus' }
  /** 1 / (1 + e^(-steepness × x)); of float32 it is 1, and x at least -88.7, below which its e^-x would be infinite. */
  | { readonly kind: 'sigmoid'; readonly exp: 'float32' | 'float64'; readonly steepness: number }
  | { readonly kind: 'softmax'; readonly exp: Exponential }
  /** The first column stays, e^2x is made of the second. */
  | { readonly kind: 'mean and variance' };

/** How a class is chosen. */
export type ClassChoice =
  /** The second of two, where the answer's one column is above a half. */
  | { readonly by: 'answer' }
  /** The second of two, where the one sum is above a border. */
  | { readonly by: 'sum'; readonly border: number }
  /** The first of those whose sums are the greatest, or less than it by so little. */
  | { readonly by: 'greatest'; readonly within: number };

/** What sums become before anything else: a mean, or scaled and shifted, each target by its own bias. */
export type Adjustment = { readonly divisor: number } | { readonly scale: number; readonly biases: readonly number[] };

/** What an objective makes of sums. */
export interface Meaning {
  /** What people call the answer. */
  readonly output: string;
  readonly link: Link;
  /** Classes and how one is chosen, where there are some. */
  readonly label?: {
    readonly classes: readonly string[] | readonly bigint[];
    readonly choice: ClassChoice;
  };
}

/** All that is done to sums of so many targets. */
export interface Linked extends Pick<Meaning, 'link' | 'label'> {
  /** Columns of the answer, and sums. */
  readonly width: number;
  readonly dtype: 'float32' | 'float64';
  readonly adjustment?: Adjustment;
}

export const numbered = (count: number): readonly bigint[] =>
  Array.from({ length: count }, (_, index) => BigInt(index));

export const plain: Link = { kind: 'identity' };
export const sigmoid = (steepness = 1): Link => ({ kind: 'sigmoid', exp: 'float64', steepness });

/** Sums that differ by less have exponents of their difference to the greatest that are the same: 1. */
const SAME = 2 ** -54;
/** The first of the greatest sums: of probabilities, too, that grow with them. */
export const firstGreatest = (classes: NonNullable<Meaning['label']>['classes']): NonNullable<Meaning['label']> => ({
  classes,
  choice: { by: 'greatest', within: SAME },
});
