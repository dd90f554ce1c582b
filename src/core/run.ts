/** Running the graph over a batch: in pieces where it must be, and around rows that it cannot take. */
import type { ModelAnswer } from './answered.ts';
import { type Binding, type Feed, tensorOf } from './binding.ts';
import { type Batch, sliceData } from './columns.ts';
import { fail } from './errors.ts';
import { onDemand } from './on-demand.ts';
import type { ModelSession, Tensor, TensorData } from './types.ts';

/** What few calls need: rows of several lengths, more rows than a run may have, and rows that the model refuses. */
const byShape = onDemand(() => import('./run-by-shape.ts'));
const refusals = onDemand(() => import('./model-problem.ts'));
const inPieces = onDemand(() => import('./run-pieces.ts'));

/** Rows a run at most, so that memory does not grow with the batch. The bits do not depend on it. */
const MAX_ROWS = 16_384;

/** How many rows one run may have. @throws MillraceError BAD_MODEL for a graph that mixes the several rows that it takes at a time. */
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
    const { runByShape } = await byShape();
    return runByShape(session, bindings, feeds, batch, names, most);
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
        batch.refuse(0, (await refusals()).modelProblem(error));
        return new Map();
      }
    }
  }
  const { runPieces } = await inPieces();
  return runPieces(runRange, batch, names, most);
};
