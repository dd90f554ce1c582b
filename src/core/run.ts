/** Running the graph over a batch: in pieces where it must be, and around rows that it cannot take. */
import type { ModelAnswer } from './answered.ts';
import { type Binding, type Feed, tensorOf } from './bind.ts';
import { allocate, type Batch, copyRow, type MutableTensorData, sliceData } from './columns.ts';
import { fail, messageOf, type Problem } from './errors.ts';
import { apart, type RowTensor } from './row-tensors.ts';
import { runByShape } from './run-by-shape.ts';
import type { ModelSession, Tensor, TensorData } from './types.ts';
import { wordsOf } from './words.ts';

/** Rows a run at most, so that memory does not grow with the batch. The bits do not depend on it. */
const MAX_ROWS = 16_384;

/** How many rows one run may have. @throws MillraceError BAD_MODEL for a graph with a fixed batch of several rows. */
export const rowsPerRun = (session: ModelSession): number => {
  let most = session.batchInvariant ? MAX_ROWS : 1;
  for (const { name, dims } of session.inputs) {
    const batch = dims[0];
    if (typeof batch !== 'number') continue;
    if (batch !== 1) {
      throw fail(
        'BAD_MODEL',
        `The model's input ${name} has a fixed batch of ${batch} rows; export it with a dynamic first dimension.`,
        {
          expected: 'a dynamic first dimension, or 1',
          got: `${batch}`,
        },
      );
    }
    most = 1;
  }
  return most;
};

/** What a runtime says of a failure, without what it says of itself. */
export const runtimeMessage = (error: unknown): string => wordsOf(messageOf(error).replace(/^.*Status Message: /, ''));

const modelProblem = (error: unknown): Problem => {
  const got = runtimeMessage(error);
  return {
    code: 'MODEL_FAILED',
    expected: 'a row that the model can score',
    got,
    message: `The model refused this row: ${got}.`,
  };
};

/**
 * Runs the graph over all rows of the batch. When a run fails it is halved until the rows that make it fail stand alone;
 * only they are refused. Answers one tensor an output, [rows, …], or one a row where rows differ in shape.
 */
export const runBatch = async (
  session: ModelSession,
  bindings: readonly Binding[],
  feeds: readonly Feed[],
  batch: Batch,
  names: readonly string[],
  most: number,
): Promise<ReadonlyMap<string, ModelAnswer>> => {
  const { rows } = batch;
  if (bindings.some(({ size }) => size === undefined)) {
    const refuse = (row: number, error: unknown) => batch.refuse(row, modelProblem(error));
    return runByShape(session, bindings, feeds, rows, names, { most, refuse });
  }
  const runRange = (start: number, end: number): Promise<Readonly<Record<string, Tensor>>> => {
    const whole = start === 0 && end === rows;
    const inputs: Record<string, Tensor> = {};
    for (let index = 0; index < bindings.length; index++) {
      const { size = 1, spec } = bindings[index];
      const feed = feeds[index] as TensorData;
      const data = whole ? feed : sliceData(feed, start * size, end * size);
      inputs[spec.name] = tensorOf(bindings[index], end - start, data);
    }
    return session.run(inputs, names);
  };

  if (rows <= most) {
    try {
      return new Map(Object.entries(await runRange(0, rows)));
    } catch (error) {
      if (rows === 1) {
        batch.refuse(0, modelProblem(error));
        return new Map();
      }
    }
  }
  return runPieces(runRange, batch, names, most);
};

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

const runPieces = async (
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
