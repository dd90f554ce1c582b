/** A profile as a person reads it: a row a field. */
import { meanOf, stdOf } from '../profile/exact.ts';
import type { CategoryProfile, FieldProfile, NumberProfile } from '../profile/profile.ts';
import type { SpanProfile } from './profiles.ts';

export interface ProfileTableRow {
  readonly field: string;
  readonly is: 'input' | 'output';
  readonly values: number;
  readonly missing: number;
  readonly least: number | null;
  readonly mean: number | null;
  readonly greatest: number | null;
  readonly spread: number | null;
  /** Values that the training data had none of: below its least, above its greatest, or other labels. */
  readonly unseen: number | null;
  /** The most frequent, with their shares. */
  readonly labels: string;
}

const SHOWN_LABELS = 3;
const DIGITS = 6;
const short = (value: number): number => Number(value.toPrecision(DIGITS));

const shares = ({ count, counts }: CategoryProfile): string =>
  Object.entries(counts)
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, SHOWN_LABELS)
    .map(([label, times]) => `${label} ${((100 * times) / count).toFixed(1)} %`)
    .join(', ');

const noNumbers = { least: null, mean: null, greatest: null, spread: null };
const ofNumbers = (profile: NumberProfile) => {
  const { count, min, max, below, above } = profile;
  const unseen = below === undefined || above === undefined ? null : below + above;
  if (count === 0) return { ...noNumbers, unseen, labels: '' };
  const [mean, spread] = [short(meanOf(profile)), short(stdOf(profile))];
  return { least: min && short(min), mean, greatest: max && short(max), spread, unseen, labels: '' };
};

const rowOf = (field: string, is: ProfileTableRow['is'], profile: FieldProfile): ProfileTableRow => {
  const { count: values, missing } = profile;
  if (profile.kind === 'number') return { field, is, values, missing, ...ofNumbers(profile) };
  return { field, is, values, missing, ...noNumbers, unseen: profile.other, labels: shares(profile) };
};

/** Outputs first. */
export const profileTable = ({
  inputs,
  outputs,
}: Pick<SpanProfile, 'inputs' | 'outputs'>): readonly ProfileTableRow[] => [
  ...Object.entries(outputs).map(([name, profile]) => rowOf(name, 'output', profile)),
  ...Object.entries(inputs).map(([name, profile]) => rowOf(name, 'input', profile)),
];
