/** The loops that profiles are made of: one field's values, counted on its bins. */
import { isInstant, kindOf } from '../../core/kinds/index.ts';
import type { ColumnInput, ColumnOutput, Field, Fields } from '../../core/types.ts';
import { parseDatetime, zoneOf } from '../../core/zone.ts';
import { measured, measuresOf } from './measures.ts';
import { startNumbers } from './number-counts.ts';
import {
  type Bins,
  type CategoryBins,
  type FieldProfile,
  type NumberBins,
  type Profile,
  SCORE_BINS,
  scoreBin,
} from './profile.ts';
import { rareReader } from './rare-labels.ts';

const asOf = { numbers: 'number', lengths: 'number', labels: 'category' } as const;
/** As what the values of a field are counted; undefined where they are passed over. */
export const countedAs = (field: Field): 'number' | 'category' | undefined => {
  const { profile } = kindOf(field);
  return profile && asOf[profile];
};

const lengthOf = (value: unknown): number => (typeof value === 'string' ? value.length : Number.NaN);

/** Reads a value as the number that is counted; NaN for one that is missing. */
export const numberOf = (field: Field): ((value: unknown) => number) => {
  if (kindOf(field).profile === 'lengths') return lengthOf;
  if (isInstant(field)) {
    const zone = zoneOf('zone' in field ? field.zone : undefined);
    return (value) => {
      if (typeof value === 'string') return parseDatetime(value, zone);
      return value instanceof Date ? value.getTime() : typeof value === 'number' ? value : Number.NaN;
    };
  }
  return (value) => {
    if (typeof value === 'number') return value;
    if (typeof value === 'string') return value.trim() === '' ? Number.NaN : Number(value);
    return typeof value === 'bigint' ? Number(value) : Number.NaN;
  };
};

const isMissing = (value: unknown): boolean => value === null || value === undefined || Number.isNaN(value);
/** What is an object is no label; it may be one that cannot be made a text at all. */
const NO_LABEL = '[object]';
const textOf = (value: unknown): string | undefined => {
  if (isMissing(value) || typeof value === 'function') return undefined;
  return typeof value === 'object' ? NO_LABEL : String(value);
};

/** Reads a value as the label that is counted; undefined for one that is missing. */
export const labelOf = (field: Field): ((value: unknown) => string | undefined) => {
  const kind = kindOf(field);
  if (kind.column !== 'number') return textOf;
  const { value: told = (number) => number, fromCell = (text) => text } = kind;
  return (value) => {
    if (typeof value === 'string') return value === '' ? undefined : String(fromCell(value));
    return textOf(typeof value === 'number' && !Number.isNaN(value) ? told(value) : value);
  };
};

/** A column as the numbers that are counted. */
export const numbersOf = (field: Field, values: ColumnInput | ColumnOutput): Float64Array =>
  values instanceof Float64Array && kindOf(field).column === 'number'
    ? values
    : Float64Array.from(values as ArrayLike<unknown>, numberOf(field));

interface FieldCounting {
  add(values: ColumnInput | ColumnOutput): void;
  /** So many rows have no such field. */
  addMissing(rows: number): void;
  /** `refused` values are not to be counted as missing. */
  profile(refused: number): FieldProfile;
}

const countScores = (values: Float64Array, scores: Float64Array): void => {
  for (let row = 0; row < values.length; row++) {
    const value = values[row];
    if (value >= 0 && value <= 1) scores[scoreBin(value)]++;
  }
};

const countNumbers = (field: Field, { edges, range, scores: isScore }: NumberBins): FieldCounting => {
  const scores = isScore && new Float64Array(SCORE_BINS);
  const counting = startNumbers({ edges, range });
  let rows = 0;
  return {
    add(values) {
      rows += values.length;
      const numbers = numbersOf(field, values);
      counting.add(numbers);
      if (scores) countScores(numbers, scores);
    },
    addMissing(more) {
      rows += more;
    },
    profile(refused) {
      const { count, min, max, bins, below, above, from, sum, squares } = counting.counts();
      return {
        kind: 'number',
        count,
        missing: rows - count - refused,
        min: count === 0 ? null : min,
        max: count === 0 ? null : max,
        from,
        sum,
        squares,
        bins,
        ...(range && { below, above }),
        ...(scores && { scores: [...scores] }),
      };
    },
  };
};

const countLabels = (field: Field, { labels, rare }: CategoryBins): FieldCounting => {
  const look = labelOf(field);
  const isRare = rare === undefined ? undefined : rareReader(rare);
  const counts = new Map<string, number>(labels.map((label) => [label, 0]));
  let count = 0;
  let rows = 0;
  let other = 0;
  let unseen = 0;
  return {
    add(values) {
      rows += values.length;
      const source = values as ArrayLike<unknown>;
      for (let row = 0; row < source.length; row++) {
        const label = look(source[row]);
        if (label === undefined) continue;
        count++;
        const before = counts.get(label);
        if (before !== undefined) counts.set(label, before + 1);
        else {
          other++;
          if (isRare?.(label) === false) unseen++;
        }
      }
    },
    addMissing(more) {
      rows += more;
    },
    profile: (refused) => ({
      kind: 'category',
      count,
      missing: rows - count - refused,
      counts: Object.fromEntries([...counts].filter(([, times]) => times > 0)),
      other,
      ...(isRare && { unseen }),
    }),
  };
};

export interface Counting {
  /**
   * Columns of rows that come next; fields that have no bins are passed over. Where it is said how many rows they are, those without a
   * column are missing.
   */
  add(columns: Readonly<Record<string, ColumnInput | ColumnOutput>>, rows?: number): void;
  /** What was counted so far; so many values of each field were refused, and are not missing. */
  profile(refused?: number): Profile;
}

export const startCounting = (fields: Fields, bins: Bins): Counting => {
  const measures = measuresOf(fields);
  const countings = Object.entries(bins).flatMap(([name, bin]) => {
    const measure = Object.hasOwn(measures, name) ? measures[name] : undefined;
    const field = measure?.field ?? fields[name];
    if (field === undefined) return [];
    return [{ name, measure, counting: 'edges' in bin ? countNumbers(field, bin) : countLabels(field, bin) }];
  });
  return {
    add(columns, rows = 0) {
      for (const { name, measure, counting } of countings) {
        const values = columns[measure?.of ?? name];
        if (values === undefined) counting.addMissing(rows);
        else counting.add(measure === undefined ? values : measured(measure, values));
      }
    },
    profile: (refused = 0) =>
      Object.fromEntries(countings.map(({ name, counting }) => [name, counting.profile(refused)])),
  };
};
