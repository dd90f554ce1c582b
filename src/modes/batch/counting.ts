/** The loops that a tally is made of: one field's values, counted. */
import type { ColumnInput, ColumnOutput, DatetimeField, Field } from '../../core/types.ts';
import { parseDatetime, zoneOf } from '../../core/zone.ts';
import type { FieldTally } from './tally.ts';

export const numberOf = (field: Field): ((value: unknown) => number) => {
  if (field.kind === 'text') return (value) => (typeof value === 'string' ? value.length : Number.NaN);
  if (field.kind === 'datetime') {
    const { zone } = field as DatetimeField;
    const read = zone === undefined ? undefined : zoneOf(zone);
    return (value) => {
      if (typeof value === 'string') return parseDatetime(value, read ?? zoneOf('UTC'));
      return value instanceof Date ? value.getTime() : typeof value === 'number' ? value : Number.NaN;
    };
  }
  return (value) => {
    if (typeof value === 'number') return value;
    if (typeof value === 'string') return value.trim() === '' ? Number.NaN : Number(value);
    return typeof value === 'bigint' ? Number(value) : Number.NaN;
  };
};

export const labelOf = (field: Field): ((value: unknown) => string | undefined) => {
  if (field.kind === 'boolean') {
    return (value) => {
      if (value === null || value === undefined || Number.isNaN(value) || value === '') return undefined;
      return String(value === true || value === 1 || value === 'true' || value === '1');
    };
  }
  return (value) =>
    value === null || value === undefined || Number.isNaN(value)
      ? undefined
      : typeof value === 'string'
        ? value
        : String(value);
};

export interface Counting {
  add(values: ColumnInput | ColumnOutput): void;
  /** `refused` values are not to be counted as missing. */
  tally(refused: number): FieldTally;
}

/** Where a first guess at a bin may lie: of bins of equal width it is computed, of others it is searched for. */
const stepOf = (edges: readonly number[]): number | undefined => {
  if (edges.length < 3) return undefined;
  const step = ((edges.at(-1) ?? 0) - edges[0]) / (edges.length - 1);
  const isEven = edges.every((edge, index) => Math.abs(edge - (edges[0] + step * index)) <= step * 1e-6);
  return isEven && step > 0 ? step : undefined;
};

/** Moments so far. Sums are around the first value: exact enough, and cheap (T. F. Chan et al., 1983, "shifted data"). */
interface Moments {
  count: number;
  min: number;
  max: number;
  shift: number;
  sum: number;
  squares: number;
}

/** The edges below and above each bin, the outermost at infinity. */
interface Bounds {
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  /** The width of bins that are even. */
  readonly step: number | undefined;
}

/**
 * Counts numbers into bins and moments. It works on locals, as numbers that closures share would each be an object of its
 * own: this loop runs for every value of every column.
 */
const countAll = (values: Float64Array, { lower, upper, step }: Bounds, bins: Uint32Array, moments: Moments): void => {
  let { count, min, max, shift, sum, squares } = moments;
  if (count === 0) shift = values.find((value) => value - value === 0) ?? shift;
  const last = bins.length - 1;
  const first = upper[0];
  const scale = step === undefined ? 0 : 1 / step;
  for (let row = 0; row < values.length; row++) {
    const value = values[row];
    // NaN and infinities.
    if (value - value !== 0) continue;
    count++;
    if (value < min) min = value;
    if (value > max) max = value;
    const distance = value - shift;
    sum += distance;
    squares += distance * distance;
    let bin = 0;
    if (scale > 0) {
      const guess = (value - first) * scale;
      bin = guess <= 0 ? 0 : guess >= last ? last : Math.trunc(guess) + 1;
      // On an edge, and where rounding has missed by one.
      if (value <= lower[bin]) bin--;
      else if (value > upper[bin]) bin++;
    } else {
      let high = last;
      while (bin < high) {
        const middle = (bin + high) >> 1;
        if (value <= upper[middle]) high = middle;
        else bin = middle + 1;
      }
    }
    bins[bin]++;
  }
  Object.assign(moments, { count, min, max, shift, sum, squares });
};

export const countNumbers = (field: Field, edges: readonly number[]): Counting => {
  const look = numberOf(field);
  const lower = Float64Array.from([Number.NEGATIVE_INFINITY, ...edges]);
  const upper = Float64Array.from([...edges, Number.POSITIVE_INFINITY]);
  const bounds = { lower, upper, step: stepOf(edges) };
  const bins = new Uint32Array(edges.length + 1);
  const moments: Moments = { count: 0, min: Infinity, max: -Infinity, shift: Number.NaN, sum: 0, squares: 0 };
  let rows = 0;
  return {
    add(values) {
      rows += values.length;
      const isPlain = values instanceof Float64Array && field.kind !== 'text';
      const numbers = isPlain ? values : Float64Array.from(values as ArrayLike<unknown>, look);
      countAll(numbers, bounds, bins, moments);
    },
    tally(refused) {
      const { count, min, max, shift, sum, squares } = moments;
      return {
        kind: 'number',
        count,
        missing: rows - count - refused,
        min: count === 0 ? null : min,
        max: count === 0 ? null : max,
        mean: count === 0 ? 0 : shift + sum / count,
        m2: count === 0 ? 0 : Math.max(0, squares - (sum * sum) / count),
        bins: [...bins],
      };
    },
  };
};

export const countLabels = (field: Field, labels: readonly string[]): Counting => {
  const look = labelOf(field);
  const counts = new Map<string, number>(labels.map((label) => [label, 0]));
  let count = 0;
  let rows = 0;
  let other = 0;
  return {
    add(values) {
      rows += values.length;
      const source = values as ArrayLike<unknown>;
      for (let row = 0; row < source.length; row++) {
        const label = look(source[row]);
        if (label === undefined) continue;
        count++;
        const before = counts.get(label);
        if (before === undefined) other++;
        else counts.set(label, before + 1);
      }
    },
    tally: (refused) => ({
      kind: 'category',
      count,
      missing: rows - count - refused,
      counts: Object.fromEntries([...counts].filter(([, times]) => times > 0)),
      other,
    }),
  };
};
