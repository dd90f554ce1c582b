/** The OpenAPI document of a service, made from the signatures of its models. */
import { version } from '../../version.ts';
import { rowSchema, type Schema } from './json-schema.ts';
import type { Limits } from './limits.ts';
import type { Card } from './model.ts';
import { datatypes } from './oip/datatypes.ts';

const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });
const json = (schema: Schema, example?: unknown): Schema => ({
  'application/json': { schema, ...(example !== undefined && { example }) },
});
const csv = { 'text/csv': { schema: { type: 'string' } } };
const object = (properties: Readonly<Record<string, Schema>>, required: readonly string[]): Schema => ({
  type: 'object',
  properties,
  required,
});

const problem = object(
  {
    code: { type: 'string', description: 'One of a closed list, for programs.' },
    message: { type: 'string', description: 'For people: what was expected, what came, and where.' },
    field: { type: 'string' },
    expected: { type: 'string' },
    got: { type: 'string' },
    step: { type: 'string' },
  },
  ['code', 'message'],
);

const refusals: Readonly<Record<number, string>> = {
  400: 'The request is malformed.',
  404: 'There is no such model or version.',
  413: 'The body, or its number of rows, is over the limit.',
  415: 'The content type is not one that is read here.',
  422: 'The row does not fit the signature, or cannot be scored.',
  429: 'Too many requests wait; try again after `Retry-After` seconds.',
  503: 'The service is starting or stopping.',
  504: 'The deadline passed before the answer was ready.',
};

const refusalResponses = Object.fromEntries(
  Object.entries(refusals).map(([status, description]) => [status, { description, content: json(ref('Error')) }]),
);

const identity = { model: { type: 'string' }, version: { type: 'string' }, digest: { type: 'string' } };

/** An address at which a model answers, and what its schemas and its operation are called. */
interface Place {
  readonly path: string;
  readonly key: string;
  readonly card: Card;
}

/** The bare name, for which the first version of it answers; and where there are several, each of them. */
const placesOf = (models: readonly Card[]): readonly Place[] =>
  [...Map.groupBy(models, ({ name }) => name)].flatMap(([name, own]): readonly Place[] => {
    const bare = { path: `/predict/${name}`, key: name, card: own[0] };
    if (new Set(own.map((card) => card.version)).size === 1) return [bare];
    const versions = own.map((card) => ({
      path: `/predict/${name}/versions/${card.version}`,
      key: `${name}.${card.version}`,
      card,
    }));
    return [bare, ...versions];
  });

const predictPath = ({ key, card: { name, version: modelVersion, manifest, examples } }: Place): Schema => {
  const row = ref(`${key}.row`);
  const prediction = ref(`${key}.prediction`);
  const one = object({ id: { type: 'string' }, ...identity, prediction }, ['id', 'model', 'version', 'prediction']);
  const entry = {
    oneOf: [
      object({ id: {}, prediction }, ['id', 'prediction']),
      object({ id: {}, error: ref('Problem') }, ['id', 'error']),
    ],
  };
  const many = object({ ...identity, predictions: { type: 'array', items: entry } }, [
    'model',
    'version',
    'predictions',
  ]);
  const rows = object({ rows: { type: 'array', items: row } }, ['rows']);
  return {
    post: {
      summary: manifest.description ?? `Predict with ${name}`,
      description: [`Version ${modelVersion}.`, manifest.intendedUse, manifest.limitations]
        .filter(Boolean)
        .join('\n\n'),
      operationId: `predict-${key}`,
      tags: ['predict'],
      parameters: [
        {
          name: 'X-Request-Timeout',
          in: 'header',
          schema: { type: 'string' },
          description: 'How long the answer is of use: seconds (`2`, `0.25`), or with a unit (`250ms`).',
        },
      ],
      requestBody: {
        required: true,
        content: { ...json({ oneOf: [row, rows] }, examples[0]?.input), ...csv },
      },
      responses: {
        200: {
          description: 'The prediction, or one for each row.',
          content: { ...json({ oneOf: [one, many] }), ...csv },
        },
        ...refusalResponses,
      },
    },
  };
};

const parameter = (name: string): Schema => ({ name, in: 'path', required: true, schema: { type: 'string' } });
const inferenceProtocol = 'open inference protocol';
const errorOfProtocol = { description: 'Refused.', content: json(ref('ProtocolError')) };

/** An address that is only read. */
const reads = (tag: string, summary: string, more: Schema = {}): Schema => ({
  get: { summary, tags: [tag], responses: { 200: { description: 'The answer.' }, ...more } },
});
const notReady = { 503: { description: 'Not now.' } };
/** One that is posted to; of the protocol unless said. */
const posts = (summary: string, schema: Schema, error: Schema = errorOfProtocol, tag = inferenceProtocol): Schema => ({
  post: {
    summary,
    tags: [tag],
    requestBody: { required: false, content: json(schema) },
    responses: { 200: { description: 'The answer.' }, default: error },
  },
});
const ofModel = (path: Schema): Schema => ({ parameters: [parameter('model')], ...path });
const ofVersion = (path: Schema): Schema => ({ parameters: [parameter('model'), parameter('version')], ...path });

const tensor = object(
  {
    name: { type: 'string' },
    datatype: { enum: datatypes },
    shape: { type: 'array', items: { type: 'integer', minimum: 0 } },
    data: {
      type: 'array',
      description: 'Nested, or flat in row-major order; absent where the tensor comes in binary.',
    },
    parameters: { type: 'object' },
  },
  ['name', 'datatype', 'shape'],
);
const inferRequest = object(
  {
    id: { type: 'string' },
    parameters: { type: 'object' },
    inputs: { type: 'array', items: tensor },
    outputs: { type: 'array', items: object({ name: { type: 'string' }, parameters: { type: 'object' } }, ['name']) },
  },
  ['inputs'],
);
const anything: Schema = { type: 'object' };

const protocolPaths: Readonly<Record<string, Schema>> = {
  '/v2': reads(inferenceProtocol, 'The server, and the extensions it has'),
  '/v2/health/live': reads(inferenceProtocol, 'Is the server live?'),
  '/v2/health/ready': reads(inferenceProtocol, 'Is the server ready?', notReady),
  ...Object.fromEntries(
    [['/v2/models/{model}', ofModel] as const, ['/v2/models/{model}/versions/{version}', ofVersion] as const].flatMap(
      ([path, of]) => [
        [path, of(reads(inferenceProtocol, 'Inputs and outputs as tensors', { default: errorOfProtocol }))],
        [`${path}/ready`, of(reads(inferenceProtocol, 'Is the model ready?', { default: errorOfProtocol }))],
        [`${path}/infer`, of(posts('Infer, tensors to tensors', ref('InferRequest')))],
      ],
    ),
  ),
  '/v2/repository/index': posts('The models there are, and their states', anything),
};

const controlPaths: Readonly<Record<string, Schema>> = {
  '/v2/repository/models/{model}/load': ofModel(posts('Take a model into service', anything)),
  '/v2/repository/models/{model}/unload': ofModel(posts('Take a model out of service', anything)),
};

const record = object(
  {
    id: { type: 'string' },
    at: { type: 'string', format: 'date-time' },
    deployment: { type: 'string' },
    ...identity,
    ms: { type: 'number' },
    input: { description: 'The row as it was sent.' },
    prediction: { type: 'object' },
    error: ref('Problem'),
    label: { type: 'object', description: 'What the prediction should have been, as told last.' },
    labelled: { type: 'string', format: 'date-time' },
  },
  ['id', 'at', 'deployment', 'model', 'version', 'digest', 'ms', 'input'],
);
const recordResponses: Schema = {
  200: { description: 'The record.', content: json(record) },
  default: { description: 'Refused, or not there.', content: json(ref('Error')) },
};

const recordPaths: Readonly<Record<string, Schema>> = {
  '/predictions/{id}': {
    parameters: [parameter('id')],
    get: { summary: 'What was predicted, where records are kept', tags: ['records'], responses: recordResponses },
  },
  '/predictions/{id}/label': {
    parameters: [parameter('id')],
    post: {
      summary: 'Tell what a prediction should have been',
      tags: ['records'],
      requestBody: {
        required: true,
        content: json({ type: 'object', minProperties: 1, description: 'Some fields of the output.' }),
      },
      responses: recordResponses,
    },
  },
};

const betterPaths: Readonly<Record<string, Schema>> = {
  '/predictions/{id}/events': {
    parameters: [parameter('id')],
    get: {
      summary: 'Better predictions as they come, as Server-Sent Events',
      tags: ['records'],
      responses: {
        200: { description: 'Events `better`, and `end` at last.', content: { 'text/event-stream': {} } },
        default: { description: 'Refused, or not there.', content: json(ref('Error')) },
      },
    },
  },
};

const callerPaths: Readonly<Record<string, Schema>> = {
  '/invocations': posts(
    'Predict, as MLflow’s scoring server does',
    anything,
    { description: 'Refused.', content: json(ref('Error')) },
    'mlflow',
  ),
  '/docs': reads('documentation', 'A page with a form for each model'),
};
const commonPaths: Readonly<Record<string, Schema>> = {
  '/livez': reads('health', 'Is the process alive?'),
  '/readyz': reads('health', 'May requests be sent?', notReady),
  '/openapi.json': reads('documentation', 'This document'),
};
const metricsPaths: Readonly<Record<string, Schema>> = { '/metrics': reads('health', 'Figures for Prometheus') };

/** What there is behind a door. */
export interface Open {
  readonly answers: boolean;
  readonly better: boolean;
  readonly metrics: boolean;
  readonly records: boolean;
  readonly control: boolean;
}

/**
 * OpenAPI 3.1. A `predict` path for each model, and for each of several versions, with its own schemas, and all other
 * addresses: those that are open at this door.
 */
export const openapi = (models: readonly Card[], limits: Limits, open: Open): Schema => {
  const places = open.answers ? placesOf(models) : [];
  const schemas = places.flatMap(({ key, card: { manifest } }) => [
    [`${key}.row`, rowSchema(manifest.inputs, manifest.extraFields !== 'reject')],
    [`${key}.prediction`, rowSchema(manifest.outputs, true)],
  ]);
  const names = [...new Set(models.map(({ name }) => name))].join(', ') || 'no model yet';
  return {
    openapi: '3.1.0',
    info: {
      title: 'Millrace',
      version: version(),
      description: `Predictions of ${names}. A body may have ${limits.bodyBytes} bytes and ${limits.rows} rows.`,
    },
    paths: {
      ...Object.fromEntries(places.map((place) => [place.path, predictPath(place)])),
      ...(open.records && recordPaths),
      ...(open.better && betterPaths),
      ...(open.answers && callerPaths),
      ...commonPaths,
      ...(open.metrics && metricsPaths),
      ...(open.answers && protocolPaths),
      ...(open.control && controlPaths),
    },
    components: {
      schemas: {
        ...Object.fromEntries(schemas),
        Problem: problem,
        Error: object({ error: ref('Problem') }, ['error']),
        ProtocolError: object({ error: { type: 'string' }, code: { type: 'string' } }, ['error']),
        InferRequest: inferRequest,
      },
    },
  };
};
