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
/** Of every row a list of texts, as long as it may be. */
export interface TextLists {
  readonly dtype: 'string';
  readonly dims: readonly number[];
  readonly lists: readonly (readonly string[])[];
}
export type NodeValue = Tensor | FloatColumns | TextLists;

const isColumns = (value: NodeValue): value is FloatColumns => 'parts' in value;

/** The same as one tensor. */
export const dense = (value: NodeValue): Tensor => {
  if ('lists' in value) throw unusual('lists of texts where values are expected');
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
  const { dims, data, dtype } = dense(value);
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
  /**
   * Which dimension of the whole value counts the rows: the first unless given, -1 where none does. In memory the rows come
   * first all the same.
   */
  readonly along?: number;
  /** The dimension that counts the rows counts what a row has of it, too: rows × `dims[along]`. */
  readonly isMerged?: true;
  /** Of the shape of a value: its dimensions, null for the rows. Such a value stands for itself, and is read nowhere else. */
  readonly extents?: readonly (number | null)[];
  /** Of texts of which every row has a number of its own: with what ONNX Runtime fills up the shorter rows. */
  readonly padding?: string;
  /** Most of a row's numbers are 0, as of words that a text has not. */
  readonly isSparse?: true;
}

/** Elements of a row, where that is known. */
export const knownSize = ({ dims }: Known): number | undefined =>
  dims.includes(null) ? undefined : sizeOf(dims as readonly number[]);
