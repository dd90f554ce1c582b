/** `POST /predict/{model}`: a row and its prediction, or many. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { MillraceError } from '../../../core/errors.ts';
import type { Answer } from '../../../core/types.ts';
import type { Dataplane } from '../dataplane.ts';
import type { Model } from '../model.ts';
import { callOf } from './call.ts';
import { jsonType } from './errors.ts';
import { parseExactJson, parseJson } from './json-body.ts';

interface ModelPath {
  readonly model: string;
  readonly version?: string;
}

/** `"model":…,"version":…,"digest":…`, written once a model. */
const identities = new WeakMap<Model, string>();
const identityOf = (model: Model): string => {
  let text = identities.get(model);
  if (text === undefined) {
    const { name, version, digest } = model;
    text = JSON.stringify({ model: name, version, digest }).slice(1, -1);
    identities.set(model, text);
  }
  return text;
};

/** Integers past 2^53 come as BigInt, out of int64 tensors; JSON writes them with all their digits. */
const replacer = (_key: string, value: unknown): unknown =>
  typeof value === 'bigint' ? (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(`${value}`) : value;
const outputAsJson = (model: Model, output: Answer['output']): string =>
  JSON.stringify(output, model.wide.outputs ? replacer : undefined);

const answerAsJson = (model: Model, id: string, { output, error }: Answer): string =>
  error === undefined
    ? `{"id":"${id}","prediction":${outputAsJson(model, output)}}`
    : `{"id":"${id}","error":${JSON.stringify(error)}}`;

/** The rows of a body that holds many, or undefined when the body is a row itself. */
const rowsOf = (body: unknown, model: Model): readonly unknown[] | undefined => {
  if (typeof body !== 'object' || body === null || !('rows' in body)) return undefined;
  return Array.isArray(body.rows) && !Object.hasOwn(model.manifest.inputs, 'rows') ? body.rows : undefined;
};

export const predictRoutes = (app: FastifyInstance, plane: Dataplane): void => {
  const { models, limits } = plane;

  const predict = async (request: FastifyRequest, reply: FastifyReply): Promise<string> => {
    const { model: name, version } = request.params as ModelPath;
    const model = await models.get(name, version);
    const call = callOf(request);
    const parse = model.wide.inputs ? parseExactJson : parseJson;
    const body = parse(request.body as string, limits.depth);
    const many = rowsOf(body, model);
    const { id } = call;
    reply.header('content-type', jsonType);
    if (many === undefined) {
      const [{ output, error }] = await plane.predict(model, [body], call);
      if (error !== undefined) throw new MillraceError(error);
      return `{"id":"${id}",${identityOf(model)},"prediction":${outputAsJson(model, output)}}`;
    }
    const answers = await plane.predict(model, many, call);
    const predictions = answers.map((answer, row) => answerAsJson(model, `${id}.${row}`, answer));
    return `{${identityOf(model)},"predictions":[${predictions.join(',')}]}`;
  };
  app.post('/predict/:model', predict);
  app.post('/predict/:model/versions/:version', predict);
};
