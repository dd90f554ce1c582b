/** What category and text share: texts that every runtime and database keeps, of some length. */
import type { Problem } from '../errors.ts';
import { type Complain, isStorable, type Read } from '../field.ts';
import type { Schema, StringKind } from './kind.ts';
import { orNull } from './schemas.ts';

/** Longest text or category unless the field says otherwise, in UTF-16 units. */
export const MAX_TEXT = 65_536;

interface Texts {
  readonly nullable?: boolean;
  readonly maxLength?: number;
}

export const textSchema = ({ nullable, maxLength }: Texts): Schema => ({
  type: orNull('string', nullable),
  ...(maxLength !== undefined && { maxLength }),
});

/**
 * Reads texts, those of `labels` only where there are some. A blank cell of a CSV file is a missing value where the field is
 * nullable, else the empty text.
 */
export const readTexts = (
  { nullable, maxLength = MAX_TEXT }: Texts,
  complain: Complain,
  coerce: boolean,
  labels?: ReadonlySet<string>,
): Read<string | null> => {
  const known = (text: string): string | Problem => {
    if (labels !== undefined) return labels.has(text) ? text : complain('UNKNOWN_CATEGORY', text);
    if (!isStorable(text)) return complain('WRONG_TYPE', text, 'a text with U+0000 or half of a surrogate pair');
    return text.length <= maxLength
      ? text
      : complain('TOO_LONG', text, `${text.length} characters (the limit is ${maxLength})`);
  };
  return (value) => {
    if (typeof value !== 'string') {
      if (value === undefined || value === null || Number.isNaN(value)) {
        return nullable ? null : complain(value === undefined ? 'MISSING_FIELD' : 'NULL_VALUE', value);
      }
      const scalar = typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint';
      if (!coerce || !scalar) return complain('WRONG_TYPE', value);
      // A number that long is no identity: its last digits may be others than were written. A bigint has them all.
      if (typeof value !== 'number' || Math.abs(value) <= Number.MAX_SAFE_INTEGER) return known(String(value));
      return complain(Number.isFinite(value) ? 'UNSAFE_INTEGER' : 'NOT_FINITE', value);
    }
    return coerce && nullable && value === '' ? null : known(value);
  };
};

export const texts = {
  column: 'string',
  writeAs: 'as text',
  protocol: { datatype: 'BYTES', dtypes: ['string'] },
  sqlType: 'VARCHAR',
} satisfies Partial<StringKind<Texts>>;
