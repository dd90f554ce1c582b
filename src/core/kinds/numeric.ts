/** What number and integer share: a range, a unit, and how one value is read. */
import { fail } from '../errors.ts';
import { type Complain, isBlank, missing, parseNumeral, type Read } from '../field.ts';
import { exactNumber, integerOf } from '../integer.ts';
import type { FieldBase, NumberKind, Schema } from './kind.ts';
import { nullable, orNull, said } from './schemas.ts';

export interface NumericField extends FieldBase {
  readonly unit?: string;
  readonly min?: number;
  readonly max?: number;
}

const rangeText = ({ min, max }: NumericField): string => {
  if (min !== undefined) return max === undefined ? ` of at least ${min}` : ` from ${min} to ${max}`;
  return max === undefined ? '' : ` of at most ${max}`;
};

export const describeNumeric = (noun: string, field: NumericField): string =>
  `${noun}${rangeText(field)}${field.unit === undefined ? '' : ` (${field.unit})`}`;

/** The value, or the end of the range that is nearest to it. */
export const withinRange = ({ min = -Infinity, max = Infinity }: NumericField, value: number): number =>
  Math.min(max, Math.max(min, value));

export const numericSchema = (type: 'number' | 'integer', { nullable, min, max }: NumericField): Schema => ({
  type: orNull(type, nullable),
  ...(min !== undefined && { minimum: min }),
  ...(max !== undefined && { maximum: max }),
});

const digits = /^[+-]?\d+$/;
/** A numeral past 2^53: a bigint where it is an integer's digits, as JSON's are. */
const longNumeral = (text: string): number | bigint => (digits.test(text) ? integerOf(text) : Number(text));

/** Booleans are not numbers; strings are only with `coerce`; a bigint is if it is safe. */
export const readNumeric = (
  field: NumericField,
  complain: Complain,
  coerce: boolean,
  isWhole: boolean,
): Read<number> => {
  const { nullable, min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = field;
  const read: Read<number> = (value) => {
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
      if (isWhole) {
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

/** True when every value is a finite number within ±`limit` that the field allows. */
export const allWithin = ({ min = -Infinity, max = Infinity }: NumericField, values: Float64Array, limit: number) => {
  const least = Math.max(min, -limit);
  const most = Math.min(max, limit);
  for (let row = 0; row < values.length; row++) if (!(values[row] >= least && values[row] <= most)) return false;
  return true;
};

export const numeric = {
  column: 'number',
  settings: {
    properties: {
      unit: said('Unit, as people write it: mile, minute, dollar'),
      min: { type: 'number', description: 'Least value that is accepted' },
      max: { type: 'number', description: 'Greatest value that is accepted' },
      nullable,
    },
  },
  check(name, { min, max }) {
    if ((min ?? -Infinity) > (max ?? Infinity))
      throw fail('BAD_MANIFEST', `${name}: min ${min} is above max ${max}.`, { field: name });
  },
  writeAs: 'as a number',
  profile: 'numbers',
  fromCell: Number,
  isNumber: true,
} satisfies Partial<NumberKind<NumericField>>;
