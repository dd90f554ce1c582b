/** Values of one row out of columns, as they would stand in the row itself. */
import { kindOf, tensorOf } from '../core/kinds/index.ts';
import type { TensorInfo } from '../core/kinds/kind.ts';
import { dimsOfFlat } from '../core/row-tensor-reader.ts';
import { fixedShape, sizeOf } from '../core/row-tensors.ts';
import type { ColumnInput, ColumnOutput, Field, Fields } from '../core/types.ts';

const nest = (data: ArrayLike<unknown>, shape: readonly number[], at: number, isBool: boolean): unknown => {
  if (shape.length === 0) return isBool && (data[at] === 0 || data[at] === 1) ? data[at] === 1 : data[at];
  const [length, ...inner] = shape;
  const size = inner.reduce((product, dim) => product * dim, 1);
  return Array.from({ length }, (_, index) => nest(data, inner, at + index * size, isBool));
};

const isTypedArray = (value: unknown): value is ArrayLike<unknown> => ArrayBuffer.isView(value);

/** A tensor of any length as rows have it: nested, whether it came so or flat. */
const raggedAt = ({ dtype, shape }: TensorInfo, value: unknown): unknown => {
  if (!isTypedArray(value)) return value;
  return nest(value, dimsOfFlat(shape, value.length) ?? [value.length], 0, dtype === 'bool');
};

/** Typed columns hold booleans as 0 and 1, datetimes as milliseconds and missing numbers as NaN; plain ones hold values. */
const valueAt = (field: Field | undefined, column: ColumnInput | ColumnOutput, row: number): unknown => {
  const isTyped = ArrayBuffer.isView(column);
  const tensor = field && tensorOf(field);
  if (tensor) {
    const { shape, dtype } = tensor;
    const fixed = fixedShape(shape);
    if (fixed === undefined) return raggedAt(tensor, column[row]);
    const size = sizeOf(fixed);
    if (!isTyped && (size <= 1 || Array.isArray(column[0]))) return column[row];
    return nest(column as ArrayLike<unknown>, fixed, row * size, isTyped && dtype === 'bool');
  }
  if (!isTyped) return column[row];
  const value = (column as ArrayLike<number | bigint>)[row];
  if (Number.isNaN(value)) return null;
  const kind = field && kindOf(field);
  const told = kind?.column === 'number' ? kind.value?.(Number(value)) : undefined;
  return typeof told === 'number' ? value : (told ?? value);
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
