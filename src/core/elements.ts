/** Elements of tensors: how one is read into its place, by dtype. */
import { isFloat, type MutableTensorData } from './columns.ts';
import type { Dtype } from './data.ts';
import type { Code } from './errors.ts';
import { isStorable } from './field.ts';
import { halfLimits } from './halves.ts';

/** Puts one element into its place, or says why it cannot stand there. */
export type WriteElement = (value: unknown, to: MutableTensorData, at: number) => Code | undefined;

type Slots = Record<number, unknown>;

/** An integer past 2^53, as JSON has them; a float is the nearest one. */
const isLong = (value: unknown): value is bigint => typeof value === 'bigint' && !Number.isSafeInteger(Number(value));

/** Why a number cannot stand among floats. */
export const floatCode = (value: number): Code =>
  Number.isNaN(value) ? 'NULL_VALUE' : Math.abs(value) < Infinity ? 'OUT_OF_RANGE' : 'NOT_FINITE';

const writeFloat = (dtype: Dtype, nullable: boolean): WriteElement => {
  const limit = halfLimits[dtype] ?? Infinity;
  return (value, to, at) => {
    const number = value === null ? Number.NaN : isLong(value) ? Number(value) : value;
    if (typeof number !== 'number') return 'WRONG_TYPE';
    if (!(Math.abs(number) < limit || (nullable && Number.isNaN(number)))) return floatCode(number);
    (to as Slots)[at] = number;
    return undefined;
  };
};

const writeBool: WriteElement = (value, to, at) => {
  if (value === null) return 'NULL_VALUE';
  if (typeof value !== 'boolean' && value !== 0 && value !== 1) return 'WRONG_TYPE';
  (to as Slots)[at] = Number(value);
  return undefined;
};

const writeString: WriteElement = (value, to, at) => {
  if (value === null) return 'NULL_VALUE';
  if (typeof value !== 'string' || !isStorable(value)) return 'WRONG_TYPE';
  (to as Slots)[at] = value;
  return undefined;
};

/** What does not fit the array's type comes out of it as another number. */
const writeInteger =
  (wide: boolean): WriteElement =>
  (value, to, at) => {
    if (value === null) return 'NULL_VALUE';
    if (typeof value !== 'number' && typeof value !== 'bigint') return 'WRONG_TYPE';
    if (typeof value === 'number' && !Number.isInteger(value))
      return Number.isFinite(value) ? 'NOT_INTEGER' : Number.isNaN(value) ? 'NULL_VALUE' : 'NOT_FINITE';
    if (typeof value === 'number' && !Number.isSafeInteger(value)) return 'UNSAFE_INTEGER';
    const target = to as Slots;
    const wanted = wide ? BigInt(value) : Number(value);
    target[at] = wanted;
    return target[at] === wanted || (wanted === 0 && target[at] === 0) ? undefined : 'OUT_OF_RANGE';
  };

/** How elements of a dtype are read. Integers past 2^53 − 1 need a bigint; `nullable` lets NaN and null into floats. */
export const elementWriter = (dtype: Dtype, nullable = false): WriteElement => {
  if (dtype === 'string') return writeString;
  if (dtype === 'bool') return writeBool;
  if (isFloat(dtype)) return writeFloat(dtype, nullable);
  return writeInteger(dtype === 'int64' || dtype === 'uint64');
};

/** What an element may be, in words. */
export const elementWords = (dtype: Dtype): string => {
  if (dtype === 'string') return 'a text';
  if (dtype === 'bool') return 'true or false';
  return `${isFloat(dtype) ? 'a number' : 'an integer'} of ${dtype}`;
};
