/** Reading one value of one field: the rules of each kind, compiled once. docs/VALIDATION.md states every decision. */
import { type Code, fail, type Problem, show } from './errors.ts';
import { exactNumber, integerOf } from './integer.ts';
import type { BooleanField, CategoryField, DatetimeField, Field, Kind, NumberField, TextField } from './types.ts';
import { parseDatetime, zoneOf } from './zone.ts';

/** Longest text or category unless the field says otherwise, in UTF-16 units. */
export const MAX_TEXT = 65_536;

/** `image` is to come: a field of that kind will be read into a tensor. */
const kinds: ReadonlySet<string> = new Set<Kind>([
  'number',
  'integer',
  'boolean',
  'category',
  'text',
  'datetime',
  'tensor',
]);

/** Reads a value or says what is wrong with it. A missing value is NaN or null, and only where the field allows it. */
export type Read<T> = (value: unknown) => T | Problem;
export const isProblem = (value: unknown): value is Problem => typeof value === 'object' && value !== null;

/** What a field wants, in words: "a number from 0 to 200 (mile)". */
export const describe = (field: Field): string => {
  const or = field.nullable ? ' or null' : '';
  switch (field.kind) {
    case 'number':
    case 'integer': {
      const noun = field.kind === 'number' ? 'a number' : 'an integer';
      const { min, max } = field;
      const range =
        min !== undefined && max !== undefined
          ? ` from ${min} to ${max}`
          : min !== undefined
            ? ` of at least ${min}`
            : max !== undefined
              ? ` of at most ${max}`
              : '';
      return `${noun}${range}${field.unit === undefined ? '' : ` (${field.unit})`}${or}`;
    }
    case 'boolean':
      return `true or false${or}`;
    case 'category': {
      if (field.labels === undefined || field.unknown === 'allow') {
        const limit = field.maxLength === undefined ? '' : ` of at most ${field.maxLength} characters`;
        return `a category (text)${limit}${or}`;
      }
      const shown = field.labels.slice(0, 8).map(show);
      const more = field.labels.length - shown.length;
      return `one of ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}${or}`;
    }
    case 'text':
      return `a text of at most ${field.maxLength ?? MAX_TEXT} characters${or}`;
    case 'datetime':
      return `an ISO 8601 date and time ${field.zone === undefined ? 'with an offset' : `(read in ${field.zone} when it has no offset)`}${or}`;
    case 'tensor':
      return `a ${field.dtype} tensor of shape [${field.shape.join(', ')}]${or}`;
  }
};

/** A maker of problems for one field: the field's name and wish are the same for each. `got` is in words already. */
export type Complain = (code: Code, value: unknown, got?: string) => Problem;

/** How to write a value that `coerce` would read: CSV has text for everything, Parquet and JSON have types. */
const writeAs: Readonly<Partial<Record<Kind, string>>> = {
  number: 'as a number',
  integer: 'as a number',
  boolean: 'as true or false',
  category: 'as text',
  text: 'as text',
};

/** `lenient` reads the same field with `coerce`; it is asked for when a value is refused for the first time. */
export const complaintsOf = (name: string, field: Field, lenient?: () => Read<unknown>): Complain => {
  const expected = describe(field);
  let coerced: Read<unknown> | undefined;
  const hintOf = (code: Code, value: unknown): string => {
    if (code === 'NULL_VALUE') return ' (nullable: true in model.yaml would let missing values through)';
    if (code !== 'WRONG_TYPE' || lenient === undefined) return '';
    coerced ??= lenient();
    return isProblem(coerced(value)) ? '' : ` (write it ${writeAs[field.kind]}, or set coerce: true in model.yaml)`;
  };
  return (code, value, got = show(value)) => {
    const hint = hintOf(code, value);
    return { code, field: name, expected, got, message: `${name}: expected ${expected}, got ${got}${hint}.` };
  };
};

const missing = (nullable: boolean | undefined, value: unknown, complain: Complain): number | Problem =>
  nullable ? Number.NaN : complain(value === undefined ? 'MISSING_FIELD' : 'NULL_VALUE', value);

const numeral = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
/** The number that a decimal numeral stands for (blanks around it do not count), or undefined for any other text. */
export const parseNumeral = (text: string): number | undefined => {
  const trimmed = text.trim();
  return numeral.test(trimmed) ? Number(trimmed) : undefined;
};
const digits = /^[+-]?\d+$/;
/** A numeral past 2^53: a bigint where it is an integer's digits, as JSON's are. */
const longNumeral = (text: string): number | bigint => (digits.test(text) ? integerOf(text) : Number(text));
/** What CSV files write for "no value". */
const blanks = new Set(['', 'NA', 'N/A', 'NaN', 'nan', 'null', 'NULL', 'None']);
export const isBlank = (value: unknown): boolean => typeof value === 'string' && blanks.has(value.trim());

/** number and integer. Booleans are not numbers; strings are only with `coerce`; a bigint is if it is safe. */
export const readNumber = (name: string, field: NumberField, coerce: boolean): Read<number> => {
  const complain = complaintsOf(name, field, coerce ? undefined : () => readNumber(name, field, true));
  const min = field.min ?? Number.NEGATIVE_INFINITY;
  const max = field.max ?? Number.POSITIVE_INFINITY;
  const integer = field.kind === 'integer';
  const { nullable } = field;
  const read = (value: unknown): number | Problem => {
    if (typeof value !== 'number') {
      if (value === undefined || value === null) return missing(nullable, value, complain);
      if (typeof value === 'bigint') {
        const number = exactNumber(value);
        return number === undefined ? complain('UNSAFE_INTEGER', value) : read(number);
      }
      if (coerce && typeof value === 'string') {
        if (isBlank(value)) return missing(nullable, value, complain);
        const number = parseNumeral(value);
        if (number === undefined) return complain('WRONG_TYPE', value);
        return read(Number.isInteger(number) && !Number.isSafeInteger(number) ? longNumeral(value.trim()) : number);
      }
      return complain('WRONG_TYPE', value);
    }
    if (value >= min && value <= max) {
      if (integer) {
        if (!Number.isInteger(value)) return complain(Number.isFinite(value) ? 'NOT_INTEGER' : 'NOT_FINITE', value);
        if (!Number.isSafeInteger(value)) return complain('UNSAFE_INTEGER', value);
        return value;
      }
      return value - value === 0 ? value : complain('NOT_FINITE', value);
    }
    if (Number.isNaN(value)) return missing(nullable, value, complain);
    return complain(Number.isFinite(value) ? 'OUT_OF_RANGE' : 'NOT_FINITE', value);
  };
  return read;
};

export const readBoolean = (name: string, field: BooleanField, coerce: boolean): Read<number> => {
  const complain = complaintsOf(name, field, coerce ? undefined : () => readBoolean(name, field, true));
  return (value) => {
    if (value === true) return 1;
    if (value === false) return 0;
    if (value === undefined || value === null || Number.isNaN(value)) return missing(field.nullable, value, complain);
    if (!coerce || (typeof value !== 'string' && typeof value !== 'number')) return complain('WRONG_TYPE', value);
    if (isBlank(value)) return missing(field.nullable, value, complain);
    const text = String(value).trim().toLowerCase();
    if (text === 'true' || text === '1') return 1;
    return text === 'false' || text === '0' ? 0 : complain('WRONG_TYPE', value);
  };
};

/** A text without an offset is read in the field's zone; without a zone it is refused, as it is no point in time. */
export const readDatetime = (name: string, field: DatetimeField, coerce: boolean): Read<number> => {
  const complain = complaintsOf(name, field);
  const zone = field.zone === undefined ? undefined : zoneOf(field.zone);
  return (value) => {
    if (value === undefined || value === null || Number.isNaN(value)) return missing(field.nullable, value, complain);
    if (value instanceof Date) {
      const time = value.getTime();
      return Number.isNaN(time) ? complain('BAD_DATETIME', value, 'an invalid Date') : time;
    }
    if (typeof value !== 'string') return complain('WRONG_TYPE', value);
    if (coerce && isBlank(value)) return missing(field.nullable, value, complain);
    const time = parseDatetime(coerce ? value.trim() : value, zone);
    return Number.isNaN(time) ? complain('BAD_DATETIME', value) : time;
  };
};

/** Runtimes and databases cut a text at U+0000, and put another character in place of half a surrogate pair. */
export const isStorable = (text: string): boolean => text.isWellFormed() && !text.includes('\0');

/** category and text. A blank cell of a CSV file is a missing value where the field is nullable, else the empty text. */
export const readString = (name: string, field: CategoryField | TextField, coerce: boolean): Read<string | null> => {
  const complain = complaintsOf(name, field, coerce ? undefined : () => readString(name, field, true));
  const maxLength = field.maxLength ?? MAX_TEXT;
  const labels = field.kind === 'category' && field.labels && field.unknown !== 'allow' ? new Set(field.labels) : null;
  return (value) => {
    if (typeof value !== 'string') {
      if (value === undefined || value === null || Number.isNaN(value)) {
        return field.nullable ? null : complain(value === undefined ? 'MISSING_FIELD' : 'NULL_VALUE', value);
      }
      const scalar = typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint';
      if (!coerce || !scalar) return complain('WRONG_TYPE', value);
      // A number that long is no identity: its last digits may be others than were written. A bigint has them all.
      if (typeof value !== 'number' || Math.abs(value) <= Number.MAX_SAFE_INTEGER) return known(String(value));
      return complain(Number.isFinite(value) ? 'UNSAFE_INTEGER' : 'NOT_FINITE', value);
    }
    return coerce && field.nullable && value === '' ? null : known(value);
  };
  function known(text: string): string | Problem {
    if (labels !== null) return labels.has(text) ? text : complain('UNKNOWN_CATEGORY', text);
    if (!isStorable(text)) return complain('WRONG_TYPE', text, 'a text with U+0000 or half of a surrogate pair');
    return text.length <= maxLength
      ? text
      : complain('TOO_LONG', text, `${text.length} characters (the limit is ${maxLength})`);
  }
};

/** Throws BAD_MANIFEST for a field whose own settings make no sense; what a schema cannot say. */
export const checkField = (name: string, field: Field): void => {
  if (name in Object.prototype) {
    throw fail('BAD_MANIFEST', `${name} cannot be the name of a field: every JavaScript object has one.`, {
      field: name,
      expected: 'another name',
      got: name,
    });
  }
  if (!kinds.has(field.kind)) {
    throw fail('BAD_MANIFEST', `${name}: this version of Millrace knows no kind ${show(field.kind)}.`, {
      field: name,
      expected: `one of ${[...kinds].join(', ')}`,
      got: show(field.kind),
    });
  }
  if (field.kind === 'datetime') zoneOf(field.zone);
  if (field.kind === 'tensor' && field.nullable && field.dtype !== 'float32' && field.dtype !== 'float64') {
    throw fail('BAD_MANIFEST', `${name}: a ${field.dtype} tensor cannot be nullable, as it has no NaN.`, {
      field: name,
      expected: 'dtype: float32 or float64',
      got: field.dtype,
    });
  }
  if ((field.kind === 'number' || field.kind === 'integer') && (field.min ?? -Infinity) > (field.max ?? Infinity)) {
    throw fail('BAD_MANIFEST', `${name}: min ${field.min} is above max ${field.max}.`, { field: name });
  }
};
