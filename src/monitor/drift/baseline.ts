/** What a window is compared with: the training data, or rows that were answered before. */

import { meanOf, stdOf } from '../profile/exact.ts';
import type { CategoryProfile, FieldProfile, NumberProfile, Profile } from '../profile/profile.ts';
import type { CategoryReference, FieldReference, NumberReference, Reference } from '../profile/reference.ts';

export interface NumberBaseline {
  readonly kind: 'number';
  readonly count: number;
  readonly missing: number;
  /** On the bins of the window. */
  readonly counts: readonly number[];
  readonly mean: number;
  readonly std: number;
  /** The edges are order statistics of these very values, of a continuous distribution. */
  readonly isExact: boolean;
  /** The window counts what lies outside of these very values. */
  readonly hasRange: boolean;
}

export interface CategoryBaseline {
  readonly kind: 'category';
  readonly count: number;
  readonly missing: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly other: number;
  /** Labels seen once and twice, where it is known of every label whether it was seen: all are in `counts`, or the window tells. */
  readonly rare?: { readonly once: number; readonly twice: number } | undefined;
}

export type FieldBaseline = NumberBaseline | CategoryBaseline;

export interface Baseline {
  /** As it is called: "the training data", "last Tuesday". */
  readonly name: string;
  readonly rows: number;
  readonly inputs: Readonly<Record<string, FieldBaseline>>;
  readonly outputs: Readonly<Record<string, FieldBaseline>>;
}

/** What a profile says of a span: as the store has it, or a batch run. */
export interface ProfiledWindow {
  readonly rows: number;
  readonly inputs: Profile;
  readonly outputs: Profile;
}

const mapped = <T, R>(fields: Readonly<Record<string, T>>, make: (field: T) => R): Readonly<Record<string, R>> =>
  Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, make(field)]));

/** Numbers of outputs are rounded in packages, so their least and greatest are not to the last bit. */
const trainingNumber = (known: NumberReference, isRounded: boolean): NumberBaseline => {
  const { count, missing, counts, mean, std, tied } = known;
  return {
    kind: 'number',
    count,
    missing,
    counts,
    mean,
    std,
    isExact: tied === false,
    hasRange: tied !== undefined && !isRounded,
  };
};

const trainingCategory = ({
  count,
  missing,
  counts,
  other,
  once,
  twice,
  rare,
}: CategoryReference): CategoryBaseline => ({
  kind: 'category',
  count,
  missing,
  counts,
  other,
  ...((other === 0 || rare !== undefined) && once !== undefined && twice !== undefined && { rare: { once, twice } }),
});

/** The reference of a package. One of before, which does not say how it was made, is compared as two samples are. */
export const trainingBaseline = ({ rows, inputs, outputs }: Reference): Baseline => {
  const of =
    (isRounded: boolean) =>
    (known: FieldReference): FieldBaseline =>
      known.kind === 'number' ? trainingNumber(known, isRounded) : trainingCategory(known);
  return { name: 'the training data', rows, inputs: mapped(inputs, of(false)), outputs: mapped(outputs, of(true)) };
};

const answeredNumber = (profile: NumberProfile): NumberBaseline => ({
  kind: 'number',
  count: profile.count,
  missing: profile.missing,
  counts: profile.bins,
  mean: meanOf(profile),
  std: stdOf(profile),
  isExact: false,
  hasRange: false,
});
const answeredCategory = ({ count, missing, counts, other }: CategoryProfile): CategoryBaseline => ({
  kind: 'category',
  count,
  missing,
  counts,
  other,
});

/** Rows that were answered, counted on the same bins as the window. */
export const answeredBaseline = (name: string, { rows, inputs, outputs }: ProfiledWindow): Baseline => {
  const of = (profile: FieldProfile): FieldBaseline =>
    profile.kind === 'number' ? answeredNumber(profile) : answeredCategory(profile);
  return { name, rows, inputs: mapped(inputs, of), outputs: mapped(outputs, of) };
};
