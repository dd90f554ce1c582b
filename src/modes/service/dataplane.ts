/**
 * What every transport of the service shares: it finds the model, queues the rows, and gives the answers. A transport
 * only translates: bytes to these calls, these answers and errors to bytes.
 */
import { fail } from '../../core/errors.ts';
import type { Answer } from '../../core/types.ts';
import type { Caller } from './batcher.ts';
import { coercedRows, columns as columnForm, rows as rowForm } from './forms.ts';
import { createIds } from './ids.ts';
import type { Limits } from './limits.ts';
import type { Model, ModelTable } from './models.ts';
import { columnsOf, type InputTensor, type OutputTensor, tensorsOf, wantedOutputs } from './oip/tensors.ts';

/** What a transport knows of a call beside its content. */
export interface Call {
  /** About how much memory the request takes. */
  readonly bytes: number;
  /** On the clock of `performance.now()`. */
  readonly deadline: number | undefined;
  readonly caller: Caller | undefined;
}

export interface InferRequest {
  readonly model: string;
  readonly version?: string | undefined;
  readonly inputs: readonly InputTensor[];
  /** Names; all outputs unless given. */
  readonly outputs?: readonly string[] | undefined;
}

export interface InferResponse {
  readonly model: Model;
  readonly outputs: readonly OutputTensor[];
}

export interface Dataplane {
  readonly models: ModelTable;
  readonly limits: Limits;
  /** A new id for a prediction. */
  readonly newId: () => string;
  /** One answer a row. @throws MillraceError TOO_MANY_ROWS, QUEUE_FULL, DEADLINE_EXCEEDED, CANCELLED */
  predict(
    model: Model,
    rows: readonly unknown[],
    call: Call & { readonly coerce?: boolean },
  ): Promise<readonly Answer[]>;
  /** @throws MillraceError as `predict`, and whatever is wrong with a tensor or a row. */
  infer(request: InferRequest, call: Call): Promise<InferResponse>;
}

export const createDataplane = (models: ModelTable, limits: Limits): Dataplane => {
  const checkRows = (rows: number): void => {
    if (rows <= limits.rows) return;
    throw fail('TOO_MANY_ROWS', `A request may have ${limits.rows} rows, got ${rows}; send them in several.`, {
      expected: `at most ${limits.rows} rows`,
      got: `${rows} rows`,
    });
  };
  return {
    models,
    limits,
    newId: createIds(),
    predict(model, rows, { coerce = false, bytes, deadline, caller }) {
      checkRows(rows.length);
      if (rows.length === 0) return Promise.resolve([]);
      const form = coerce ? coercedRows : rowForm;
      return model.batcher.submit({ form, input: rows, rows: rows.length, bytes, deadline, caller });
    },
    async infer(request, { bytes, deadline, caller }) {
      const model = models.get(request.model, request.version);
      const bindings = wantedOutputs(model.tensors, request.outputs);
      const { columns, rows } = columnsOf(model.tensors, request.inputs);
      checkRows(rows);
      const form = columnForm(columns, rows);
      const answers =
        rows === 0
          ? await model.scorer.scoreColumns(columns)
          : await model.batcher.submit({ form, input: columns, rows, bytes, deadline, caller });
      return { model, outputs: tensorsOf(bindings, answers) };
    },
  };
};
