/**
 * What every transport of the service shares: it finds the model, queues the rows, and gives the answers. A transport
 * only translates: bytes to these calls, these answers and errors to bytes.
 */
import type { Columns } from '../../core/column-parts.ts';
import { type Code, problemOf } from '../../core/errors.ts';
import type { Answer, ColumnAnswers } from '../../core/types.ts';
import { coercedRows, columns as columnForm, rows as rowForm } from './forms.ts';
import { createPredictionIds } from './ids.ts';
import type { Caller, Spent } from './job.ts';
import type { Limits } from './limits.ts';
import type { Metrics } from './metrics.ts';
import type { Card, Model } from './model.ts';
import type { ModelTable } from './models.ts';
import { columnsOf, type InputTensor, type OutputTensor, tensorsOf, wantedOutputs } from './oip/tensors.ts';
import type { Reader } from './reading/reader.ts';
import { tooManyRows } from './reading/row-limits.ts';
import type { RequestSpan } from './traces.ts';

/** What a transport knows of a call beside its content. */
export interface Call {
  /** From `newId`; row 3 of many is `<id>.3`. */
  readonly id: string;
  /** About how much memory the request takes. */
  readonly bytes: number;
  /** On the clock of `performance.now()`; the service's own unless given. */
  readonly deadline?: number | undefined;
  readonly caller?: Caller | undefined;
  /** Of a request that is traced. */
  readonly span?: RequestSpan | undefined;
}

/** Rows as their caller wrote them. */
export interface JsonCall {
  /** One row, or an object that has many at `rows`. */
  readonly text: string;
  readonly many: boolean;
  /** The output of one row, once whoever keeps records has written it: the caller gets the same text. */
  output?: string | undefined;
}

/** What a transport knows of rows. */
export interface RowCall extends Call {
  /** Numbers, booleans and dates may be written as texts. */
  readonly coerce?: boolean | undefined;
  /** Where the caller speaks JSON. */
  readonly json?: JsonCall | undefined;
  /** The numbers by which the caller knows the rows, where some are left out; 0, 1, 2 … unless given. */
  readonly places?: readonly number[] | undefined;
  /** All the caller's rows, where some were refused before they came here: told the answers of those that came. */
  readonly complete?: ((answers: readonly Answer[]) => readonly Answer[]) | undefined;
  /** The caller answers all rows or none: one that is refused refuses the call. */
  readonly whole?: boolean | undefined;
}

export interface InferRequest {
  readonly model: string;
  readonly version?: string | undefined;
  readonly inputs: readonly InputTensor[];
  /** Names; all outputs unless given. */
  readonly outputs?: readonly string[] | undefined;
}

export interface InferResponse {
  readonly model: Card;
  readonly outputs: readonly OutputTensor[];
}

/** One call that got its answers, for whoever keeps records of them. */
export interface Answered {
  readonly id: string;
  readonly model: Card;
  /** Milliseconds from the decoded request to its answers. */
  readonly ms: number;
  /** Of a request that is traced. */
  readonly traceparent: string | undefined;
  /** When the answer is of no use any more, on the clock of `performance.now()`; `limits.timeoutMs` unless given. */
  readonly deadline: number | undefined;
  readonly content:
    | {
        readonly rows: readonly unknown[];
        readonly answers: readonly Answer[];
        readonly coerced: boolean;
        readonly json: JsonCall | undefined;
        readonly places: RowCall['places'];
      }
    | { readonly columns: Columns; readonly answers: ColumnAnswers };
}

export interface Dataplane {
  readonly models: ModelTable;
  readonly limits: Limits;
  readonly metrics: Metrics;
  readonly reader: Reader;
  /** A new id for the predictions of a call: only who gets the answer may know it. */
  readonly newId: () => string;
  /** One answer a row, those of `complete` among them. @throws MillraceError TOO_MANY_ROWS, QUEUE_FULL, DEADLINE_EXCEEDED, CANCELLED */
  predict(model: Model, rows: readonly unknown[], call: RowCall): Promise<readonly Answer[]>;
  /** @throws MillraceError as `predict`, and whatever is wrong with a tensor or a row. */
  infer(request: InferRequest, call: Call): Promise<InferResponse>;
}

export interface DataplaneOptions {
  readonly models: ModelTable;
  readonly limits: Limits;
  readonly metrics: Metrics;
  readonly reader: Reader;
  /**
   * Called after each answered call, before the caller has its answer: it must be quick, and never throw. An answer waits
   * for what it returns, and is refused when that fails.
   */
  readonly onAnswered?: ((answered: Answered) => Promise<void> | undefined) | undefined;
}

const newSpent = (): Spent => ({ queued: 0, began: 0, ended: 0, rows: 0, requests: 0 });

/** What a request waited for and what it shared, as stages of its trace. */
const tell = (span: RequestSpan | undefined, spent: Spent | undefined, { name, version }: Card): void => {
  if (span === undefined || spent === undefined || spent.ended === 0) return;
  const model = { 'millrace.model': name, 'millrace.version': version };
  span.stage('queue', spent.queued, spent.began, model);
  const { rows, requests } = spent;
  span.stage('run', spent.began, spent.ended, { ...model, 'millrace.rows': rows, 'millrace.requests': requests });
};

export const createDataplane = ({ models, limits, metrics, reader, onAnswered }: DataplaneOptions): Dataplane => {
  const checkRows = (rows: number): void => {
    if (rows > limits.rows) throw tooManyRows(limits.rows, rows);
  };
  const count = (model: Card, ms: number, answers: readonly Answer[], whole = false): void => {
    let first: Code | undefined;
    let refused = 0;
    for (const { error } of answers) {
      if (error === undefined) continue;
      first ??= error.code;
      refused++;
      metrics.refused(model, error.code);
    }
    if (first === undefined) metrics.answered(model, ms, answers.length, 'ok');
    else if (whole || refused === answers.length) metrics.answered(model, ms, 0, first);
    else metrics.answered(model, ms, answers.length - refused, 'partial');
  };
  const failed = (model: Card, began: number, error: unknown): unknown => {
    metrics.failed(model, performance.now() - began, problemOf(error).code);
    return error;
  };

  return {
    models,
    limits,
    metrics,
    reader,
    newId: createPredictionIds(),
    async predict(model, rows, call) {
      const began = performance.now();
      try {
        checkRows(rows.length);
        const { coerce = false, bytes, deadline, caller, span } = call;
        const form = coerce ? coercedRows : rowForm;
        const spent = span && newSpent();
        const work = { form, input: rows, rows: rows.length, bytes, deadline, since: began, caller, spent };
        const answers = rows.length === 0 ? [] : await model.batcher.submit(work);
        tell(span, spent, model);
        const ms = rows.length === 0 ? 0 : model.batcher.answeredAt - began;
        const { id, json, places } = call;
        const kept = onAnswered?.({
          id,
          model,
          ms,
          deadline,
          traceparent: span?.traceparent,
          content: { rows, answers, coerced: coerce, json, places },
        });
        if (kept !== undefined) await kept;
        const all = call.complete === undefined ? answers : call.complete(answers);
        count(model, ms, all, call.whole);
        return all;
      } catch (error) {
        throw failed(model, began, error);
      }
    },
    async infer(request, call) {
      const began = performance.now();
      const model = await models.get(request.model, request.version);
      const ask = async () => {
        const bindings = wantedOutputs(model.tensors, request.outputs);
        const { columns, rows } = columnsOf(model.tensors, request.inputs);
        checkRows(rows);
        const { bytes, deadline, caller, span } = call;
        const spent = span && newSpent();
        const work = {
          form: columnForm(columns, rows),
          input: columns,
          rows,
          bytes,
          deadline,
          since: began,
          caller,
          spent,
        };
        const answers = rows === 0 ? await model.scorer.scoreColumns(columns) : await model.batcher.submit(work);
        tell(span, spent, model);
        return { bindings, columns, answers };
      };
      try {
        const { bindings, columns, answers } = await ask();
        const ms = performance.now() - began;
        // A row that was refused refuses the whole call, but what became of each row is known.
        const { id, span, deadline } = call;
        const content = { columns, answers };
        await onAnswered?.({ id, model, ms, deadline, traceparent: span?.traceparent, content });
        for (const { code } of answers.errors.values()) metrics.refused(model, code);
        const outputs = tensorsOf(bindings, answers);
        metrics.answered(model, ms, answers.rows, 'ok');
        return { model, outputs };
      } catch (error) {
        throw failed(model, began, error);
      }
    },
  };
};
