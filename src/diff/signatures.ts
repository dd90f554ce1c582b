/**
 * What a version takes and gives, beside another one. An input breaks where what callers send today would be refused or taken for
 * something else; an output where what readers know of it does not hold any more.
 */
import { describe, type Field, type Fields } from '../core/kinds/index.ts';
import type { Manifest } from '../core/types.ts';
import { lossOf } from './accepts.ts';

export interface FieldChange {
  readonly side: 'input' | 'output';
  readonly field: string;
  readonly change: 'added' | 'removed' | 'changed';
  /** What it wants in words; undefined where it is not there. */
  readonly before?: string;
  readonly now?: string;
  /** Why callers or readers of today would notice; undefined where they would not. */
  readonly breaks?: string;
}

/** A rule for all fields, which both versions have. */
export interface RuleChange {
  readonly rule: 'coerce' | 'extraFields';
  readonly before: string;
  readonly now: string;
  readonly breaks?: string;
}

export interface SignatureDiff {
  readonly fields: readonly FieldChange[];
  readonly rules: readonly RuleChange[];
}

type Signature = Pick<Manifest, 'inputs' | 'outputs' | 'coerce' | 'extraFields'>;

/** A field of either version or both; undefined where nothing of it has changed. */
type Change = (before: Field | undefined, now: Field | undefined) => Omit<FieldChange, 'side' | 'field'> | undefined;

const wordsOf = (field: Field): string => {
  const open = 'labels' in field && field.unknown === 'allow' && field.labels !== undefined;
  return open ? `${describe(field)}, ${field.labels?.length} known` : describe(field);
};

const compared = (before: Field, now: Field, loss: string | undefined): ReturnType<Change> => {
  const [then, words] = [wordsOf(before), wordsOf(now)];
  if (loss === undefined && then === words) return undefined;
  return { change: 'changed', before: then, now: words, ...(loss !== undefined && { breaks: loss }) };
};

const inputChange =
  ({ extraFields }: Signature): Change =>
  (before, now) => {
    if (before !== undefined && now !== undefined) return compared(before, now, lossOf(before, now));
    if (now !== undefined) {
      const breaks = now.nullable ? undefined : 'it must be given, and nobody sends it yet';
      return { change: 'added', now: wordsOf(now), ...(breaks !== undefined && { breaks }) };
    }
    if (before === undefined) return undefined;
    const breaks = extraFields === 'reject' ? 'rows that still have it are refused' : undefined;
    return { change: 'removed', before: wordsOf(before), ...(breaks !== undefined && { breaks }) };
  };

const outputChange: Change = (before, now) => {
  // What is given now must be what could be given before.
  if (before !== undefined && now !== undefined) return compared(before, now, lossOf(now, before));
  if (now !== undefined) return { change: 'added', now: wordsOf(now) };
  return before && { change: 'removed', before: wordsOf(before), breaks: 'it is not answered any more' };
};

const changesOf = (side: FieldChange['side'], before: Fields, now: Fields, change: Change): readonly FieldChange[] =>
  [...new Set([...Object.keys(before), ...Object.keys(now)])].flatMap((field) => {
    const found = change(
      Object.hasOwn(before, field) ? before[field] : undefined,
      Object.hasOwn(now, field) ? now[field] : undefined,
    );
    return found === undefined ? [] : [{ side, field, ...found }];
  });

const rulesOf = (before: Signature, now: Signature): readonly RuleChange[] => {
  const found: RuleChange[] = [];
  const [coerced, coerces] = [before.coerce ?? false, now.coerce ?? false];
  if (coerced !== coerces) {
    const breaks = 'numbers, booleans and dates that come as texts are refused';
    found.push({ rule: 'coerce', before: `${coerced}`, now: `${coerces}`, ...(coerced && { breaks }) });
  }
  const [then, extra] = [before.extraFields ?? 'ignore', now.extraFields ?? 'ignore'];
  if (then !== extra) {
    const breaks = 'rows with fields that it does not know are refused';
    found.push({ rule: 'extraFields', before: then, now: extra, ...(extra === 'reject' && { breaks }) });
  }
  return found;
};

export const diffSignatures = (before: Signature, now: Signature): SignatureDiff => ({
  fields: [
    ...changesOf('input', before.inputs, now.inputs, inputChange(now)),
    ...changesOf('output', before.outputs, now.outputs, outputChange),
  ],
  rules: rulesOf(before, now),
});

/** `input distance: it may be missing, and must be there`: what breaks, in the order of the signature. */
export const breaksOf = ({ fields, rules }: SignatureDiff): readonly string[] => [
  ...fields.flatMap(({ side, field, breaks }) => (breaks === undefined ? [] : [`${side} ${field}: ${breaks}`])),
  ...rules.flatMap(({ rule, breaks }) => (breaks === undefined ? [] : [`${rule}: ${breaks}`])),
];
