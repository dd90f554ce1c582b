/** Columns that CatBoost makes of several features together, as data: what each feature comes to is a digit of a place in a table. */

/** A feature that is looked at together with others, in a row's column. */
export type Aspect = {
  readonly column: number;
  /** How many things it may come to: categories by their places; or 0 and 1. */
  readonly count: number;
} & (
  | { readonly asks: 'category' }
  | { readonly asks: 'border'; readonly border: number; readonly missing: number }
  | { readonly asks: 'equal'; readonly to: number }
);

/** A statistic of several features: by what they come to, the first's digit the highest; and of what was never seen. */
export interface ColumnTogether {
  readonly aspects: readonly Aspect[];
  readonly table: Float32Array;
  readonly otherwise: number;
}

/** What a value comes to; -1 for a category that was never seen. */
const digitOf = (aspect: Aspect, value: number): number => {
  if (aspect.asks === 'category') return Number.isInteger(value) && value >= 0 && value < aspect.count ? value : -1;
  if (aspect.asks === 'equal') return Number(value === aspect.to);
  return Number.isNaN(value) ? aspect.missing : Number(value > aspect.border);
};

/** The value for the row that begins at `from`. */
export const valueTogether = (
  { aspects, table, otherwise }: ColumnTogether,
  rows: ArrayLike<number>,
  from: number,
): number => {
  let place = 0;
  for (const aspect of aspects) {
    const digit = digitOf(aspect, rows[from + aspect.column]);
    if (digit === -1) return otherwise;
    place = place * aspect.count + digit;
  }
  return table[place];
};
