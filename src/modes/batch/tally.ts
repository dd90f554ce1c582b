/**
 * What a run has seen, field by field: counts on fixed bins, and moments. Tallies of shards merge into that of the run,
 * so a run that was killed and went on tells the same as one that was not.
 */

import { type FieldProfile, type NumberProfile, type Profile, profileColumns } from '../../core/profile.ts';
import type { ColumnInput, ColumnOutput, Field, Fields } from '../../core/types.ts';
import { countLabels, countNumbers, labelOf, numberOf } from './counting.ts';

export interface NumberTally {
  readonly kind: 'number';
  /** Values that are not missing. */
  readonly count: number;
  readonly missing: number;
  /** null when there is no value. */
  readonly min: number | null;
  readonly max: number | null;
  readonly mean: number;
  /** Sum of squared distances from the mean. */
  readonly m2: number;
  /** Values at or below each edge and above the one before; one more for those above all. */
  readonly bins: readonly number[];
}

export interface CategoryTally {
  readonly kind: 'category';
  readonly count: number;
  readonly missing: number;
  readonly counts: Readonly<Record<string, number>>;
  /** Values that are not among the labels counted. */
  readonly other: number;
}

export type FieldTally = NumberTally | CategoryTally;
export type Tally = Readonly<Record<string, FieldTally>>;

/** What is counted of a field: on which bins, or which labels. */
export type FieldBins = { readonly edges: readonly number[] } | { readonly labels: readonly string[] };
export type Bins = Readonly<Record<string, FieldBins>>;

const MOST_LABELS = 100;

/** Texts are tallied by their length, so that none is kept; tensors are passed over. */
const kindOf = (field: Field): 'number' | 'category' | undefined => {
  if (field.kind === 'tensor') return undefined;
  return field.kind === 'category' || field.kind === 'boolean' ? 'category' : 'number';
};

const fromProfile = (profile: FieldProfile, field: Field): FieldBins => {
  if (profile.kind === 'number') return { edges: profile.edges };
  const own = field.kind === 'category' ? (field.labels ?? []) : [];
  return { labels: [...new Set([...own, ...Object.keys(profile.counts)])].slice(0, MOST_LABELS) };
};

const EVEN_BINS = 20;
/** Rows that bins are made for. */
const FIRST_ROWS = 2048;

/** Bins of equal width over nearly all values; the few of numbers that have only few values are their own. */
const evenEdges = ({ edges, quantiles, min, max }: NumberProfile): readonly number[] => {
  if (edges.length < 3) return edges;
  const low = quantiles[0] ?? min;
  const high = quantiles.at(-1) ?? max;
  return Array.from({ length: EVEN_BINS - 1 }, (_, index) => low + ((high - low) * (index + 1)) / EVEN_BINS);
};

/** What to count: on the bins of the reference where the package has one, else on bins made for the first rows. */
export const binsOf = (
  fields: Fields,
  reference: Profile['inputs'] | undefined,
  columns: Readonly<Record<string, ColumnInput | ColumnOutput>>,
): Bins => {
  const bins: Record<string, FieldBins> = {};
  for (const [name, field] of Object.entries(fields)) {
    if (kindOf(field) === undefined) continue;
    const known = reference?.[name];
    if (known) bins[name] = fromProfile(known, field);
    else if (columns[name] !== undefined) {
      const plain = plainColumn(field, columns[name].slice(0, FIRST_ROWS));
      const own = profileColumns({ [name]: field }, { [name]: plain })[name];
      if (own?.kind === 'number') bins[name] = { edges: evenEdges(own) };
      else if (own) bins[name] = fromProfile(own, field);
    }
  }
  return bins;
};

/** A column as `profileColumns` takes it: numbers with NaN, or texts with null. */
const plainColumn = (field: Field, values: ColumnInput | ColumnOutput): ColumnOutput => {
  const source = values as ArrayLike<unknown>;
  if (field.kind === 'text' || field.kind === 'category') {
    return Array.from(source, (value) => (typeof value === 'string' ? value : null));
  }
  if (field.kind === 'boolean') {
    const look = labelOf(field);
    return Float64Array.from(source, (value) => {
      const label = look(value);
      return label === undefined ? Number.NaN : Number(label === 'true');
    });
  }
  return values instanceof Float64Array ? values : Float64Array.from(source, numberOf(field));
};

export interface Tallying {
  add(columns: Readonly<Record<string, ColumnInput | ColumnOutput>>): void;
  tally(refused?: number): Tally;
}

export const startTally = (fields: Fields, bins: Bins): Tallying => {
  const countings = Object.entries(bins).flatMap(([name, bin]) => {
    const field = fields[name];
    if (field === undefined) return [];
    return [{ name, counting: 'edges' in bin ? countNumbers(field, bin.edges) : countLabels(field, bin.labels) }];
  });
  return {
    add(columns) {
      for (const { name, counting } of countings) {
        const values = columns[name];
        if (values !== undefined) counting.add(values);
      }
    },
    tally: (refused = 0) => Object.fromEntries(countings.map(({ name, counting }) => [name, counting.tally(refused)])),
  };
};

const mergeNumbers = (a: NumberTally, b: NumberTally): NumberTally => {
  if (a.count === 0 || b.count === 0) {
    const full = a.count === 0 ? b : a;
    return { ...full, missing: a.missing + b.missing };
  }
  const count = a.count + b.count;
  const distance = b.mean - a.mean;
  return {
    kind: 'number',
    count,
    missing: a.missing + b.missing,
    min: Math.min(a.min ?? Infinity, b.min ?? Infinity),
    max: Math.max(a.max ?? -Infinity, b.max ?? -Infinity),
    mean: a.mean + (distance * b.count) / count,
    m2: a.m2 + b.m2 + (distance * distance * a.count * b.count) / count,
    bins: a.bins.map((times, bin) => times + (b.bins[bin] ?? 0)),
  };
};

/** How often a label was counted; it may be called `constructor`, or as anything else that every object has. */
export const timesOf = (counts: Readonly<Record<string, number>>, label: string): number =>
  Object.hasOwn(counts, label) ? counts[label] : 0;

const mergeLabels = (a: CategoryTally, b: CategoryTally): CategoryTally => {
  const counts = new Map(Object.entries(a.counts));
  for (const [label, times] of Object.entries(b.counts)) counts.set(label, (counts.get(label) ?? 0) + times);
  return {
    kind: 'category',
    count: a.count + b.count,
    missing: a.missing + b.missing,
    counts: Object.fromEntries(counts),
    other: a.other + b.other,
  };
};

/** The tally of two sets of rows together; both are on the same bins. */
export const mergeTallies = (a: Tally, b: Tally): Tally => {
  const merged: Record<string, FieldTally> = { ...a };
  for (const [name, tally] of Object.entries(b)) {
    const before = merged[name];
    if (before === undefined) merged[name] = tally;
    else if (before.kind === 'number' && tally.kind === 'number') merged[name] = mergeNumbers(before, tally);
    else if (before.kind === 'category' && tally.kind === 'category') merged[name] = mergeLabels(before, tally);
  }
  return merged;
};

/** Population standard deviation. */
export const stdOf = ({ count, m2 }: NumberTally): number => (count === 0 ? 0 : Math.sqrt(m2 / count));
