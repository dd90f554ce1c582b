/** What a graph answered for the rows of a batch: one tensor of all of them, or one each where these differ in shape. */
import { allocate, copyRow } from './columns.ts';
import type { Tensor } from './data.ts';
import type { RowTensor, RowTensors } from './row-tensors.ts';

export type ModelAnswer = Tensor | RowTensors;

export const isApart = (answered: ModelAnswer): answered is RowTensors => 'rows' in answered;

/**
 * One tensor of `size` elements a row out of those that rows have for themselves; `fits` tells which may stand in it, and
 * `refuse` of all others. What a row has beyond `size` is left out.
 */
export const together = (
  { dtype, rows }: RowTensors,
  size: number,
  fits: (tensor: RowTensor) => boolean,
  refuse: (row: number, tensor: RowTensor) => void,
): Tensor => {
  const data = allocate(dtype, rows.length * size);
  rows.forEach((tensor, row) => {
    if (tensor === undefined) return;
    if (fits(tensor)) copyRow(tensor.data, 0, data, row * size, size);
    else refuse(row, tensor);
  });
  return { dtype, dims: [rows.length, size], data };
};
