/** A graph input that is bound to a column. */
import type { Batch } from './columns.ts';
import type { Tensor, TensorData, TensorSpec } from './data.ts';
import type { RowTensor } from './row-tensors.ts';

/** What a graph input is fed with: the elements of all rows, or a tensor a row where these are of several lengths. */
export type Feed = TensorData | { readonly rows: readonly RowTensor[] };

/** Makes one graph input's data out of a batch; rows that do not fit are refused. */
export interface Binding {
  readonly spec: TensorSpec;
  /** Elements a row; undefined where rows are of several lengths. */
  readonly size: number | undefined;
  /** The shape of one row, without the batch; undefined where the graph does not say how many dimensions it wants. */
  readonly shape: readonly number[] | undefined;
  read(batch: Batch): Feed;
}

/** A tensor of one binding's data: [rows, …]. */
export const tensorOf = ({ spec, size = 1, shape }: Binding, rows: number, data: TensorData): Tensor => ({
  dtype: spec.dtype,
  dims: [rows, ...(shape ?? (size === 1 ? [] : [size]))],
  data,
});
