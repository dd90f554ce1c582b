/**
 * `POST /invocations`, as MLflow's scoring server speaks it (MLflow docs, "Inference server specification"): its clients
 * and the platforms that speak its dialect work unchanged.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { fail, MillraceError } from '../../../core/errors.ts';
import type { Answer } from '../../../core/types.ts';
import { toldJson } from '../../../text/exact-json.ts';
import { version } from '../../../version.ts';
import type { Dataplane } from '../dataplane.ts';
import type { Health } from '../health.ts';
import { listText } from '../in-turns.ts';
import type { Model } from '../model.ts';
import { bodyOf, callOf } from './call.ts';
import { asJson } from './errors.ts';
import { isCsv, predictCsv, rowLimits } from './predict.ts';

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

export const invocationRoutes = (app: FastifyInstance, plane: Dataplane, health: Health): void => {
  const { models, reader } = plane;

  const modelOf = (request: FastifyRequest): Model | Promise<Model> => {
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

  app.post('/invocations', async (request, reply) => {
    const model = await modelOf(request);
    const call = { ...callOf(request, plane), whole: true };
    // MLflow's answer has no place for it.
    asJson(reply).header('x-prediction-id', call.id);
    if (isCsv(request)) return predictionsAsJson(model, await predictCsv(plane, model, request, call));
    const rows = await reader.read('mlflow', { ...bodyOf(request), ...rowLimits(plane, model) }, call.caller);
    const { answers } = await plane.predict(model, rows, call);
    return predictionsAsJson(model, answers);
  });
  for (const path of ['/ping', '/health']) {
    app.get(path, (_request, reply) => reply.code(health.ready ? 200 : 503).send('\n'));
  }
  app.get('/version', () => version());
};
