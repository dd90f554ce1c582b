/** What flows between the steps of a model: tensors, and columns side by side that nobody has laid out in rows yet. */
import type { Dtype, Tensor } from '../../core/types.ts';
import type { FeaturePart } from './feed.ts';
import { unusual } from './unusual.ts';

/** float32 columns. Trees and linear models read them part by part, so that one-hot columns never become zeros in memory. */
export interface FloatColumns {
  readonly dtype: 'float32';
  readonly dims: readonly number[];
  readonly parts: readonly FeaturePart[];
}
export type NodeValue = Tensor | FloatColumns;

const isColumns = (value: NodeValue): value is FloatColumns => 'parts' in value;

/** The same as one tensor. */
export const dense = (value: NodeValue): Tensor => {
  if (!isColumns(value)) return value;
  const { dims, parts } = value;
  const rows = dims[0];
  const width = sizeOf(dims.slice(1));
  const data = new Float32Array(rows * width);
  let first = 0;
  for (const part of parts) {
    if ('codes' in part) {
      const { codes } = part;
      for (let row = 0; row < rows; row++) if (codes[row] >= 0) data[row * width + first + codes[row]] = 1;
    } else {
      for (let row = 0, from = 0; row < rows; row++)
        for (let column = 0, to = row * width + first; column < part.width; column++) data[to++] = part.data[from++];
    }
    first += part.width;
  }
  return { dtype: 'float32', dims, data };
};

/** Numbers of a row side by side, as what takes columns reads them: float64 stays, all else is float32. @throws Unusual for texts */
export const partsOf = (value: NodeValue): readonly FeaturePart[] => {
  if (isColumns(value)) return value.parts;
  const { dims, data, dtype } = value;
  const width = sizeOf(dims.slice(1));
  if (data instanceof Float32Array || data instanceof Float64Array) return [{ width, data }];
  if (dtype === 'string') throw unusual('numbers made of texts');
  return [{ width, data: Float32Array.from(data as ArrayLike<number | bigint>, Number) }];
};

export const sizeOf = (dims: readonly number[]): number => dims.reduce((product, dim) => product * dim, 1);

/** What is known of a value before anything runs. */
export interface Known {
  readonly dtype: Dtype;
  /** The shape of one row, null where it may vary; of a constant its whole shape. */
  readonly dims: readonly (number | null)[];
  /** The value itself, where it is the same for all rows. */
  readonly constant?: Tensor;
}

/** An input that is there, and differs from row to row. @throws Unusual */
export const batched = (input: Known | undefined): Known => {
  if (input === undefined) throw unusual('an input that is not given');
  if (input.constant) throw unusual('a constant where rows are expected');
  return input;
};
/** The values of an input that is the same for all rows, as numbers. @throws Unusual */
export const constantNumbers = (input: Known | undefined): readonly number[] => {
  const data = input?.constant?.data;
  if (data === undefined || input?.dtype === 'string')
    throw unusual('numbers that vary where they should stand in the file');
  return Array.from(data as ArrayLike<number | bigint>, Number);
};

/** A batched input whose rows are of a known size. @throws Unusual */
export const sized = (given: Known | undefined): { readonly input: Known; readonly size: number } => {
  const input = batched(given);
  const size = knownSize(input);
  if (size === undefined) throw unusual('rows whose size the graph does not say');
  return { input, size };
};

/** The same with rows of one dimension. @throws Unusual */
export const table = (given: Known | undefined): { readonly input: Known; readonly width: number } => {
  const { input, size } = sized(given);
  if (input.dims.length !== 1) throw unusual('rows that are no list of columns');
  return { input, width: size };
};

/** Elements of a row, where that is known. */
export const knownSize = ({ dims }: Known): number | undefined =>
  dims.includes(null) ? undefined : sizeOf(dims as readonly number[]);
