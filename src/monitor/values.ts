/** Values of one row out of columns, as they would stand in the row itself. */
import type { ColumnInput, ColumnOutput, Field, Fields } from '../core/types.ts';

const nest = (data: ArrayLike<unknown>, shape: readonly number[], at: number, isBool: boolean): unknown => {
  if (shape.length === 0) return isBool && (data[at] === 0 || data[at] === 1) ? data[at] === 1 : data[at];
  const [length, ...inner] = shape;
  const size = inner.reduce((product, dim) => product * dim, 1);
  return Array.from({ length }, (_, index) => nest(data, inner, at + index * size, isBool));
};

/** Typed columns hold booleans as 0 and 1, datetimes as milliseconds and missing numbers as NaN; plain ones hold values. */
const valueAt = (field: Field | undefined, column: ColumnInput | ColumnOutput, row: number): unknown => {
  if (!ArrayBuffer.isView(column)) {
    const size = field?.kind === 'tensor' && !Array.isArray(column[0]) ? field.shape.reduce((a, b) => a * b, 1) : 1;
    return field?.kind === 'tensor' && size > 1 ? nest(column, field.shape, row * size, false) : column[row];
  }
  if (field?.kind === 'tensor') {
    const size = field.shape.reduce((product, dim) => product * dim, 1);
    return nest(column as ArrayLike<unknown>, field.shape, row * size, field.dtype === 'bool');
  }
  const value = (column as ArrayLike<number | bigint>)[row];
  if (Number.isNaN(value)) return null;
  if (field?.kind === 'boolean') return Number(value) === 0 ? false : Number(value) === 1 ? true : value;
  if (field?.kind === 'datetime' && Math.abs(Number(value)) <= 8.64e15) return new Date(Number(value)).toISOString();
  return value;
};

export type AnyColumns = Readonly<Record<string, ColumnInput | ColumnOutput>>;

/** One row out of columns. */
export const rowAt = (fields: Fields, columns: AnyColumns, row: number): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(columns).map(([name, column]) => [
      name,
      valueAt(Object.hasOwn(fields, name) ? fields[name] : undefined, column, row),
    ]),
  );
