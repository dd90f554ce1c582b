/**
 * `POST /invocations`, as MLflow's scoring server speaks it (MLflow docs, "Inference server specification"): its clients
 * and the platforms that speak its dialect work unchanged.
 */
import { fail, MillraceError } from '../../../core/errors.ts';
import type { Answer } from '../../../core/types.ts';
import { toldJson } from '../../../text/exact-json.ts';
import { version } from '../../../version.ts';
import type { Predicted, RowCall } from '../calls.ts';
import type { Dataplane } from '../dataplane.ts';
import type { Health } from '../health.ts';
import { listText } from '../in-turns.ts';
import type { Model } from '../model.ts';
import { experimentHeaders } from '../rollouts/routing.ts';
import { bodyOf, callOf } from './call.ts';
import { JSON_TYPE } from './errors.ts';
import { anything, posts, refused } from './operation.ts';
import { isCsv, predictCsv, rowLimits } from './predict.ts';
import type { Answering, RestAnswer, RestRequest, Route } from './route.ts';

/** A list of values where the model has one output, of objects where it has several. */
const predictionsAsJson = (model: Model, answers: readonly Answer[]): string | Promise<Buffer> => {
  const names = Object.keys(model.manifest.outputs);
  const one = names.length === 1;
  const textOf = ({ output, error }: Answer, row: number): string => {
    if (error === undefined) return one ? toldJson([output[names[0]]]).slice(1, -1) : toldJson(output);
    throw new MillraceError(answers.length === 1 ? error : { ...error, message: `Row ${row}: ${error.message}` });
  };
  return listText(answers, textOf, ['{"predictions":[', ',', ']}']);
};

const plain = (body: string, status = 200): RestAnswer => ({
  status,
  headers: { 'content-type': 'text/plain; charset=utf-8' },
  body,
});

export const invocationRoutes = (plane: Dataplane, health: Health): readonly Route[] => {
  const { models, reader } = plane;

  const modelOf = (request: RestRequest): Model | Promise<Model> => {
    const { model } = request.query as { readonly model?: unknown };
    if (typeof model === 'string') return models.get(model);
    const names = [
      ...new Set(models.slots.flatMap(({ card, state }) => (card && state !== 'unloaded' ? card.name : []))),
    ];
    if (names.length === 1) return models.get(names[0]);
    throw fail(
      'BAD_REQUEST',
      `Several models are served here; say which with /invocations?model=${names[0] ?? 'name'}.`,
      {
        expected: `model: one of ${names.join(', ')}`,
        got: 'nothing',
      },
    );
  };

  const answersOf = async (model: Model, request: RestRequest, call: RowCall): Promise<Predicted> => {
    if (isCsv(request)) return predictCsv(plane, model, request, call);
    const rows = await reader.read(
      'mlflow',
      { ...bodyOf(request), ...rowLimits(plane, model) },
      call.caller,
      call.deadline,
    );
    return plane.predict(model, rows, call);
  };
  const answer = async (request: RestRequest): Promise<Answering> => {
    const model = await modelOf(request);
    const call = { ...callOf(request, plane), whole: true };
    // MLflow's answers have no place for it.
    const headers = { 'x-prediction-id': call.id };
    try {
      const { answers, routed } = await answersOf(model, request, call);
      const body = await predictionsAsJson(model, answers);
      return { headers: { ...headers, 'content-type': JSON_TYPE, ...experimentHeaders(routed) }, body };
    } catch (error) {
      return { headers, error };
    }
  };
  const operation = posts('mlflow', 'Predict, as MLflow’s scoring server does', anything, refused);
  const answerPing = () => plain('\n', health.ready ? 200 : 503);
  return [
    { method: 'POST', path: '/invocations', operation, answer },
    { method: 'GET', path: '/ping', answer: answerPing },
    { method: 'GET', path: '/health', answer: answerPing },
    { method: 'GET', path: '/version', answer: () => plain(version()) },
  ];
};
