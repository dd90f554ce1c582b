/** How `/predict` is described: an operation for each model, and for each of several versions, with its own schemas. */
import type { Schema } from '../../../core/kinds/kind.ts';
import { rowSchema } from '../json-schema.ts';
import type { Card } from '../model.ts';
import { identity, json, type Operation, object, ref } from './operation.ts';

const csv = { 'text/csv': { schema: { type: 'string' } } };

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

const operationOf = ({ key, card: { name, version, manifest, examples } }: Place): Operation => {
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
    summary: manifest.description ?? `Predict with ${name}`,
    description: [`Version ${version}.`, manifest.intendedUse, manifest.limitations].filter(Boolean).join('\n\n'),
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
  };
};

/** By their paths. */
export const predictOperations = (models: readonly Card[]): Readonly<Record<string, Operation>> =>
  Object.fromEntries(placesOf(models).map((place) => [place.path, operationOf(place)]));

/** The schemas that they refer to. */
export const predictSchemas = (models: readonly Card[]): Readonly<Record<string, Schema>> =>
  Object.fromEntries(
    placesOf(models).flatMap(({ key, card: { manifest } }) => [
      [`${key}.row`, rowSchema(manifest.inputs, manifest.extraFields !== 'reject')],
      [`${key}.prediction`, rowSchema(manifest.outputs, true)],
    ]),
  );
