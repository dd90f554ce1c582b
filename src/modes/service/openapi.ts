/** The OpenAPI document of a service, made from the signatures of its models. */
import { describe } from '../../core/field.ts';
import type { Field, Fields } from '../../core/types.ts';
import { version } from '../../version.ts';
import type { Limits } from './limits.ts';
import type { Card } from './model.ts';

type Schema = Readonly<Record<string, unknown>>;

const typeOf = (type: string, nullable: boolean | undefined) => (nullable ? [type, 'null'] : type);

const elementSchema = (dtype: string): Schema => ({
  type: dtype === 'string' ? 'string' : dtype === 'bool' ? 'boolean' : dtype.startsWith('float') ? 'number' : 'integer',
});

const bareSchema = (field: Field): Schema => {
  switch (field.kind) {
    case 'number':
    case 'integer':
      return {
        type: typeOf(field.kind, field.nullable),
        ...(field.min !== undefined && { minimum: field.min }),
        ...(field.max !== undefined && { maximum: field.max }),
      };
    case 'boolean':
      return { type: typeOf('boolean', field.nullable) };
    case 'category': {
      const closed = field.labels !== undefined && field.unknown !== 'allow';
      return {
        type: typeOf('string', field.nullable),
        ...(closed && { enum: field.nullable ? [...field.labels, null] : field.labels }),
        ...(!closed && field.labels && { examples: field.labels.slice(0, 10) }),
        ...(field.maxLength !== undefined && { maxLength: field.maxLength }),
      };
    }
    case 'text':
      return {
        type: typeOf('string', field.nullable),
        ...(field.maxLength !== undefined && { maxLength: field.maxLength }),
      };
    case 'datetime':
      // Without an offset, where the field has a zone, it is no RFC 3339 date-time.
      return { type: typeOf('string', field.nullable), ...(field.zone === undefined && { format: 'date-time' }) };
    case 'tensor':
      return [...field.shape]
        .reverse()
        .reduce<Schema>(
          (items, length) => ({ type: 'array', items, minItems: length, maxItems: length }),
          elementSchema(field.dtype),
        );
  }
};

export const fieldSchema = (field: Field): Schema => ({
  ...bareSchema(field),
  description: [field.description, `${describe(field)[0].toUpperCase()}${describe(field).slice(1)}.`]
    .filter(Boolean)
    .join(' — '),
  ...(field.example !== undefined && { examples: [field.example] }),
  ...('unit' in field && field.unit !== undefined && { 'x-unit': field.unit }),
});

const rowSchema = (fields: Fields, extra: boolean): Schema => ({
  type: 'object',
  properties: Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, fieldSchema(field)])),
  required: Object.keys(fields).filter((name) => !fields[name].nullable),
  ...(!extra && { additionalProperties: false }),
});

const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });
const json = (schema: Schema, example?: unknown): Schema => ({
  'application/json': { schema, ...(example !== undefined && { example }) },
});
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

const predictPath = ({ name, version: modelVersion, manifest, examples }: Card): Schema => {
  const row = ref(`${name}.row`);
  const prediction = ref(`${name}.prediction`);
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
      operationId: `predict-${name}`,
      tags: ['predict'],
      parameters: [
        {
          name: 'X-Request-Timeout',
          in: 'header',
          schema: { type: 'string' },
          description: 'How long the answer is of use: seconds (`2`, `0.25`), or with a unit (`250ms`).',
        },
      ],
      requestBody: { required: true, content: json({ oneOf: [row, rows] }, examples[0]?.input) },
      responses: {
        200: { description: 'The prediction, or one for each row.', content: json({ oneOf: [one, many] }) },
        ...refusalResponses,
      },
    },
  };
};

const plain = (summary: string, tag: string): Schema => ({
  get: { summary, tags: [tag], responses: { 200: { description: 'Yes.' }, 503: { description: 'Not now.' } } },
});
const modelParameter = [{ name: 'model', in: 'path', required: true, schema: { type: 'string' } }];
const protocolError = { description: 'Refused.', content: json(ref('ProtocolError')) };

/** OpenAPI 3.1. A `predict` path for each model, with its own schemas, and the Open Inference Protocol. */
export const openapi = (models: readonly Card[], limits: Limits): Schema => {
  const first = [...new Map(models.toReversed().map((model) => [model.name, model])).values()].reverse();
  const schemas = first.flatMap(({ name, manifest }) => [
    [`${name}.row`, rowSchema(manifest.inputs, manifest.extraFields !== 'reject')],
    [`${name}.prediction`, rowSchema(manifest.outputs, true)],
  ]);
  return {
    openapi: '3.1.0',
    info: {
      title: 'Millrace',
      version: version(),
      description: `Predictions of ${first.map(({ name }) => name).join(', ') || 'no model yet'}. A body may have ${limits.bodyBytes} bytes and ${limits.rows} rows.`,
    },
    paths: {
      ...Object.fromEntries(first.map((model) => [`/predict/${model.name}`, predictPath(model)])),
      '/livez': plain('Is the process alive?', 'health'),
      '/readyz': plain('May requests be sent?', 'health'),
      '/v2/health/live': plain('Is the server live?', 'open inference protocol'),
      '/v2/health/ready': plain('Is the server ready?', 'open inference protocol'),
      '/v2/models/{model}': {
        parameters: modelParameter,
        get: {
          summary: 'Inputs and outputs of a model, as tensors',
          tags: ['open inference protocol'],
          responses: { 200: { description: 'The metadata.' }, 404: protocolError },
        },
      },
      '/v2/models/{model}/infer': {
        parameters: modelParameter,
        post: {
          summary: 'Infer, tensors to tensors',
          tags: ['open inference protocol'],
          requestBody: { required: true, content: json({ type: 'object', required: ['inputs'] }) },
          responses: { 200: { description: 'The outputs.' }, default: protocolError },
        },
      },
    },
    components: {
      schemas: {
        ...Object.fromEntries(schemas),
        Problem: problem,
        Error: object({ error: ref('Problem') }, ['error']),
        ProtocolError: object({ error: { type: 'string' }, code: { type: 'string' } }, ['error']),
      },
    },
  };
};
