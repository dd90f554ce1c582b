/** The Open Inference Protocol, version 2, over REST, with the binary tensor and the model repository extensions. */
import type { Dataplane } from '../dataplane.ts';
import type { Health } from '../health.ts';
import { JSON_LENGTH_HEADER, wantsBinary, writeTensors } from '../oip/binary.ts';
import type { JsonRequest } from '../oip/json.ts';
import { modelMetadata, serverMetadata } from '../oip/metadata.ts';
import { admitting, bodyOf, callOf } from './call.ts';
import { notReady, posts, reads, ref, refusedByProtocol } from './operation.ts';
import { type Answering, type RestAnswer, type RestRequest, type Route, told } from './route.ts';

interface ModelPath {
  readonly model: string;
  readonly version?: string;
}

/** Triton's own parameter for a request's time, in microseconds. */
const deadlineIn = ({ parameters: { timeout } }: Pick<JsonRequest, 'parameters'>): number | undefined =>
  typeof timeout === 'number' && timeout > 0 ? performance.now() + timeout / 1000 : undefined;

/** Its tag in OpenAPI. */
export const PROTOCOL = 'open inference protocol';
const failing = { default: refusedByProtocol };

export const oipRoutes = (plane: Dataplane, health: Health): readonly Route[] => {
  const { models, limits } = plane;

  const describe = async ({ params }: RestRequest): Promise<RestAnswer> => {
    const { model, version } = params as ModelPath;
    return told(await modelMetadata(models, model, version));
  };

  const ready = async ({ params }: RestRequest): Promise<RestAnswer> => {
    const { model, version } = params as ModelPath;
    const { name } = await models.get(model, version);
    return told({ name, ready: health.ready }, health.ready ? 200 : 503);
  };

  const infer = async (request: RestRequest): Promise<Answering> => {
    const { model, version } = request.params as ModelPath;
    const { depth, rows } = limits;
    const begun = callOf(request, plane);
    const body = { ...bodyOf(request), depth, rows, jsonLength: request.headers[JSON_LENGTH_HEADER] };
    const { asked, inputs } = await plane.reader.read('tensors', body, begun.caller, begun.deadline);
    const call = begun.deadline === undefined ? { ...begun, deadline: deadlineIn(asked) } : begun;
    const answer = await plane.infer({ model, version, inputs, outputs: asked.outputs?.map(({ name }) => name) }, call);
    const { name, version: answered, digest } = answer.model;
    const parameters = { digest, prediction_id: call.id, variant: answer.variant, experiment: answer.experiment };
    const head = JSON.stringify({ model_name: name, model_version: answered, id: asked.id, parameters }).slice(0, -1);
    const written = await writeTensors(head, answer.outputs, wantsBinary(asked));
    if (written.jsonLength === undefined) return written.body;
    const headers = { 'content-type': 'application/octet-stream', [JSON_LENGTH_HEADER]: written.jsonLength };
    return { headers, body: written.body };
  };

  const ofModel = (path: string): readonly Route[] => [
    {
      method: 'GET',
      path,
      operation: reads(PROTOCOL, 'Inputs and outputs as tensors', failing),
      answer: describe,
    },
    { method: 'GET', path: `${path}/ready`, operation: reads(PROTOCOL, 'Is the model ready?', failing), answer: ready },
    {
      method: 'POST',
      path: `${path}/infer`,
      operation: posts(PROTOCOL, 'Infer, tensors to tensors', ref('InferRequest'), refusedByProtocol),
      check: admitting(models),
      answer: infer,
    },
  ];
  return [
    {
      method: 'GET',
      path: '/v2',
      operation: reads(PROTOCOL, 'The server, and the extensions it has'),
      answer: () => told(serverMetadata()),
    },
    {
      method: 'GET',
      path: '/v2/health/live',
      operation: reads(PROTOCOL, 'Is the server live?'),
      answer: () => told({ live: true }),
    },
    {
      method: 'GET',
      path: '/v2/health/ready',
      operation: reads(PROTOCOL, 'Is the server ready?', notReady),
      answer: () => told({ ready: health.ready }, health.ready ? 200 : 503),
    },
    ...ofModel('/v2/models/{model}'),
    ...ofModel('/v2/models/{model}/versions/{version}'),
  ];
};
