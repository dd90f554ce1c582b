/** From rows or columns, as anyone may send them, to a batch of checked columns. Compiled once from the signature. */
import { Batch, type Column } from './columns.ts';
import type { ColumnInput, Row } from './data.ts';
import { fail, messageOf, type Problem, show, showNames } from './errors.ts';
import { type Complain, complaintsOf, isProblem, type Read } from './field.ts';
import { describe, type Field, type Fields, kindOf, kinds, tensorOf } from './kinds/index.ts';
import type { NumberKind, TensorReader } from './kinds/kind.ts';
import { misspellingOf, remembering } from './nearest.ts';
import { slipFinder } from './slips.ts';
import { unknownRow } from './unknown-row.ts';

export interface Signature {
  readonly fields: Fields;
  fromRows(rows: readonly unknown[]): Batch;
  fromColumns(columns: Readonly<Record<string, ColumnInput>>): Batch;
}

export interface SignatureOptions {
  readonly coerce?: boolean;
  readonly extraFields?: 'ignore' | 'reject';
  /** What becomes of a row that has none of the fields; `reject` unless given. */
  readonly strangers?: 'allow' | 'reject';
}

/** One field made ready: its column out of rows, or out of a column. */
interface FieldReader {
  readonly name: string;
  fromRows(rows: readonly Row[], batch: Batch): Column;
  fromColumn(values: ColumnInput, batch: Batch): Column;
}

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

const numberField = (name: string, field: Field, kind: NumberKind<Field>, complain: Complain, coerce: boolean) => {
  const read = kind.read(field, complain, coerce);
  const plain = numeric(name, read);
  const typed = kind.readTyped ? numeric(name, kind.readTyped(read, complain)) : plain;
  const reader: FieldReader = {
    ...plain,
    fromColumn(input, batch) {
      if (input instanceof Float64Array && kind.fits?.(field, input)) return { type: 'number', values: input };
      return (ArrayBuffer.isView(input) ? typed : plain).fromColumn(input, batch);
    },
  };
  return reader;
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

const tensorField = (name: string, { fill, fromColumn }: TensorReader): FieldReader => ({
  name,
  fromRows: (rows, batch) => fill(batch, (row) => rows[row][name]),
  fromColumn,
});

const complainOf = (name: string, field: Field, coerce: boolean): Complain => {
  const kind = kindOf(field);
  const expected = describe(field);
  if (coerce || kind.column === 'tensor' || kind.writeAs === undefined) return complaintsOf(name, expected);
  const lenient = (): Read<unknown> => kind.read(field, complaintsOf(name, expected), true);
  return complaintsOf(name, expected, { writeAs: kind.writeAs, lenient });
};

const readerOf = (name: string, field: Field, coerce: boolean): FieldReader => {
  const kind = kindOf(field);
  const complain = complainOf(name, field, coerce);
  if (kind.column === 'number') return numberField(name, field, kind, complain, coerce);
  if (kind.column === 'string') return stringField(name, kind.read(field, complain, coerce));
  return tensorField(name, kind.reader(field, complain));
};

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
      expected: `one of ${Object.keys(kinds).join(', ')}`,
      got: show(field.kind),
    });
  }
  kindOf(field).check?.(name, field);
};

const emptyRow: Row = Object.freeze({});

/** Compiles a signature. @throws MillraceError BAD_MANIFEST for fields that make no sense. */
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

/** The rows in one column. @throws MillraceError BAD_SHAPE for what is no column, and for a tensor's typed data that ends within a row. */
const rowsIn = (name: string, field: Field | undefined, column: unknown): number => {
  const isTyped = ArrayBuffer.isView(column) && !(column instanceof DataView);
  if (!isTyped && !Array.isArray(column)) {
    throw badColumn(name, `Column ${name} is ${show(column)}, not an array.`, 'an array or typed array', show(column));
  }
  const { length } = column as ArrayLike<unknown>;
  const tensor = field && isTyped ? tensorOf(field) : undefined;
  const size = tensor === undefined ? 1 : tensor.shape.reduce((a, b) => a * b, 1);
  if (length % size === 0) return length / size;
  const expected = `a multiple of ${size} elements`;
  throw badColumn(name, `Column ${name} needs ${expected}, got ${length}.`, expected, `${length}`);
};

/** The number of rows in a set of columns. @throws MillraceError BAD_SHAPE when they differ. */
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
