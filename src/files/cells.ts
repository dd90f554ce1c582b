/** One cell as text, for CSV and JSON. Missing is null, undefined or NaN. */
import { parseNumeral } from '../core/field.ts';
import { rawJSON } from '../text/exact-json.ts';
import type { ColumnType } from './table.ts';

const exact = (_key: string, value: unknown): unknown => {
  if (typeof value === 'bigint') return rawJSON(String(value));
  return ArrayBuffer.isView(value) ? Array.from(value as unknown as ArrayLike<unknown>) : value;
};

/** JSON text of any value; integers past 2^53 keep their digits, typed arrays are arrays. */
export const jsonText = (value: unknown): string => JSON.stringify(value, exact) ?? 'null';

/** The value as people and programs read it: booleans kept as 0 | 1 and instants kept as ms get their own look. */
const plain = (type: ColumnType): ((value: unknown) => unknown) => {
  if (type === 'BOOLEAN')
    return (value) => (typeof value === 'number' ? (Number.isNaN(value) ? null : value !== 0) : value);
  if (type === 'TIMESTAMP WITH TIME ZONE') {
    return (value) => (typeof value === 'number' && !Number.isNaN(value) ? new Date(value).toISOString() : value);
  }
  return (value) => value;
};

const numberText = (value: number): string => (Object.is(value, -0) ? '-0' : String(value));

/** JSON text of a cell; undefined when the row has no such field. */
export const jsonCell = (type: ColumnType): ((value: unknown) => string | undefined) => {
  const look = plain(type);
  return (raw) => {
    const value = look(raw);
    if (typeof value === 'number') return Number.isFinite(value) ? numberText(value) : 'null';
    if (typeof value === 'string') return JSON.stringify(value);
    if (value === undefined) return undefined;
    return value === null ? 'null' : jsonText(value);
  };
};

const special = /[",;\t\r\n]|^\s|\s$/;
const quoted = (text: string): string => (text === '' || special.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/**
 * What spreadsheets take for a formula, with the characters that they drop before one:
 * https://owasp.org/www-community/attacks/CSV_Injection
 */
const formula = /^[=+\-@\t\r\n\uff0b\uff0d\uff1d\uff20]/;

/** A text that a spreadsheet shows as it is: an apostrophe stands before what would be a formula; numbers stay numbers. */
export const disarmed = (text: string): string =>
  formula.test(text) && parseNumeral(text) === undefined ? `'${text}` : text;

/** A cell of a CSV file: nothing when missing, `""` for the empty text. */
export const csvCell = (type: ColumnType, safe = false): ((value: unknown) => string) => {
  const look = plain(type);
  return (raw) => {
    const value = look(raw);
    if (typeof value === 'string') return quoted(safe ? disarmed(value) : value);
    if (typeof value === 'number') return Number.isNaN(value) ? '' : numberText(value);
    if (value === null || value === undefined) return '';
    if (typeof value === 'boolean' || typeof value === 'bigint') return String(value);
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? '' : value.toISOString();
    return quoted(jsonText(value));
  };
};
