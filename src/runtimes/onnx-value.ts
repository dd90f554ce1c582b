/**
 * What is known of a value in a graph before it runs: its type and its shape, in which the number of rows is a symbol.
 * Web-standard.
 */

import { TENSOR } from './onnx-fields.ts';
import { textOf } from './onnx-node.ts';
import { readInts, valuesOf } from './protobuf.ts';

/** So many elements, or so many for each row of the batch. */
export interface Dim {
  readonly size: number;
  readonly perRow: boolean;
}

export interface GraphValue {
  /** TensorProto.DataType. */
  readonly type: number;
  readonly dims: readonly Dim[];
  /** The elements of a short list of integers that stands in the file: axes, shapes, places. */
  readonly ints?: readonly number[] | undefined;
}

/** TensorProto.DataType: the types with a fraction, which a division by zero does not stop. */
export const FLOAT = 1;
export const INT64 = 7;
export const STRING = 8;
export const BOOL = 9;
const floats: ReadonlySet<number> = new Set([FLOAT, 10, 11, 16]);
export const isFloat = ({ type }: GraphValue): boolean => floats.has(type);

export const fixed = (size: number): Dim => ({ size, perRow: false });
export const isFixed = ({ size, perRow }: Dim, wanted: number): boolean => !perRow && size === wanted;
export const sameDim = (a: Dim, b: Dim): boolean => a.size === b.size && a.perRow === b.perRow;

/** Elements of all, for one row; undefined when there are more for each row than in proportion to the rows. */
export const sizeOf = (dims: readonly Dim[]): number | undefined =>
  dims.filter(({ perRow }) => perRow).length > 1 ? undefined : dims.reduce((total, { size }) => total * size, 1);

/** The shape of an element-wise result; undefined when the shapes do not fit each other whatever the rows are. */
export const broadcast = (shapes: readonly (readonly Dim[])[]): readonly Dim[] | undefined => {
  const rank = Math.max(...shapes.map((dims) => dims.length));
  const result: Dim[] = [];
  for (let axis = 0; axis < rank; axis++) {
    let dim = fixed(1);
    for (const dims of shapes) {
      const own = dims[axis - rank + dims.length];
      if (own === undefined || isFixed(own, 1)) continue;
      if (!isFixed(dim, 1) && !sameDim(dim, own)) return undefined;
      dim = own;
    }
    result.push(dim);
  }
  return result;
};

/** The place of an axis that may be counted from the end; undefined when there is none. */
export const axisOf = (axis: number, rank: number): number | undefined =>
  axis >= -rank && axis < rank ? (axis + rank) % rank : undefined;

/** More elements than these are no axes and no shape. */
const MAX_INTS = 64;

const littleEndian = (raw: Uint8Array, bytes: 4 | 8): readonly number[] => {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  return Array.from({ length: raw.length / bytes }, (_, at) =>
    bytes === 4 ? view.getInt32(at * 4, true) : Number(view.getBigInt64(at * 8, true)),
  );
};

/**
 * A tensor that stands in the file. Undefined when it says that it has more elements than its bytes can hold, or none.
 */
export const readTensor = (tensor: Uint8Array): GraphValue | undefined => {
  const sizes = readInts(tensor, TENSOR.dims);
  const count = sizes.reduce((total, size) => total * size, 1);
  // Two elements of four bits are the most that a byte holds.
  if (sizes.some((size) => size < 1) || count > tensor.length * 2) return undefined;
  const type = readInts(tensor, TENSOR.type).at(-1) ?? 0;
  const dims = sizes.map(fixed);
  if ((type !== INT64 && type !== 6) || count > MAX_INTS) return { type, dims };
  const raw = valuesOf(tensor, TENSOR.raw).at(-1);
  const ints =
    raw && raw.length > 0
      ? littleEndian(raw, type === INT64 ? 8 : 4)
      : readInts(tensor, type === INT64 ? TENSOR.ints64 : TENSOR.ints32);
  return { type, dims, ints: ints.length === count ? ints : undefined };
};

export const tensorName = (tensor: Uint8Array): string => textOf(tensor, TENSOR.name);
