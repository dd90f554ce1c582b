/**
 * A profile: what many rows looked like, field by field, as counts on fixed bins. Profiles of parts merge into that of the
 * whole, bit for bit, wherever it is cut and in whichever order the parts come: so that a run that was killed and went on,
 * several processes, and minutes of an hour tell the same as one would.
 *
 * It is plain data, and small whatever it has seen: of a number some 30 counts and two sums (2 KB at the very most, mostly
 * 400 bytes), of a category at most 100 labels. No value of a text is in it, and no row.
 */
import { addSums, sumsOf as readSums, type Sums } from './exact.ts';

/** `count` values, which are those that are not missing; `meanOf` and `stdOf` of exact.ts tell what their sums say. */
export interface NumberProfile extends Sums {
  readonly kind: 'number';
  readonly missing: number;
  /** null when there is no value. */
  readonly min: number | null;
  readonly max: number | null;
  /** Values at or below each edge and above the one before; one more for those above all. */
  readonly bins: readonly number[];
  /** Values below the least and above the greatest of the reference, where there is one. */
  readonly below?: number | undefined;
  readonly above?: number | undefined;
  /** Of a probability: values in each fiftieth from 0 to 1. */
  readonly scores?: readonly number[] | undefined;
}

export interface CategoryProfile {
  readonly kind: 'category';
  readonly count: number;
  readonly missing: number;
  readonly counts: Readonly<Record<string, number>>;
  /** Values that are not among the labels counted. */
  readonly other: number;
  /** Those of them that the reference has never seen, where it knows labels that are not counted. */
  readonly unseen?: number | undefined;
}

export type FieldProfile = NumberProfile | CategoryProfile;
export type Profile = Readonly<Record<string, FieldProfile>>;

/** On what numbers are counted. */
export interface NumberBins {
  /** Upper bounds of all bins but the last; a bin holds value ≤ bound. */
  readonly edges: readonly number[];
  /** The least and the greatest value of the reference. */
  readonly range?: readonly [number, number] | undefined;
  /** Its values are probabilities. */
  readonly scores?: true | undefined;
}
/** Which labels are counted. */
export interface CategoryBins {
  readonly labels: readonly string[];
  /** Others that the reference has seen, as `rare-labels.ts` writes them. */
  readonly rare?: string | undefined;
}
/** What is counted of a field: profiles merge when they are on the same bins. */
export type FieldBins = NumberBins | CategoryBins;
export type Bins = Readonly<Record<string, FieldBins>>;

/** Bins of a probability. */
export const SCORE_BINS = 50;

/** Which of them a probability falls into. */
export const scoreBin = (score: number): number => Math.min(SCORE_BINS - 1, Math.trunc(score * SCORE_BINS));

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

/** What lies outside of the reference, where both have counted that. */
const outsideOf = (a: NumberProfile, b: NumberProfile): Pick<NumberProfile, 'below' | 'above'> =>
  a.below === undefined || a.above === undefined || b.below === undefined || b.above === undefined
    ? {}
    : { below: a.below + b.below, above: a.above + b.above };
const sumsOf = (a: readonly number[], b: readonly number[]): readonly number[] =>
  a.map((times, bin) => times + (b[bin] ?? 0));
const oneOf = (choose: (a: number, b: number) => number, a: number | null, b: number | null): number | null =>
  a === null ? b : b === null ? a : choose(a, b);

const mergeNumbers = (a: NumberProfile, b: NumberProfile): NumberProfile => ({
  kind: 'number',
  ...addSums(a, b),
  missing: a.missing + b.missing,
  min: oneOf(Math.min, a.min, b.min),
  max: oneOf(Math.max, a.max, b.max),
  bins: sumsOf(a.bins, b.bins),
  ...outsideOf(a, b),
  ...(a.scores && b.scores && { scores: sumsOf(a.scores, b.scores) }),
});

/** How often a label was counted; it may be called `constructor`, or as anything else that every object has. */
export const timesOf = (counts: Readonly<Record<string, number>>, label: string): number =>
  Object.hasOwn(counts, label) ? counts[label] : 0;

const mergeLabels = (a: CategoryProfile, b: CategoryProfile): CategoryProfile => {
  const counts = new Map(Object.entries(a.counts));
  for (const [label, times] of Object.entries(b.counts)) counts.set(label, (counts.get(label) ?? 0) + times);
  return {
    kind: 'category',
    count: a.count + b.count,
    missing: a.missing + b.missing,
    counts: Object.fromEntries(counts),
    other: a.other + b.other,
    ...(a.unseen !== undefined && b.unseen !== undefined && { unseen: a.unseen + b.unseen }),
  };
};

/** The profile of two sets of rows together; both are on the same bins. */
export const merge = (a: Profile, b: Profile): Profile => {
  const merged: Record<string, FieldProfile> = { ...a };
  for (const [name, profile] of Object.entries(b)) {
    const known = merged[name];
    if (known === undefined) merged[name] = profile;
    else if (known.kind === 'number' && profile.kind === 'number') merged[name] = mergeNumbers(known, profile);
    else if (known.kind === 'category' && profile.kind === 'category') merged[name] = mergeLabels(known, profile);
  }
  return merged;
};

/** A number as it was stored when a mean, and squared distances from it, stood in place of the sums. */
type Stored =
  | FieldProfile
  | (Omit<NumberProfile, 'from' | 'sum' | 'squares'> & { readonly mean: number; readonly m2: number });

const readField = (stored: Stored): FieldProfile => {
  if (!('m2' in stored)) return stored;
  const { mean, m2, ...rest } = stored;
  return { ...rest, ...readSums(rest.count, mean, m2) };
};

/** A profile as it was stored, by this version or one before. */
export const readProfile = (stored: Readonly<Record<string, Stored>> = {}): Profile =>
  Object.fromEntries(Object.entries(stored).map(([name, field]) => [name, readField(field)]));
