/** The Open Inference Protocol, version 2, over REST, with the binary tensor and the model repository extensions. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Dataplane } from '../dataplane.ts';
import type { Health } from '../health.ts';
import { jsonLengthHeader, wantsBinary, writeTensors } from '../oip/binary.ts';
import type { JsonRequest } from '../oip/json.ts';
import { modelMetadata, serverMetadata } from '../oip/metadata.ts';
import { admitting, bodyOf, callOf } from './call.ts';
import { asJson } from './errors.ts';

interface ModelPath {
  readonly model: string;
  readonly version?: string;
}

/** Triton's own parameter for a request's time, in microseconds. */
const timeoutMs = ({ parameters: { timeout } }: Pick<JsonRequest, 'parameters'>): number | undefined =>
  typeof timeout === 'number' && timeout > 0 ? timeout / 1000 : undefined;

export const oipRoutes = (app: FastifyInstance, plane: Dataplane, health: Health): void => {
  const { models, limits } = plane;
  app.get('/v2', () => serverMetadata());
  app.get('/v2/health/live', () => ({ live: true }));
  app.get('/v2/health/ready', (_request, reply) => {
    if (!health.ready) reply.code(503);
    return { ready: health.ready };
  });

  const describe = (request: FastifyRequest) => {
    const { model, version } = request.params as ModelPath;
    return modelMetadata(models, model, version);
  };

  const ready = async (request: FastifyRequest, reply: FastifyReply) => {
    const { model, version } = request.params as ModelPath;
    const { name } = await models.get(model, version);
    if (!health.ready) reply.code(503);
    return { name, ready: health.ready };
  };

  const infer = async (request: FastifyRequest, reply: FastifyReply): Promise<string | Buffer> => {
    const { model, version } = request.params as ModelPath;
    const { depth, rows } = limits;
    const jsonLength = request.headers[jsonLengthHeader];
    const reading = plane.reader.read('tensors', { ...bodyOf(request), depth, rows, jsonLength }, request.raw.socket);
    const { asked, inputs } = reading instanceof Promise ? await reading : reading;
    const call = callOf(request, plane, timeoutMs(asked));
    const answer = await plane.infer({ model, version, inputs, outputs: asked.outputs?.map(({ name }) => name) }, call);
    const { name, version: answered, digest } = answer.model;
    const parameters = { digest, prediction_id: call.id };
    const head = JSON.stringify({ model_name: name, model_version: answered, id: asked.id, parameters }).slice(0, -1);
    const written = writeTensors(head, answer.outputs, wantsBinary(asked));
    if (written.jsonLength === undefined) asJson(reply);
    else reply.header('content-type', 'application/octet-stream').header(jsonLengthHeader, written.jsonLength);
    return written.body;
  };

  for (const path of ['/v2/models/:model', '/v2/models/:model/versions/:version']) {
    app.get(path, describe);
    app.get(`${path}/ready`, ready);
    app.post(`${path}/infer`, { onRequest: admitting(models) }, infer);
  }
};
