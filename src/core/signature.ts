/** From rows or columns, as anyone may send them, to a batch of checked columns. Compiled once from the signature. */
import { Batch } from './columns.ts';
import type { ColumnInput, Row } from './data.ts';
import { fail, messageOf, show, showNames } from './errors.ts';
import { createNameCheck } from './field-names.ts';
import { type FieldReader, fieldReader } from './field-reader.ts';
import { type Field, type Fields, kindNames, kindOf, kinds } from './kinds/index.ts';

export interface Signature {
  readonly fields: Fields;
  fromRows(rows: readonly unknown[]): Batch;
  /** Of columns that have so many rows (`fromTable` counts them). */
  fromColumns(columns: Readonly<Record<string, ColumnInput>>, rows: number): Batch;
}

export interface SignatureOptions {
  /** Numbers, booleans and dates are read from texts too; false unless given. */
  readonly coerce?: boolean;
  /** `ignore` unless given. */
  readonly extraFields?: 'ignore' | 'reject';
  /** What becomes of a row that has none of the fields; `reject` unless given. */
  readonly strangers?: 'allow' | 'reject';
}

/** @throws BAD_MANIFEST for a field whose own settings make no sense; what a schema cannot say. */
const checkField = (name: string, field: Field): void => {
  if (name in Object.prototype) {
    throw fail('BAD_MANIFEST', `${name} cannot be the name of a field: every JavaScript object has one.`, {
      field: name,
      expected: 'another name',
      got: name,
    });
  }
  if (!Object.hasOwn(kinds, field.kind)) {
    throw fail('BAD_MANIFEST', `${name}: this version of Millrace knows no kind ${show(field.kind)}.`, {
      field: name,
      expected: `one of ${kindNames.join(', ')}`,
      got: show(field.kind),
    });
  }
  kindOf(field).check?.(name, field);
};

/** @throws BAD_MANIFEST for an example that the field itself would refuse. */
const checkExample = ({ name, fromRows }: FieldReader, { example }: Field): void => {
  if (example === undefined) return;
  const trial = new Batch(1);
  fromRows([{ [name]: example }], trial);
  const problem = trial.problems.get(0);
  if (problem) throw fail('BAD_MANIFEST', `The example of ${problem.message}`, problem);
};

const isRow = (value: unknown): value is Row => typeof value === 'object' && value !== null && !Array.isArray(value);
const emptyRow: Row = Object.freeze({});

/** A copy of a row that is an object, or words for one that cannot be read. */
const copyOf = (row: unknown, names: readonly string[]): unknown => {
  if (typeof row !== 'object' || row === null) return row;
  try {
    const copy: Record<string, unknown> = { ...row };
    for (const name of names) if (name in row) copy[name] = (row as Row)[name];
    return Array.isArray(row) ? [] : copy;
  } catch (error) {
    return `an object that throws: ${messageOf(error)}`;
  }
};

/** Compiles a signature. @throws MillraceError BAD_MANIFEST for fields that make no sense. */
export const compileSignature = (fields: Fields, options: SignatureOptions = {}): Signature => {
  const { coerce = false, extraFields = 'ignore', strangers = 'reject' } = options;
  const names = Object.keys(fields);
  for (const name of names) checkField(name, fields[name]);
  const readers = names.map((name) => fieldReader(name, fields[name], coerce));
  for (const reader of readers) checkExample(reader, fields[reader.name]);
  const check = createNameCheck(fields, { extraFields, strangers });
  const wanted = `an object with ${showNames(names)}`;

  const readRows = (input: readonly unknown[]): Batch => {
    const batch = new Batch(input.length);
    let rows = input as readonly Row[];
    for (let row = 0; row < input.length; row++) {
      const value = input[row];
      if (isRow(value)) {
        check.row(value, row, batch);
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
        return readRows(Array.from(rows, (row) => copyOf(row, names)));
      }
    },
    fromColumns(columns, rows) {
      const batch = new Batch(rows);
      check.table(columns, batch);
      for (const reader of readers) {
        const column = Object.hasOwn(columns, reader.name) ? columns[reader.name] : new Array<unknown>(batch.rows);
        batch.columns.set(reader.name, reader.fromColumn(column, batch));
      }
      return batch;
    },
  };
};
