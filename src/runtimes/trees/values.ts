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

/** Whether a value is the same for all rows, and not itself taken for one. */
export const isConstant = ({ constant, along }: Known): boolean => constant !== undefined && along !== -1;

/** An input that is there, and differs from row to row, whichever dimension counts them. @throws Unusual */
export const placed = (input: Known | undefined): Known => {
  if (input === undefined) throw unusual('an input that is not given');
  if (isConstant(input)) throw unusual('a constant where rows are expected');
  if (input.extents || input.padding !== undefined || input.isMerged)
    throw unusual('a shape where values are expected');
  return input;
};
/** An input that is there, differs from row to row, and counts them first. @throws Unusual */
export const batched = (input: Known | undefined): Known => {
  const found = placed(input);
  if ((found.along ?? 0) !== 0) throw unusual('rows that are not the first dimension');
  return found;
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

/** The same rows with other values. */
export const like = ({ along }: Partial<Known>, dtype: Dtype, dims: Known['dims']): Known => ({
  dtype,
  dims,
  ...(along && { along }),
});

/** Dimensions of the whole value, null for the one that counts the rows. @throws Unusual where a row's are not known */
export const wholeOf = ({ dims, along = 0, constant }: Known): readonly (number | null)[] => {
  if (dims.includes(null)) throw unusual('rows whose size the graph does not say');
  return constant || along === -1 ? dims : dims.toSpliced(along, 0, null);
};
/** The other way round. */
export const placedOf = (dtype: Dtype, whole: readonly (number | null)[]): Known => {
  const along = whole.indexOf(null);
  return like({ dtype, dims: [], along }, dtype, along === -1 ? whole : whole.toSpliced(along, 1));
};

/** An axis of the whole value as one of its rows. @throws Unusual for the rows themselves */
export const axisOf = (axis: number, { dims, along = 0 }: Known): number => {
  const rank = dims.length + (along === -1 ? 0 : 1);
  const place = axis < 0 ? axis + rank : axis;
  if (!(place >= 0 && place < rank) || place === along) throw unusual('an operator along the batch');
  return along !== -1 && place > along ? place - 1 : place;
};

/** Elements of a row, where that is known. */
export const knownSize = ({ dims }: Known): number | undefined =>
  dims.includes(null) ? undefined : sizeOf(dims as readonly number[]);
