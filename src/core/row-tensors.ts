/** Tensors of any length: one a row, each with its own dimensions, where a field's shape leaves some open (null). */
import type { RaggedColumn } from './columns.ts';
import type { Dtype, TensorData, Value } from './data.ts';

/** A dimension that is null may vary from row to row. */
export type RowShape = readonly (number | null)[];

/** The tensor of one row. */
export interface RowTensor {
  readonly dims: readonly number[];
  readonly data: TensorData;
}

/** What a graph answered where rows have other dimensions than their neighbours; undefined for a row that was refused. */
export interface RowTensors {
  readonly dtype: Dtype;
  readonly rows: readonly (RowTensor | undefined)[];
}

export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, dim) => product * dim, 1);

/** The shape, if no dimension is open. */
export const fixedShape = (shape: RowShape): readonly number[] | undefined =>
  shape.includes(null) ? undefined : (shape as readonly number[]);

/** Nested arrays of elements, as JSON has them; booleans out of 0 and 1, integers as numbers where these hold them. */
export const nested = (data: ArrayLike<unknown>, dims: readonly number[], at: number, isBool: boolean): Value => {
  const [length, ...inner] = dims;
  if (length !== undefined) {
    const size = sizeOf(inner);
    return Array.from({ length }, (_, index) => nested(data, inner, at + index * size, isBool));
  }
  const value = data[at];
  if (isBool) return value === 1;
  return typeof value === 'bigint' && Number.isSafeInteger(Number(value)) ? Number(value) : (value as Value);
};

/** The value of a row that is a tensor of any length, nested. */
export const raggedValue = ({ dtype, values }: RaggedColumn, row: number): Value => {
  const { dims, data } = values[row];
  return nested(data as ArrayLike<unknown>, dims, 0, dtype === 'bool');
};
