/** Running the graph in pieces: more rows than a run may have, and around rows that it cannot take. */
import type { ModelAnswer } from './answered.ts';
import { allocate, type Batch, copyRow, type MutableTensorData, sliceData } from './columns.ts';
import { modelProblem } from './model-problem.ts';
import { apart } from './row-tensor-reader.ts';
import type { RowTensor } from './row-tensors.ts';
import type { Tensor } from './types.ts';

type RunRange = (start: number, end: number) => Promise<Readonly<Record<string, Tensor>>>;

/** What one output has so far: one tensor of all rows, or, since rows differ in shape, one a row. */
interface Gathered {
  readonly tensor: Tensor;
  readonly size: number;
  readonly data: MutableTensorData;
  apart: (RowTensor | undefined)[] | undefined;
}

const sameShape = ({ dims }: Tensor, other: Tensor): boolean =>
  dims.length === other.dims.length && dims.every((dim, at) => at === 0 || dim === other.dims[at]);

/** The rows before `start`, each by itself. */
const takenApart = ({ tensor, size, data }: Gathered, start: number, rows: number): (RowTensor | undefined)[] => {
  const before = { ...tensor, data: sliceData(data, 0, start * size) };
  const slices: (RowTensor | undefined)[] = [...apart(before, start).rows];
  slices.length = rows;
  return slices.fill(undefined, start);
};

export const runPieces = async (
  runRange: RunRange,
  batch: Batch,
  names: readonly string[],
  most: number,
): Promise<ReadonlyMap<string, ModelAnswer>> => {
  const { rows } = batch;
  const gathered = new Map<string, Gathered>();
  const keep = (start: number, end: number, outputs: Readonly<Record<string, Tensor>>): void => {
    for (const name of names) {
      const tensor = outputs[name];
      let into = gathered.get(name);
      if (into === undefined) {
        const size = tensor.data.length / (end - start);
        into = { tensor, size, data: allocate(tensor.dtype, rows * size), apart: undefined };
        gathered.set(name, into);
      }
      if (into.apart === undefined && !sameShape(tensor, into.tensor)) into.apart = takenApart(into, start, rows);
      const { size, data } = into;
      if (into.apart !== undefined) {
        for (const [at, row] of apart(tensor, end - start).rows.entries()) into.apart[start + at] = row;
      } else if (Array.isArray(data) || !ArrayBuffer.isView(tensor.data))
        copyRow(tensor.data, 0, data, start * size, (end - start) * size);
      else (data as Float64Array).set(tensor.data as Float64Array, start * size);
    }
  };
  const attempt = async (start: number, end: number): Promise<void> => {
    try {
      keep(start, end, await runRange(start, end));
    } catch (error) {
      if (end - start === 1) return batch.refuse(start, modelProblem(error));
      const middle = (start + end) >> 1;
      await attempt(start, middle);
      await attempt(middle, end);
    }
  };
  for (let start = 0; start < rows; start += most) await attempt(start, Math.min(rows, start + most));
  return new Map(
    [...gathered].map(([name, { tensor, data, apart: own }]) => [
      name,
      own === undefined
        ? { dtype: tensor.dtype, dims: [rows, ...tensor.dims.slice(1)], data }
        : { dtype: tensor.dtype, rows: own },
    ]),
  );
};
