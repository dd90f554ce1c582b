/** How many rows a table of columns has. */
import type { Batch } from './columns.ts';
import type { ColumnInput } from './data.ts';
import { fail, show } from './errors.ts';
import { type Field, type Fields, tensorOf } from './kinds/index.ts';
import { fixedShape, sizeOf } from './row-tensors.ts';
import type { Signature } from './signature.ts';

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
  // A tensor of any length is a value a row.
  const size = sizeOf((tensor && fixedShape(tensor.shape)) ?? []);
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

/** Reads a table by a signature. @throws MillraceError BAD_SHAPE when columns differ in rows */
export const fromTable = (signature: Signature, columns: Readonly<Record<string, ColumnInput>>): Batch =>
  signature.fromColumns(columns, rowsOf(signature.fields, columns));
