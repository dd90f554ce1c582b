/**
 * What every transport of the service shares: it finds the model, queues the rows, and gives the answers. A transport
 * only translates: bytes to these calls, these answers and errors to bytes.
 */
import { checkModel } from '../../access/doorkeeper.ts';
import { type Code, problemOf } from '../../core/errors.ts';
import type { Answer } from '../../core/types.ts';
import type { Answered } from '../../monitor/answered.ts';
import { plainJson } from '../../text/exact-json.ts';
import type { Call, Predicted, RowCall } from './calls.ts';
import { coercedRows, rows as rowForm } from './forms.ts';
import { createPredictionIds } from './ids.ts';
import { codesOf, type InferredColumns, inferColumns } from './infer.ts';
import type { ModelRun } from './job.ts';
import type { Limits } from './limits.ts';
import type { Metrics } from './metrics.ts';
import type { Card, Model } from './model.ts';
import type { ModelTable } from './models.ts';
import type { InferRequest, InferResponse } from './oip/infer.ts';
import { tensorsOf } from './oip/tensors.ts';
import type { Reader } from './reading/reader.ts';
import { tooManyRows } from './reading/row-limits.ts';
import { createRouted } from './rollouts/routed.ts';
import { createRoutedTensors, type RoutedColumns } from './rollouts/routed-tensors.ts';
import { isOf } from './rollouts/routing.ts';
import type { RequestSpan } from './traces.ts';
import { besideUnread, placesBeside } from './unread.ts';

export interface Dataplane {
  readonly models: ModelTable;
  readonly limits: Limits;
  readonly metrics: Metrics;
  readonly reader: Reader;
  /** A new id for the predictions of a call: only who gets the answer may know it. */
  readonly newId: () => string;
  /** @throws TOO_MANY_ROWS, QUEUE_FULL, DEADLINE_EXCEEDED, CANCELLED */
  predict(model: Model, rows: readonly unknown[], call: RowCall): Promise<Predicted>;
  /** @throws as `predict`, and whatever is wrong with a tensor or a row. */
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
  /** Called with each call that failed as a whole. */
  readonly onFailed?: ((model: Model, code: Code) => void) | undefined;
}

/** What a request waited for and what it shared, as stages of its trace. */
const tell = (span: RequestSpan | undefined, since: number, run: ModelRun, { name, version }: Card): void => {
  if (span === undefined) return;
  const model = { 'millrace.model': name, 'millrace.version': version };
  span.stage('queue', since, run.began, model);
  const { began, ended, rows, requests } = run;
  span.stage('run', began, ended, { ...model, 'millrace.rows': rows, 'millrace.requests': requests });
};

/** The output of the only row as JSON, where JSON alone writes it as it is: what is kept of it and what its caller gets. */
const textsOf = ([{ output }]: readonly Answer[]): readonly string[] | undefined => {
  const text = output && plainJson(output);
  return text === undefined ? undefined : [text];
};

export const createDataplane = (options: DataplaneOptions): Dataplane => {
  const { models, limits, metrics, reader, onAnswered, onFailed } = options;
  const checkRows = (rows: number): void => {
    if (rows > limits.rows) throw tooManyRows(limits.rows, rows);
  };
  const count = (model: Card, ms: number, answers: readonly Answer[], whole = false): void => {
    const codes = new Map<Code, number>();
    let refused = 0;
    for (const { error } of answers) {
      if (error === undefined) continue;
      codes.set(error.code, (codes.get(error.code) ?? 0) + 1);
      refused++;
    }
    for (const [code, rows] of codes) metrics.refused(model, code, rows);
    const [first] = codes.keys();
    if (first === undefined) metrics.answered(model, ms, answers.length, 'ok');
    else if (whole || refused === answers.length) metrics.answered(model, ms, 0, first);
    else metrics.answered(model, ms, answers.length - refused, 'partial');
  };
  const routed = createRouted({ onAnswered, count, refused: metrics.refused, timeoutMs: limits.timeoutMs });
  const routedTensors = createRoutedTensors({ timeoutMs: limits.timeoutMs, checkRows });
  const failed = (model: Model, began: number, error: unknown): unknown => {
    const { code } = problemOf(error);
    metrics.failed(model, performance.now() - began, code);
    onFailed?.(model, code);
    return error;
  };

  return {
    models,
    limits,
    metrics,
    reader,
    newId: createPredictionIds(),
    async predict(model, rows, call) {
      checkModel(call.pass, model.name);
      call.pass?.spend(rows.length);
      const began = performance.now();
      try {
        checkRows(rows.length);
        const { active } = model.routing;
        if (active !== undefined && isOf(active, model, rows)) return await routed(active, model, rows, call);
        const { id, bytes, deadline, caller, span, json, unread, whole, coerce = false } = call;
        let answers: readonly Answer[] = [];
        let ms = 0;
        if (rows.length > 0) {
          const form = coerce ? coercedRows : rowForm;
          const work = { form, input: rows, rows: rows.length, bytes, deadline, since: began, caller };
          const { output, run } = await model.batcher.submit(work);
          tell(span, began, run, model);
          answers = output;
          ms = run.ended - began;
        }
        const texts = json === undefined || json.many !== undefined ? undefined : textsOf(answers);
        const places = unread && placesBeside(unread, rows.length);
        const kept = onAnswered?.({
          id,
          model,
          ms,
          traceparent: span?.traceparent,
          deadline,
          content: { rows, answers, coerced: coerce, json, texts, places },
        });
        if (kept !== undefined) await kept;
        const all = unread === undefined ? answers : besideUnread(unread, answers, (error): Answer => ({ error }));
        count(model, ms, all, whole);
        return { answers: all, texts, ms };
      } catch (error) {
        throw failed(model, began, error);
      }
    },
    async infer(request, call) {
      const began = performance.now();
      const { id, deadline, span } = call;
      checkModel(call.pass, request.model);
      const model = await models.get(request.model, request.version);
      const { active } = model.routing;
      try {
        const isRouted = active !== undefined && isOf(active, model, request.inputs);
        const found: InferredColumns & Partial<RoutedColumns> = isRouted
          ? await routedTensors(active, model, request, call)
          : await inferColumns(model, request, call, checkRows);
        const { bindings, columns, answers, run, model: by = model, variant, experiment } = found;
        if (run) tell(span, began, run, by);
        const ms = performance.now() - began;
        // A row that was refused refuses the whole call, but what became of each row is known.
        const content = { columns, answers };
        await onAnswered?.({ id, model: by, ms, traceparent: span?.traceparent, deadline, content });
        for (const code of codesOf(answers)) metrics.refused(by, code);
        const outputs = tensorsOf(bindings, answers);
        metrics.answered(by, ms, answers.rows, 'ok');
        return { model: by, outputs, variant, experiment };
      } catch (error) {
        throw failed(model, began, error);
      }
    },
  };
};
