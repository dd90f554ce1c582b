/** From rows or columns, as anyone may send them, to a batch of checked columns. Compiled once from the signature. */
import { allocate, Batch, type Column, type ColumnType, holds, type MutableTensorData } from './columns.ts';
import { type Code, fail, type Problem, show } from './errors.ts';
import {
  checkField,
  complaintsOf,
  isProblem,
  type Read,
  readBoolean,
  readDatetime,
  readNumber,
  readString,
} from './field.ts';
import { nearest } from './nearest.ts';
import type { ColumnInput, Dtype, Field, Fields, NumberField, Row, TensorField } from './types.ts';

export interface Signature {
  readonly fields: Fields;
  fromRows(rows: readonly unknown[]): Batch;
  fromColumns(columns: Readonly<Record<string, ColumnInput>>): Batch;
}

export interface SignatureOptions {
  readonly coerce?: boolean;
  readonly extraFields?: 'ignore' | 'reject';
}

/** One field made ready: its column out of rows, or out of a column. */
interface FieldReader {
  readonly name: string;
  fromRows(rows: readonly Row[], batch: Batch): Column;
  fromColumn(values: ColumnInput, batch: Batch): Column;
}

/** The kind of column that a field becomes. */
export const columnTypeOf = (field: Field): Exclude<ColumnType, 'any'> =>
  field.kind === 'tensor' ? 'tensor' : field.kind === 'category' || field.kind === 'text' ? 'string' : 'number';

const numeric = (name: string, read: Read<number>): FieldReader => ({
  name,
  fromRows(rows, batch) {
    const values = new Float64Array(rows.length);
    for (let row = 0; row < rows.length; row++) {
      const value = read(rows[row][name]);
      if (typeof value === 'number') values[row] = value;
      else batch.refuse(row, value);
    }
    return { type: 'number', values };
  },
  fromColumn(input, batch) {
    const values = new Float64Array(batch.rows);
    for (let row = 0; row < batch.rows; row++) {
      const value = read(input[row]);
      if (typeof value === 'number') values[row] = value;
      else batch.refuse(row, value);
    }
    return { type: 'number', values };
  },
});

/** In typed columns a boolean is 0 or 1 and a datetime ms since the epoch; in plain ones they are as in rows. */
const rawNumber = (value: unknown): unknown => (typeof value === 'bigint' ? Number(value) : value);
const typedReader = (name: string, field: Field, read: Read<number>): Read<number> => {
  const complain = complaintsOf(name, field);
  if (field.kind === 'boolean')
    return (value) => read(Number(value) === 1 ? true : Number(value) === 0 ? false : value);
  if (field.kind !== 'datetime') return read;
  return (value) => {
    const time = rawNumber(value) as number;
    if (Number.isNaN(time)) return read(null);
    return Math.abs(time) <= 8.64e15 ? time : complain('BAD_DATETIME', value);
  };
};

/** True when every value is a plain finite number that the field allows, so that the column can be taken as it is. */
const allFit = (values: Float64Array, { kind, min = -Infinity, max = Infinity }: NumberField): boolean => {
  const limit = kind === 'integer' ? Number.MAX_SAFE_INTEGER : Number.MAX_VALUE;
  const least = Math.max(min, -limit);
  const most = Math.min(max, limit);
  for (let row = 0; row < values.length; row++) if (!(values[row] >= least && values[row] <= most)) return false;
  return kind === 'number' || values.every(Number.isInteger);
};

const numericField = (name: string, field: Field, read: Read<number>): FieldReader => {
  const plain = numeric(name, read);
  const typed = numeric(name, typedReader(name, field, read));
  const isNumber = field.kind === 'number' || field.kind === 'integer';
  return {
    ...plain,
    fromColumn(input, batch) {
      if (isNumber && input instanceof Float64Array && allFit(input, field)) return { type: 'number', values: input };
      return (ArrayBuffer.isView(input) ? typed : plain).fromColumn(input, batch);
    },
  };
};

const stringField = (name: string, read: Read<string | null>): FieldReader => {
  const fill = (batch: Batch, valueAt: (row: number) => unknown): Column => {
    const values = new Array<string | null>(batch.rows);
    for (let row = 0; row < batch.rows; row++) {
      const value = read(valueAt(row));
      if (isProblem(value)) {
        batch.refuse(row, value);
        values[row] = null;
      } else values[row] = value;
    }
    return { type: 'string', values };
  };
  return {
    name,
    fromRows: (rows, batch) => fill(batch, (row) => rows[row][name]),
    fromColumn: (input, batch) => fill(batch, (row) => input[row]),
  };
};

/** Reads one element of a tensor into its place; false when it is of another type. */
const elementWriter = (dtype: Dtype): ((value: unknown, to: MutableTensorData, at: number) => Code | undefined) => {
  if (dtype === 'string') return (value, to, at) => put(typeof value === 'string', value, to, at);
  if (dtype === 'bool')
    return (value, to, at) => put(typeof value === 'boolean' || value === 0 || value === 1, Number(value), to, at);
  if (dtype === 'float32' || dtype === 'float64')
    return (value, to, at) => put(typeof value === 'number', value, to, at);
  const wide = dtype === 'int64' || dtype === 'uint64';
  return (value, to, at) => {
    if (typeof value !== 'number' && typeof value !== 'bigint') return 'WRONG_TYPE';
    if (typeof value === 'number' && !Number.isInteger(value)) return 'NOT_INTEGER';
    if (typeof value === 'number' && !Number.isSafeInteger(value)) return 'UNSAFE_INTEGER';
    const target = to as Record<number, unknown>;
    target[at] = wide ? BigInt(value) : Number(value);
    return target[at] === (wide ? BigInt(value) : Number(value)) ? undefined : 'OUT_OF_RANGE';
  };
};
const put = (fits: boolean, value: unknown, to: MutableTensorData, at: number): Code | undefined => {
  if (fits) (to as Record<number, unknown>)[at] = value;
  return fits ? undefined : 'WRONG_TYPE';
};

type TypedTensorData = Extract<ColumnInput, ArrayBufferView>;

const tensorField = (name: string, field: TensorField): FieldReader => {
  const { dtype, shape } = field;
  const size = shape.reduce((product, dim) => product * dim, 1);
  const complain = complaintsOf(name, field);
  const write = elementWriter(dtype);
  /** Walks nested arrays of the declared shape; a flat array of the right length is taken as row-major. */
  const walk = (value: unknown, depth: number, to: MutableTensorData, at: number): number | Code => {
    if (depth === shape.length) return write(value, to, at) ?? at + 1;
    if (!Array.isArray(value) || value.length !== shape[depth]) return 'BAD_SHAPE';
    let place: number | Code = at;
    for (const element of value) {
      place = walk(element, depth + 1, to, place as number);
      if (typeof place === 'string') return place;
    }
    return place;
  };
  const fill = (value: unknown, to: MutableTensorData, at: number): Problem | undefined => {
    if (value === undefined) return complain('MISSING_FIELD', value);
    if (value === null) return complain('NULL_VALUE', value);
    const flat = ArrayBuffer.isView(value) || (Array.isArray(value) && shape.length > 1 && !Array.isArray(value[0]));
    if (!flat) {
      const end = walk(value, 0, to, at);
      return typeof end === 'string' ? complain(end, value) : undefined;
    }
    const elements = value as ArrayLike<unknown>;
    if (elements.length !== size) return complain('BAD_SHAPE', value);
    for (let index = 0; index < size; index++) {
      const code = write(elements[index], to, at + index);
      if (code !== undefined) return complain(code, elements[index]);
    }
    return undefined;
  };
  const fillAll = (batch: Batch, valueAt: (row: number) => unknown): Column => {
    const data = allocate(dtype, batch.rows * size);
    for (let row = 0; row < batch.rows; row++) {
      const problem = fill(valueAt(row), data, row * size);
      if (problem) batch.refuse(row, problem);
    }
    return { type: 'tensor', dtype, size, data };
  };
  return {
    name,
    fromRows: (rows, batch) => fillAll(batch, (row) => rows[row][name]),
    fromColumn: (input, batch) => {
      if (!ArrayBuffer.isView(input)) return fillAll(batch, (row) => input[row]);
      const data: TypedTensorData = input;
      if (holds(dtype, data as unknown)) return { type: 'tensor', dtype, size, data };
      return fillAll(batch, (row) => data.subarray(row * size, (row + 1) * size));
    },
  };
};

const readerOf = (name: string, field: Field, coerce: boolean): FieldReader => {
  switch (field.kind) {
    case 'number':
    case 'integer':
      return numericField(name, field, readNumber(name, field, coerce));
    case 'boolean':
      return numericField(name, field, readBoolean(name, field, coerce));
    case 'datetime':
      return numericField(name, field, readDatetime(name, field, coerce));
    case 'category':
    case 'text':
      return stringField(name, readString(name, field, coerce));
    case 'tensor':
      return tensorField(name, field);
  }
};

const emptyRow: Row = Object.freeze({});

/** Compiles a signature. Throws BAD_MANIFEST for fields that make no sense. */
export const compileSignature = (fields: Fields, options: SignatureOptions = {}): Signature => {
  const { coerce = false, extraFields = 'ignore' } = options;
  const names = Object.keys(fields);
  for (const name of names) checkField(name, fields[name]);
  const readers = names.map((name) => readerOf(name, fields[name], coerce));
  const known = new Set(names);
  const wanted = `an object with ${names.join(', ')}`;

  const unknownField = (name: string): Problem => {
    const near = nearest(name, names);
    const hint = near === undefined ? '' : ` Did you mean ${near}?`;
    const message = `${show(name)} is not a field of this model.${hint}`;
    return { code: 'UNKNOWN_FIELD', field: name, expected: `only ${names.join(', ')}`, got: name, message };
  };

  return {
    fields,
    fromRows(input) {
      const batch = new Batch(input.length);
      let rows = input as readonly Row[];
      for (let row = 0; row < input.length; row++) {
        const value = input[row];
        if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
          if (extraFields === 'ignore') continue;
          const extra = Object.keys(value).find((name) => !known.has(name));
          if (extra !== undefined) batch.refuse(row, unknownField(extra));
          continue;
        }
        const got = show(value);
        batch.refuse(row, { code: 'NOT_A_ROW', expected: wanted, got, message: `Expected ${wanted}, got ${got}.` });
        if (rows === input) rows = input.slice() as Row[];
        (rows as Row[])[row] = emptyRow;
      }
      for (const reader of readers) batch.columns.set(reader.name, reader.fromRows(rows, batch));
      return batch;
    },
    fromColumns(columns) {
      const batch = new Batch(rowsOf(fields, columns));
      if (extraFields === 'reject') {
        const extra = Object.keys(columns).find((name) => !known.has(name));
        if (extra !== undefined) for (let row = 0; row < batch.rows; row++) batch.refuse(row, unknownField(extra));
      }
      for (const reader of readers) {
        const column = Object.hasOwn(columns, reader.name) ? columns[reader.name] : new Array<unknown>(batch.rows);
        batch.columns.set(reader.name, reader.fromColumn(column, batch));
      }
      return batch;
    },
  };
};

/** The number of rows in a set of columns. Throws BAD_SHAPE when they differ. */
const rowsOf = (fields: Fields, columns: Readonly<Record<string, ColumnInput>>): number => {
  let rows: number | undefined;
  let first = '';
  for (const [name, column] of Object.entries(columns)) {
    const field: Field | undefined = Object.hasOwn(fields, name) ? fields[name] : undefined;
    const size = field?.kind === 'tensor' && ArrayBuffer.isView(column) ? field.shape.reduce((a, b) => a * b, 1) : 1;
    const length = column.length / size;
    if (rows !== undefined && rows !== length) {
      throw fail('BAD_SHAPE', `Column ${name} has ${length} rows, ${first} has ${rows}; all must have the same.`, {
        field: name,
        expected: `${rows} rows`,
        got: `${length} rows`,
      });
    }
    if (rows === undefined) first = name;
    rows = length;
  }
  return rows ?? 0;
};
