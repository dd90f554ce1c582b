/** What flows between the steps of a model: tensors, and columns side by side that nobody has laid out in rows yet. */
import type { Dtype, Tensor } from '../../core/types.ts';
import type { Part } from './feed.ts';
import { unusual } from './unusual.ts';

/** float32 columns. Trees and linear models read them part by part, so that one-hot columns never become zeros in memory. */
export interface Columns {
  readonly dtype: 'float32';
  readonly rows: number;
  readonly width: number;
  readonly parts: readonly Part[];
}
export type Value = Tensor | Columns;

const isColumns = (value: Value): value is Columns => 'parts' in value;

/** The same as one tensor. */
export const dense = (value: Value): Tensor => {
  if (!isColumns(value)) return value;
  const { rows, width, parts } = value;
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
  return { dtype: 'float32', dims: [rows, width], data };
};

/** Numbers of a row side by side, as what takes columns reads them: float64 stays, all else is float32. */
export const partsOf = (value: Value): readonly Part[] => {
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

/** Elements of a row, where that is known. */
export const knownSize = ({ dims }: Known): number | undefined =>
  dims.includes(null) ? undefined : sizeOf(dims as readonly number[]);
