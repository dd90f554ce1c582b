/** Tensors of any length in the protocol: all rows of a tensor have one length, and a request has as many as it likes. */
import { fail } from '../../../core/errors.ts';
import { nested, sizeOf } from '../../../core/row-tensors.ts';
import type { ColumnInput, ColumnOutput } from '../../../core/types.ts';
import type { Elements } from './datatypes.ts';

/** The rows of a request's tensor, each as the core takes it; `shape` has the rows in front. */
export const rowsApart = (shape: readonly number[], data: Elements): ColumnInput => {
  const [rows, ...dims] = shape;
  const size = sizeOf(dims);
  const { length } = dims;
  return Array.from({ length: rows }, (_, row) =>
    ArrayBuffer.isView(data) && length === 1
      ? data.subarray(row * size, (row + 1) * size)
      : nested(data as ArrayLike<unknown>, dims, row * size, false),
  );
};

const dimsOf = (value: unknown, rank: number): readonly number[] => {
  const dims: number[] = [];
  for (let part = value; dims.length < rank && Array.isArray(part); part = part[0]) dims.push(part.length);
  while (dims.length < rank) dims.push(0);
  return dims;
};

/** Answers of one length as one tensor. @throws BAD_OUTPUT for answers of several */
export const rowsTogether = (
  name: string,
  column: ColumnOutput,
  rank: number,
): { readonly dims: readonly number[]; readonly data: Elements } => {
  const rows = column as readonly unknown[];
  const [first] = rows;
  const dims = dimsOf(first, rank);
  for (const row of rows) {
    const own = dimsOf(row, rank);
    if (own.every((dim, at) => dim === dims[at])) continue;
    const [expected, got] = [`[${dims.join(', ')}]`, `[${own.join(', ')}]`];
    const message = `${name}: rows are answered in several lengths (${expected}, ${got}), and a tensor has one; ask for one row a request, or over /predict.`;
    throw fail('BAD_OUTPUT', message, { field: name, expected, got });
  }
  return { dims, data: rows.flat(rank) as Elements };
};
