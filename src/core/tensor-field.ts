/** Reading the tensors of one field: nested or flat arrays, typed arrays, and whole typed columns. */
import { allocate, type Batch, type Column, holds, type MutableTensorData } from './columns.ts';
import type { Code, Problem } from './errors.ts';
import { complaintsOf, isStorable } from './field.ts';
import type { ColumnInput, Dtype, TensorData, TensorField } from './types.ts';

/** Puts one element into its place, or says why it cannot stand there. */
export type WriteElement = (value: unknown, to: MutableTensorData, at: number) => Code | undefined;

type Slots = Record<number, unknown>;

/** An integer past 2^53, as JSON has them; a float is the nearest one. */
const isLong = (value: unknown): value is bigint => typeof value === 'bigint' && !Number.isSafeInteger(Number(value));

const writeFloat =
  (nullable: boolean): WriteElement =>
  (value, to, at) => {
    const number = value === null ? Number.NaN : isLong(value) ? Number(value) : value;
    if (typeof number !== 'number') return 'WRONG_TYPE';
    if (Number.isNaN(number) && !nullable) return 'NULL_VALUE';
    if (Math.abs(number) === Infinity) return 'NOT_FINITE';
    (to as Slots)[at] = number;
    return undefined;
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
  if (dtype === 'float32' || dtype === 'float64') return writeFloat(nullable);
  return writeInteger(dtype === 'int64' || dtype === 'uint64');
};

/** True when a typed array of the right type may hold elements that its field does not allow. */
const needsLook = (dtype: Dtype): boolean => dtype === 'float32' || dtype === 'float64' || dtype === 'bool';

interface Off {
  readonly code: Code;
  readonly value: unknown;
}

export interface TensorReader {
  fill(batch: Batch, valueAt: (row: number) => unknown): Column;
  fromColumn(input: ColumnInput, batch: Batch): Column;
}

/**
 * Reads a tensor a row: arrays nested as the shape says, a flat array or typed array in row-major order. A typed column of
 * the field's own dtype is looked through and taken as it is, without a copy.
 */
export const tensorReader = (name: string, field: TensorField): TensorReader => {
  const { dtype, shape, nullable = false } = field;
  const size = shape.reduce((product, dim) => product * dim, 1);
  const complain = complaintsOf(name, field);
  const write = elementWriter(dtype, nullable);

  /** Walks nested arrays; answers the place after the last element, or what is wrong. */
  const walk = (value: unknown, depth: number, to: MutableTensorData, at: number): number | Off => {
    if (depth === shape.length) {
      const code = write(value, to, at);
      return code === undefined ? at + 1 : { code, value };
    }
    if (!Array.isArray(value) || value.length !== shape[depth])
      return { code: depth > 0 || Array.isArray(value) ? 'BAD_SHAPE' : 'WRONG_TYPE', value };
    let place = at;
    for (let index = 0; index < value.length; index++) {
      const next = walk(value[index], depth + 1, to, place);
      if (typeof next !== 'number') return next;
      place = next;
    }
    return place;
  };
  const fillFlat = (values: ArrayLike<unknown>, to: MutableTensorData, at: number): Off | undefined => {
    if (values.length !== size) return { code: 'BAD_SHAPE', value: values };
    for (let index = 0; index < size; index++) {
      const code = write(values[index], to, at + index);
      if (code !== undefined) return { code, value: values[index] };
    }
    return undefined;
  };
  const fillRow = (value: unknown, to: MutableTensorData, at: number): Problem | undefined => {
    if (value === undefined || value === null) {
      if (!nullable) return complain(value === undefined ? 'MISSING_FIELD' : 'NULL_VALUE', value);
      (to as Float64Array).fill(Number.NaN, at, at + size);
      return undefined;
    }
    const flat = ArrayBuffer.isView(value) || (Array.isArray(value) && shape.length > 1 && !Array.isArray(value[0]));
    const end = flat ? fillFlat(value as unknown as ArrayLike<unknown>, to, at) : walk(value, 0, to, at);
    return end === undefined || typeof end === 'number' ? undefined : complain(end.code, end.value);
  };
  const fill = (batch: Batch, valueAt: (row: number) => unknown): Column => {
    const data = allocate(dtype, batch.rows * size);
    for (let row = 0; row < batch.rows; row++) {
      const problem = fillRow(valueAt(row), data, row * size);
      if (problem) batch.refuse(row, problem);
    }
    return { type: 'tensor', dtype, size, data };
  };
  const lookThrough = (data: ArrayLike<number>, batch: Batch): void => {
    for (let at = 0; at < data.length; at++) {
      const value = data[at];
      const fine = dtype === 'bool' ? value <= 1 : value - value === 0 || (nullable && Number.isNaN(value));
      if (fine) continue;
      const code = dtype === 'bool' ? 'WRONG_TYPE' : Number.isNaN(value) ? 'NULL_VALUE' : 'NOT_FINITE';
      batch.refuse(Math.floor(at / size), complain(code, value));
    }
  };
  return {
    fill,
    fromColumn(input, batch) {
      if (!ArrayBuffer.isView(input)) return fill(batch, (row) => input[row]);
      const data: Exclude<TensorData, readonly string[]> = input;
      if (!holds(dtype, data as unknown)) return fill(batch, (row) => data.subarray(row * size, (row + 1) * size));
      if (needsLook(dtype)) lookThrough(data as ArrayLike<number>, batch);
      return { type: 'tensor', dtype, size, data };
    },
  };
};
