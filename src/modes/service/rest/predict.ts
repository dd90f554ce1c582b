/** `POST /predict/{model}`: a row and its prediction, or many, in JSON or CSV. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { fail, MillraceError, show } from '../../../core/errors.ts';
import type { Answer } from '../../../core/types.ts';
import { toldJson } from '../../../text/exact-json.ts';
import { readJson } from '../../../text/json.ts';
import type { Dataplane, JsonCall, RowCall } from '../dataplane.ts';
import type { Model } from '../model.ts';
import { jsonText, tableText } from './body-text.ts';
import { admitting, callOf } from './call.ts';
import { csvType, readCsv, writeCsv } from './csv.ts';
import { asJson } from './errors.ts';

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

const answerAsJson = (id: string, { output, error }: Answer): string =>
  error === undefined
    ? `{"id":"${id}","prediction":${toldJson(output)}}`
    : `{"id":"${id}","error":${JSON.stringify(error)}}`;

/** What other servers want around rows: MLflow, TensorFlow Serving, KServe, SageMaker, Seldon and Azure ML. */
const mlflow = ['dataframe_split', 'dataframe_records', 'instances', 'inputs'];
const wrappings = [...mlflow, 'data', 'ndarray', 'tensor', 'jsonData', 'input_data', 'Inputs', 'signature_name'];

/** Throws BAD_REQUEST for rows in the wrapping of another server, of which this model knows no field. */
const refuseWrapping = (body: object, inputs: Model['manifest']['inputs']): void => {
  const wrapping = wrappings.find((name) => Object.hasOwn(body, name));
  if (wrapping === undefined || Object.keys(inputs).some((name) => Object.hasOwn(body, name))) return;
  const expected = 'one row as an object of fields, or many as {"rows": [{…}, …]}';
  const elsewhere = mlflow.includes(wrapping) ? `; ${wrapping} is read at /invocations` : '';
  const message = `${wrapping} is how other servers take rows: expected ${expected}${elsewhere}.`;
  throw fail('BAD_REQUEST', message, { field: wrapping, expected, got: wrapping });
};

/**
 * The rows of a body that holds many, or undefined when the body is a row itself. Throws NOT_A_ROW, BAD_REQUEST for one
 * that seems to hold many, otherwise than it should.
 */
const rowsOf = (body: unknown, { manifest: { inputs } }: Model): readonly unknown[] | undefined => {
  if (typeof body !== 'object' || body === null) return undefined;
  if (Array.isArray(body)) {
    const expected = 'one row as an object, or many as {"rows": [{…}, …]}';
    const got = show(body);
    throw fail('NOT_A_ROW', `Expected ${expected}, got ${got}.`, { expected, got });
  }
  if (!('rows' in body) || Object.hasOwn(inputs, 'rows')) {
    refuseWrapping(body, inputs);
    return undefined;
  }
  const { rows } = body;
  if (Array.isArray(rows)) return rows;
  // A row may have fields that the model does not know, but not nothing else.
  if (Object.keys(body).some((name) => Object.hasOwn(inputs, name))) return undefined;
  const expected = 'a list of rows, such as {"rows": [{…}, …]}';
  const got = show(rows);
  throw fail('BAD_REQUEST', `rows: expected ${expected}, got ${got}.`, { field: 'rows', expected, got });
};

/** The answers to the rows of a CSV text, in their order; a line that cannot be read is answered with why. */
export const predictCsv = async (
  plane: Dataplane,
  model: Model,
  request: FastifyRequest,
  call: RowCall,
): Promise<readonly Answer[]> => {
  const lines = readCsv(tableText(request), model.manifest.inputs);
  const places = [...lines.keys()].filter((at) => 'row' in lines[at]);
  const rows = lines.flatMap((line) => ('row' in line ? [line.row] : []));
  const complete = (answers: readonly Answer[]): readonly Answer[] => {
    const next = answers.values();
    return lines.map((line) => ('problem' in line ? { error: line.problem } : (next.next().value as Answer)));
  };
  return plane.predict(model, rows, { ...call, coerce: true, places, complete });
};

export const isCsv = ({ headers }: FastifyRequest): boolean => {
  const type = headers['content-type'];
  return type !== undefined && type !== 'application/json' && /^text\/csv\b/i.test(type);
};

/** CSV is answered to who asks for it, and to who sends it and asks for nothing else. */
const wantsCsv = (request: FastifyRequest): boolean => {
  const { accept } = request.headers;
  if (accept === undefined) return isCsv(request);
  return accept.includes('text/csv') || (isCsv(request) && !accept.includes('json'));
};

/** Not copied but completed: it is one object for each request. */
type MutableRowCall = { -readonly [Key in keyof RowCall]: RowCall[Key] };

export const predictRoutes = (app: FastifyInstance, plane: Dataplane): void => {
  const { models, limits } = plane;

  const answerMany = (
    request: FastifyRequest,
    reply: FastifyReply,
    { id }: RowCall,
    model: Model,
    answers: readonly Answer[],
  ): string => {
    if (wantsCsv(request)) {
      reply.header('content-type', csvType).header('x-model', `${model.name}@${model.version} ${model.digest}`);
      return writeCsv(id, model.manifest.outputs, answers);
    }
    const predictions = answers.map((answer, row) => answerAsJson(`${id}.${row}`, answer));
    return `{${identityOf(model)},"predictions":[${predictions.join(',')}]}`;
  };

  const predict = async (request: FastifyRequest, reply: FastifyReply): Promise<string> => {
    const { model: name, version } = request.params as ModelPath;
    const found = models.get(name, version);
    const model = found instanceof Promise ? await found : found;
    asJson(reply);
    const call: MutableRowCall = callOf(request, plane);
    if (isCsv(request)) return answerMany(request, reply, call, model, await predictCsv(plane, model, request, call));
    const text = jsonText(request);
    const body = readJson(text, 'The body', limits.depth);
    const many = rowsOf(body, model);
    const json: JsonCall = { text, many: many !== undefined, output: undefined };
    call.json = json;
    const answers = await plane.predict(model, many ?? [body], call);
    if (many !== undefined) return answerMany(request, reply, call, model, answers);
    if (wantsCsv(request)) return answerMany(request, reply, call, model, answers);
    const [{ output, error }] = answers;
    if (error !== undefined) throw new MillraceError(error);
    return `{"id":"${call.id}",${identityOf(model)},"prediction":${json.output ?? toldJson(output)}}`;
  };
  const onRequest = admitting(models);
  app.post('/predict/:model', { onRequest }, predict);
  app.post('/predict/:model/versions/:version', { onRequest }, predict);
};
