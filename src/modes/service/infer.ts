/** Calls of tensors: columns to the queue of the version that answers, its answers as tensors again. */
import type { Columns } from '../../core/column-parts.ts';
import type { Code } from '../../core/errors.ts';
import type { ColumnAnswers } from '../../core/types.ts';
import type { Call } from './calls.ts';
import { columns as columnForm } from './forms.ts';
import type { ModelRun } from './job.ts';
import type { Model } from './model.ts';
import type { InferRequest } from './oip/infer.ts';
import type { TensorBinding } from './oip/signature.ts';
import { columnsOf, wantedOutputs } from './oip/tensors.ts';

/** What tensors came to. */
export interface InferredColumns {
  readonly bindings: readonly TensorBinding[];
  readonly columns: Columns;
  readonly answers: ColumnAnswers;
  /** Undefined where there was no row to run. */
  readonly run: ModelRun | undefined;
}

/** Why a row of an answer was refused, each code as often as it was. */
export const codesOf = ({ errors }: ColumnAnswers): readonly Code[] => [...errors.values()].map(({ code }) => code);

/** @throws whatever is wrong with a tensor; what `checkRows` and the queue throw */
export const inferColumns = async (
  model: Model,
  request: InferRequest,
  { bytes, deadline, caller, pass }: Call,
  checkRows: (rows: number) => void,
): Promise<InferredColumns> => {
  const since = performance.now();
  const bindings = wantedOutputs(model.tensors, request.outputs);
  const { columns, rows } = columnsOf(model.tensors, request.inputs);
  checkRows(rows);
  pass?.spend(rows);
  if (rows === 0) {
    return { bindings, columns, answers: await model.scorer.scoreColumns(columns), run: undefined };
  }
  const work = { form: columnForm(columns, rows), input: columns, rows, bytes, deadline, since, caller };
  const { output, run } = await model.batcher.submit(work);
  return { bindings, columns, answers: output, run };
};
