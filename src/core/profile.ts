/**
 * The reference profile: what the training data looked like, field by field, small enough to travel in the package. Its
 * bins are the deciles of the reference, so that later counts on the same bins can be compared with it (PSI, chi-square).
 */
import { columnTypeOf } from './signature.ts';
import type { ColumnOutput, Fields } from './types.ts';

export interface NumberProfile {
  readonly kind: 'number';
  /** Values that are not missing. */
  readonly count: number;
  readonly missing: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** Population standard deviation. */
  readonly std: number;
  /** At 1, 5, 25, 50, 75, 95 and 99 %, as one of the values (nearest rank). */
  readonly quantiles: readonly number[];
  /** Upper bounds of all bins but the last; a bin holds value ≤ bound. */
  readonly edges: readonly number[];
  readonly counts: readonly number[];
}

export interface CategoryProfile {
  readonly kind: 'category';
  readonly count: number;
  readonly missing: number;
  readonly distinct: number;
  /** The most frequent values, at most 100, by falling count. */
  readonly counts: Readonly<Record<string, number>>;
  /** Values not in `counts`. */
  readonly other: number;
}

export type FieldProfile = NumberProfile | CategoryProfile;

export interface Profile {
  readonly rows: number;
  readonly inputs: Readonly<Record<string, FieldProfile>>;
  readonly outputs: Readonly<Record<string, FieldProfile>>;
}

const BINS = 10;
const TOP = 100;
const probabilities = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99];

/** Which bin of `edges` a value falls into: the first whose bound is not below it, by bisection. */
export const binOf = (edges: readonly number[], value: number): number => {
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value <= edges[middle]) high = middle;
    else low = middle + 1;
  }
  return low;
};

/** Rounds to `digits` places after the first one of the spread of the values, so that a hair's difference is none. */
const rounderOf = (min: number, max: number, digits: number | undefined): ((value: number) => number) => {
  const spread = max - min || Math.abs(max);
  if (digits === undefined || !(spread > 0)) return (value) => value;
  const scale = 10 ** (digits - Math.floor(Math.log10(spread)));
  return (value) => {
    const rounded = Math.round(value * scale) / scale;
    return Number.isFinite(rounded) ? rounded : value;
  };
};

const profileNumbers = (values: ArrayLike<number>, digits?: number): NumberProfile => {
  const sorted = Float64Array.from(values)
    .filter((value) => !Number.isNaN(value))
    .sort();
  const { length } = sorted;
  const rank = (p: number): number =>
    length === 0 ? 0 : sorted[Math.min(length - 1, Math.max(0, Math.ceil(p * length) - 1))];
  let sum = 0;
  for (const value of sorted) sum += value;
  const mean = length === 0 ? 0 : sum / length;
  const round = rounderOf(rank(0), rank(1), digits);
  let squares = 0;
  for (const value of sorted) squares += (value - mean) ** 2;
  const bounds = Array.from({ length: BINS - 1 }, (_, index) => round(rank((index + 1) / BINS)));
  const edges = [...new Set(bounds)].filter((edge) => length > 0 && edge < sorted[length - 1]);
  const counts = new Array<number>(edges.length + 1).fill(0);
  for (const value of sorted) counts[binOf(edges, value)]++;
  return {
    kind: 'number',
    count: length,
    missing: values.length - length,
    min: round(rank(0)),
    max: round(rank(1)),
    mean: round(mean),
    std: length === 0 ? 0 : round(Math.sqrt(squares / length)),
    quantiles: probabilities.map((p) => round(rank(p))),
    edges,
    counts,
  };
};

const profileCategories = (values: readonly (string | null)[]): CategoryProfile => {
  const seen = new Map<string, number>();
  for (const value of values) if (value !== null) seen.set(value, (seen.get(value) ?? 0) + 1);
  const ranked = [...seen].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  const count = ranked.reduce((total, [, times]) => total + times, 0);
  const top = ranked.slice(0, TOP);
  const shown = top.reduce((total, [, times]) => total + times, 0);
  return {
    kind: 'category',
    count,
    missing: values.length - count,
    distinct: seen.size,
    counts: Object.fromEntries(top),
    other: count - shown,
  };
};

/**
 * Profiles columns as a scorer answers them (numbers with NaN for missing, texts with null). Texts are profiled by their
 * length, so that none of them is kept; tensors are passed over. `digits` rounds what is told of numbers to so many digits
 * of their spread.
 */
export const profileColumns = (
  fields: Fields,
  columns: Readonly<Record<string, ColumnOutput>>,
  digits?: number,
): Readonly<Record<string, FieldProfile>> => {
  const profiles: Record<string, FieldProfile> = {};
  for (const [name, field] of Object.entries(fields)) {
    const type = columnTypeOf(field);
    const column = columns[name];
    if (type === 'tensor' || column === undefined) continue;
    if (field.kind === 'category') profiles[name] = profileCategories(column as readonly (string | null)[]);
    else if (field.kind === 'text') {
      profiles[name] = profileNumbers(
        (column as readonly (string | null)[]).map((value) => value?.length ?? Number.NaN),
      );
    } else if (field.kind === 'boolean') {
      profiles[name] = profileCategories(
        Array.from(column as Float64Array, (value) => (Number.isNaN(value) ? null : String(value !== 0))),
      );
    } else {
      profiles[name] = profileNumbers(column as Float64Array, digits);
    }
  }
  return profiles;
};
