/** The Open Inference Protocol, version 2, over REST. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { version as serverVersion } from '../../../version.ts';
import type { Dataplane } from '../dataplane.ts';
import type { Model } from '../models.ts';
import { readRequest, tensorAsJson, tensorOfJson } from '../oip/json.ts';
import type { TensorBinding } from '../oip/signature.ts';
import { callOf } from './call.ts';
import { jsonType } from './errors.ts';
import { parseJson } from './json-body.ts';

interface ModelPath {
  readonly model: string;
  readonly version?: string;
}

const described = ({ name, datatype, shape }: TensorBinding) => ({ name, datatype, shape });

const metadata = (model: Model, versions: readonly string[]) => ({
  name: model.name,
  versions,
  platform: `${model.scorer.manifest.runtime}_millrace`,
  inputs: model.tensors.inputs.map(described),
  outputs: model.tensors.outputs.map(described),
});

export interface Health {
  /** True once every model is loaded, until the service begins to stop. */
  readonly ready: boolean;
}

export const oipRoutes = (app: FastifyInstance, plane: Dataplane, health: Health): void => {
  const { models, limits } = plane;
  const server = { name: 'millrace', version: serverVersion(), extensions: [] };

  app.get('/v2', () => server);
  app.get('/v2/health/live', () => ({ live: true }));
  app.get('/v2/health/ready', (_request, reply) => {
    if (!health.ready) reply.code(503);
    return { ready: health.ready };
  });

  const describe = (request: FastifyRequest) => {
    const { model: name, version } = request.params as ModelPath;
    const model = models.get(name, version);
    const versions = models.list().filter((one) => one.name === name);
    return metadata(
      model,
      versions.map((one) => one.version),
    );
  };
  const ready = (request: FastifyRequest, reply: FastifyReply) => {
    const { model: name, version } = request.params as ModelPath;
    const model = models.get(name, version);
    if (!health.ready) reply.code(503);
    return { name: model.name, ready: health.ready };
  };
  const infer = async (request: FastifyRequest, reply: FastifyReply): Promise<string> => {
    const { model, version } = request.params as ModelPath;
    const call = callOf(request, limits.timeoutMs);
    const body = parseJson((request.body as Buffer).toString(), limits.depth);
    const { id, inputs, outputs } = readRequest(body);
    const answer = await plane.infer(
      { model, version, inputs: inputs.map(tensorOfJson), outputs: outputs?.map(({ name }) => name) },
      call,
    );
    reply.header('content-type', jsonType);
    const tail = `"outputs":[${answer.outputs.map(tensorAsJson).join(',')}]}`;
    const { name: model_name, version: model_version, digest } = answer.model;
    return `${JSON.stringify({ model_name, model_version, id, parameters: { digest } }).slice(0, -1)},${tail}`;
  };

  for (const path of ['/v2/models/:model', '/v2/models/:model/versions/:version']) {
    app.get(path, describe);
    app.get(`${path}/ready`, ready);
    app.post(`${path}/infer`, infer);
  }
};
