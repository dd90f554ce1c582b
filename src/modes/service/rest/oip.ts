/** The Open Inference Protocol, version 2, over REST, with the binary tensor and the model repository extensions. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { fail, show } from '../../../core/errors.ts';
import { charsetOf } from '../../../text/charset.ts';
import { readJson } from '../../../text/json.ts';
import type { Dataplane } from '../dataplane.ts';
import type { Health } from '../health.ts';
import { jsonLengthHeader, readTensors, splitBody, wantsBinary, writeTensors } from '../oip/binary.ts';
import { type JsonRequest, readRequest } from '../oip/json.ts';
import { modelMetadata, serverMetadata } from '../oip/metadata.ts';
import { documentText } from './body-text.ts';
import { admitting, bytesOf, callOf } from './call.ts';
import { asJson } from './errors.ts';

interface ModelPath {
  readonly model: string;
  readonly version?: string;
}

/** Features of Triton that would change the answer, so that they cannot be passed over. */
const refuseUnsupported = ({ inputs, outputs }: JsonRequest): void => {
  for (const { name, parameters } of [...inputs, ...(outputs ?? [])]) {
    for (const feature of ['shared_memory_region', 'classification']) {
      if (parameters[feature] === undefined) continue;
      throw fail('BAD_REQUEST', `${name}: the parameter ${feature} is not supported here.`, {
        field: name,
        expected: `no ${feature}`,
        got: show(parameters[feature]),
      });
    }
  }
};

/** Triton's own parameter for a request's time, in microseconds. */
const timeoutMs = ({ parameters: { timeout } }: JsonRequest): number | undefined =>
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
    const { json, binary } = splitBody(bytesOf(request), request.headers[jsonLengthHeader]);
    const text = documentText(json, charsetOf(request.headers['content-type'] ?? ''));
    const asked = readRequest(readJson(text, 'The body', limits.depth));
    refuseUnsupported(asked);
    const call = callOf(request, plane, timeoutMs(asked));
    const answer = await plane.infer(
      { model, version, inputs: readTensors(asked, binary), outputs: asked.outputs?.map(({ name }) => name) },
      call,
    );
    const { name, version: answered, digest } = answer.model;
    const parameters = { digest, prediction_id: call.id };
    const head = JSON.stringify({ model_name: name, model_version: answered, id: asked.id, parameters }).slice(0, -1);
    const { body, jsonLength } = writeTensors(head, answer.outputs, wantsBinary(asked));
    if (jsonLength === undefined) asJson(reply);
    else reply.header('content-type', 'application/octet-stream').header(jsonLengthHeader, jsonLength);
    return body;
  };

  for (const path of ['/v2/models/:model', '/v2/models/:model/versions/:version']) {
    app.get(path, describe);
    app.get(`${path}/ready`, ready);
    app.post(`${path}/infer`, { onRequest: admitting(models) }, infer);
  }
};
