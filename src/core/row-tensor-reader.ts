/** How tensors of any length are read: out of values, and out of a tensor of all rows. */
import { allocate, type MutableTensorData, sliceData } from './columns.ts';
import type { Dtype, Tensor } from './data.ts';
import { elementWriter } from './elements.ts';
import type { Code } from './errors.ts';
import { type RowShape, type RowTensor, type RowTensors, sizeOf } from './row-tensors.ts';

/** Elements that a row of a tensor of any length may have, unless its field says otherwise. */
export const MAX_ELEMENTS = 2 ** 20;

/** As messages have it: `[any, 3]`. */
export const showShape = (shape: RowShape): string => `[${shape.map((dim) => dim ?? 'any').join(', ')}]`;

/** True of dimensions that a shape allows. */
export const fitsShape = (dims: readonly number[], shape: RowShape): boolean =>
  dims.length === shape.length && shape.every((dim, at) => dim === null || dim === dims[at]);

/** The dimensions of so many elements in row-major order; undefined where they do not say it. */
export const dimsOfFlat = (shape: RowShape, length: number): readonly number[] | undefined => {
  const known = shape.reduce<number>((product, dim) => product * (dim ?? 1), 1);
  const open = shape.filter((dim) => dim === null).length;
  if (open > 1 || length % known !== 0) return undefined;
  return shape.map((dim) => dim ?? length / known);
};

/** What a row has that is refused. */
export const NOTHING: RowTensor = { dims: [0], data: new Uint8Array(0) };

/** What keeps a value from being a row's tensor. */
export interface Off {
  readonly code: Code;
  readonly value: unknown;
  readonly got?: string;
}

export const isOff = (read: RowTensor | Off): read is Off => 'code' in read;

/** The lengths of nested arrays, by the first of each. */
const dimsOfNested = (value: unknown, rank: number): readonly number[] => {
  const dims: number[] = [];
  for (let part = value; dims.length < rank && Array.isArray(part); part = part[0]) dims.push(part.length);
  return dims;
};

const isFlat = (value: unknown, rank: number): value is ArrayLike<unknown> =>
  ArrayBuffer.isView(value) || (Array.isArray(value) && rank > 1 && value.length > 0 && !Array.isArray(value[0]));

const shown = (dims: readonly number[]): string => `[${dims.join(', ')}]`;

export interface RowTensorSettings {
  readonly dtype: Dtype;
  readonly shape: RowShape;
  /** NaN and null stand for missing elements. */
  readonly nullable: boolean;
  /** Elements at most. */
  readonly most: number;
}

/**
 * Reads the tensor of a row: arrays nested as the shape says, or flat ones where a single dimension is open. An open
 * dimension has one element or more.
 */
export const rowTensorReader = ({ dtype, shape, nullable, most }: RowTensorSettings) => {
  const write = elementWriter(dtype, nullable);
  const rank = shape.length;

  const fill = (value: unknown, dims: readonly number[], data: MutableTensorData): Off | undefined => {
    let at = 0;
    const walk = (part: unknown, depth: number): Off | undefined => {
      if (depth === rank) {
        const code = write(part, data, at++);
        return code === undefined ? undefined : { code, value: part };
      }
      if (!Array.isArray(part) || part.length !== dims[depth]) return { code: 'BAD_SHAPE', value: part };
      for (const inner of part) {
        const off = walk(inner, depth + 1);
        if (off !== undefined) return off;
      }
      return undefined;
    };
    return walk(value, 0);
  };
  const fillFlat = (values: ArrayLike<unknown>, data: MutableTensorData): Off | undefined => {
    for (let at = 0; at < values.length; at++) {
      const code = write(values[at], data, at);
      if (code !== undefined) return { code, value: values[at] };
    }
    return undefined;
  };

  return (value: unknown): RowTensor | Off => {
    const flat = isFlat(value, rank);
    if (!flat && !Array.isArray(value)) return { code: 'WRONG_TYPE', value };
    const dims = flat ? dimsOfFlat(shape, value.length) : dimsOfNested(value, rank);
    if (dims === undefined || !fitsShape(dims, shape) || dims.includes(0))
      return { code: 'BAD_SHAPE', value, ...(dims && { got: shown(dims) }) };
    const size = sizeOf(dims);
    if (size > most) return { code: 'BAD_SHAPE', value, got: `${shown(dims)}, which is more than ${most} elements` };
    const data = allocate(dtype, size);
    const off = flat ? fillFlat(value, data) : fill(value, dims, data);
    return off ?? { dims, data };
  };
};

/** A tensor of all rows as one of each. */
export const apart = ({ dtype, dims, data }: Tensor, rows: number): RowTensors => {
  const own = dims.slice(1);
  const size = rows === 0 ? 0 : data.length / rows;
  const slices = Array.from({ length: rows }, (_, row) => ({
    dims: own,
    data: sliceData(data, row * size, (row + 1) * size),
  }));
  return { dtype, rows: slices };
};
