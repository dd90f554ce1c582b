/** From rows or columns, as anyone may send them, to a batch of checked columns. Compiled once from the signature. */
import { Batch, type Column, type ColumnType } from './columns.ts';
import { fail, messageOf, type Problem, show, showNames } from './errors.ts';
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
import { misspellingOf, remembering } from './nearest.ts';
import { slipFinder } from './slips.ts';
import { tensorReader } from './tensor-field.ts';
import type { ColumnInput, Field, Fields, NumberField, Row, TensorField } from './types.ts';
import { unknownRow } from './unknown-row.ts';
import { LAST_INSTANT } from './zone.ts';

export interface Signature {
  readonly fields: Fields;
  fromRows(rows: readonly unknown[]): Batch;
  fromColumns(columns: Readonly<Record<string, ColumnInput>>): Batch;
}

export interface SignatureOptions {
  readonly coerce?: boolean;
  readonly extraFields?: 'ignore' | 'reject';
  /** What becomes of a row that has none of the fields; `reject` unless said. */
  readonly strangers?: 'allow' | 'reject';
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
    return Math.abs(time) <= LAST_INSTANT ? time : complain('BAD_DATETIME', value);
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

const tensorField = (name: string, field: TensorField): FieldReader => {
  const { fill, fromColumn } = tensorReader(name, field);
  return { name, fromRows: (rows, batch) => fill(batch, (row) => rows[row][name]), fromColumn };
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
  const { coerce = false, extraFields = 'ignore', strangers = 'reject' } = options;
  const names = Object.keys(fields);
  const refusesStrangers = strangers === 'reject' && names.length > 0;
  for (const name of names) checkField(name, fields[name]);
  const readers = names.map((name) => readerOf(name, fields[name], coerce));
  for (const { name, fromRows } of readers) {
    const { example } = fields[name];
    if (example === undefined) continue;
    const trial = new Batch(1);
    fromRows([{ [name]: example }], trial);
    const problem = trial.problems.get(0);
    if (problem) throw fail('BAD_MANIFEST', `The example of ${problem.message}`, problem);
  }
  const known = new Set(names);
  const wanted = `an object with ${showNames(names)}`;

  const unknownField = remembering((name): Problem => {
    const near = misspellingOf(name, names);
    const hint = near === undefined ? '' : ` Did you mean ${near}?`;
    const message = `${show(name)} is not a field of this model.${hint}`;
    return { code: 'UNKNOWN_FIELD', field: name, expected: `only ${showNames(names)}`, got: name, message };
  });

  const slipOf = slipFinder(fields);

  const hasNone = (row: Row): boolean => {
    for (const name of names) if (row[name] !== undefined || name in row) return false;
    return refusesStrangers;
  };

  /** A copy of a row that is an object, or words for one that cannot be read. */
  const copyOf = (row: unknown): unknown => {
    if (typeof row !== 'object' || row === null) return row;
    try {
      const copy: Record<string, unknown> = { ...row };
      for (const name of names) if (name in row) copy[name] = (row as Row)[name];
      return Array.isArray(row) ? [] : copy;
    } catch (error) {
      return `an object that throws: ${messageOf(error)}`;
    }
  };
  const readRows = (input: readonly unknown[]): Batch => {
    const batch = new Batch(input.length);
    let rows = input as readonly Row[];
    for (let row = 0; row < input.length; row++) {
      const value = input[row];
      if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
        const slip = slipOf(
          (name) => (value as Row)[name] !== undefined,
          () => Object.keys(value),
        );
        if (slip !== undefined) batch.refuse(row, slip);
        if (hasNone(value as Row)) batch.refuse(row, unknownRow('The row', Object.keys(value), names));
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
  };

  return {
    fields,
    fromRows(rows) {
      try {
        return readRows(rows);
      } catch {
        // A getter or a proxy of some row threw: that row is refused, and its neighbours are read from copies.
        return readRows(Array.from(rows, copyOf));
      }
    },
    fromColumns(columns) {
      const batch = new Batch(rowsOf(fields, columns));
      const slip = slipOf(
        (name) => Object.hasOwn(columns, name),
        () => Object.keys(columns),
      );
      if (slip !== undefined) for (let row = 0; row < batch.rows; row++) batch.refuse(row, slip);
      if (refusesStrangers && !names.some((name) => Object.hasOwn(columns, name))) {
        const problem = unknownRow('The table', Object.keys(columns), names);
        for (let row = 0; row < batch.rows; row++) batch.refuse(row, problem);
      }
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

const badColumn = (field: string, message: string, expected: string, got: string) =>
  fail('BAD_SHAPE', message, { field, expected, got });

/** The rows in one column. Throws BAD_SHAPE for what is no column, and for a tensor's typed data that ends within a row. */
const rowsIn = (name: string, field: Field | undefined, column: unknown): number => {
  const isTyped = ArrayBuffer.isView(column) && !(column instanceof DataView);
  if (!isTyped && !Array.isArray(column)) {
    throw badColumn(name, `Column ${name} is ${show(column)}, not an array.`, 'an array or typed array', show(column));
  }
  const { length } = column as ArrayLike<unknown>;
  const size = field?.kind === 'tensor' && isTyped ? field.shape.reduce((a, b) => a * b, 1) : 1;
  if (length % size === 0) return length / size;
  const expected = `a multiple of ${size} elements`;
  throw badColumn(name, `Column ${name} needs ${expected}, got ${length}.`, expected, `${length}`);
};

/** The number of rows in a set of columns. Throws BAD_SHAPE when they differ. */
export const rowsOf = (fields: Fields, columns: Readonly<Record<string, ColumnInput>>): number => {
  let rows: number | undefined;
  let first = '';
  for (const [name, column] of Object.entries(columns)) {
    const length = rowsIn(name, Object.hasOwn(fields, name) ? fields[name] : undefined, column);
    if (rows !== undefined && rows !== length) {
      const message = `Column ${name} has ${length} rows, ${first} has ${rows}; all must have the same.`;
      throw badColumn(name, message, `${rows} rows`, `${length} rows`);
    }
    if (rows === undefined) first = name;
    rows = length;
  }
  return rows ?? 0;
};
