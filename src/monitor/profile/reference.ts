/**
 * The reference: what the training data looked like, field by field, small enough to travel in the package. Its bins are
 * the deciles of its values, so that profiles on the same bins can be compared with it.
 */
import { kindOf, labelsOf } from '../../core/kinds/index.ts';
import type { ColumnInput, ColumnOutput, Field, Fields } from '../../core/types.ts';
import { countedAs, labelOf, numbersOf } from './counting.ts';
import { measuredColumns, withMeasures } from './measures.ts';
import { type Bins, binOf, type FieldBins, type NumberBins } from './profile.ts';
import { writeRare } from './rare-labels.ts';
import type { OutputTruth } from './truth.ts';

export interface NumberReference {
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
  /**
   * Edges are not those that a continuous distribution would have: fewer than half of the values differ, or they are
   * rounded. Packages of before do not say.
   */
  readonly tied?: boolean;
}

export interface CategoryReference {
  readonly kind: 'category';
  readonly count: number;
  readonly missing: number;
  readonly distinct: number;
  /** How many labels were seen once and twice: what is rare tells how much was never seen (I. J. Good, 1953). */
  readonly once?: number;
  readonly twice?: number;
  /** The most frequent values, at most 100, by falling count. */
  readonly counts: Readonly<Record<string, number>>;
  /** Values not in `counts`. */
  readonly other: number;
  /** Their labels, as `rare-labels.ts` writes them; not of too many. Packages of before do not say. */
  readonly rare?: string;
}

export type FieldReference = NumberReference | CategoryReference;

/** `profile.json` of a package. */
export interface Reference {
  readonly rows: number;
  readonly inputs: Readonly<Record<string, FieldReference>>;
  readonly outputs: Readonly<Record<string, FieldReference>>;
  /** By output, where model.yaml names what was true. */
  readonly truth?: Readonly<Record<string, OutputTruth>>;
}

/** What `profile.json` of a package says; undefined where it has none. */
export const readReference = (profile: Uint8Array | undefined): Reference | undefined =>
  profile && (JSON.parse(new TextDecoder().decode(profile)) as Reference);

const BINS = 10;
const MOST_LABELS = 100;
const PROBABILITIES = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99];

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

const isTied = (sorted: Float64Array): boolean => {
  let distinct = 0;
  for (let at = 0; at < sorted.length; at++) if (at === 0 || sorted[at] !== sorted[at - 1]) distinct++;
  return distinct * 2 < sorted.length;
};

const numberReference = (values: Float64Array, digits?: number): NumberReference => {
  // An infinity, which no field takes, is no place for an edge.
  const sorted = values.filter(Number.isFinite).sort();
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
    quantiles: PROBABILITIES.map((p) => round(rank(p))),
    edges,
    counts,
    tied: digits !== undefined || isTied(sorted),
  };
};

const categoryReference = (values: readonly (string | undefined)[]): CategoryReference => {
  const seen = new Map<string, number>();
  for (const value of values) if (value !== undefined) seen.set(value, (seen.get(value) ?? 0) + 1);
  const ranked = [...seen].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  const count = ranked.reduce((total, [, times]) => total + times, 0);
  const top = ranked.slice(0, MOST_LABELS);
  const shown = top.reduce((total, [, times]) => total + times, 0);
  const rare = writeRare(ranked.slice(MOST_LABELS).map(([label]) => label));
  const seenTimes = (wanted: number): number => ranked.filter(([, times]) => times === wanted).length;
  return {
    kind: 'category',
    count,
    missing: values.length - count,
    distinct: seen.size,
    once: seenTimes(1),
    twice: seenTimes(2),
    counts: Object.fromEntries(top),
    other: count - shown,
    ...(rare !== undefined && { rare }),
  };
};

type Columns = Readonly<Record<string, ColumnInput | ColumnOutput>>;

/**
 * The reference of a sample: columns as a scorer takes and answers them. `digits` rounds what is told of numbers to so many
 * digits of their spread.
 */
export const referenceOf = (fields: Fields, columns: Columns, digits?: number): Reference['inputs'] => {
  const known: Record<string, FieldReference> = {};
  const all = measuredColumns(fields, columns);
  for (const [name, field] of Object.entries(withMeasures(fields))) {
    const as = countedAs(field);
    const column = all[name];
    if (as === undefined || column === undefined) continue;
    known[name] =
      as === 'category'
        ? categoryReference(Array.from(column as ArrayLike<unknown>, labelOf(field)))
        : numberReference(numbersOf(field, column), digits);
  }
  return known;
};

const EVEN_BINS = 20;
/** Rows that bins are made for. */
const FIRST_ROWS = 2048;

/** Bins of equal width over nearly all values; the few of numbers that have only few values are their own. */
const evenEdges = ({ edges, quantiles, min, max }: NumberReference): readonly number[] => {
  if (edges.length < 3) return edges;
  const low = quantiles[0] ?? min;
  const high = quantiles.at(-1) ?? max;
  // The distance of two doubles may be past every double.
  const at = (share: number): number => low * (1 - share) + high * share;
  return Array.from({ length: EVEN_BINS - 1 }, (_, index) => at((index + 1) / EVEN_BINS));
};

/** A number from 0 to 1. */
export const isProbability = (field: Field): boolean => {
  const kind = kindOf(field);
  if (kind.column !== 'number' || !kind.isNumber || kind.isWhole) return false;
  return 'min' in field && field.min === 0 && field.max === 1;
};

const numberBins = (
  field: Field,
  { count, min, max }: NumberReference,
  edges: readonly number[],
  isKnown: boolean,
): NumberBins => ({
  edges,
  ...(isKnown && count > 0 && { range: [min, max] as const }),
  ...(isProbability(field) && { scores: true as const }),
});

const fieldBins = (field: Field, known: FieldReference, isKnown: boolean): FieldBins => {
  if (known.kind === 'number') return numberBins(field, known, isKnown ? known.edges : evenEdges(known), isKnown);
  const [own, seen] = [labelsOf(field)?.all ?? [], Object.keys(known.counts)];
  const all = [...new Set([...own, ...seen])];
  // Where not all are counted, those that were seen are, so that they can be compared.
  const labels = all.length <= MOST_LABELS ? all : [...new Set([...seen, ...own])].slice(0, MOST_LABELS);
  return { labels, ...(isKnown && known.rare !== undefined && { rare: known.rare }) };
};

/** What to count: on the bins of the reference where the package has one, else on bins made for the first rows. */
export const binsOf = (fields: Fields, reference: Reference['inputs'] | undefined, columns: Columns): Bins => {
  const bins: Record<string, FieldBins> = {};
  const all = measuredColumns(fields, columns);
  for (const [name, field] of Object.entries(withMeasures(fields))) {
    if (countedAs(field) === undefined) continue;
    const [known, column] = [reference?.[name], all[name]];
    const made = known ?? (column && referenceOf({ [name]: field }, { [name]: column.slice(0, FIRST_ROWS) })[name]);
    if (made) bins[name] = fieldBins(field, made, known !== undefined);
  }
  return bins;
};
