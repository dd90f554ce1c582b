/** The OpenAPI document of a service, made of its routes and of the signatures of its models. */

import type { Schema } from '../../../core/kinds/kind.ts';
import { version } from '../../../version.ts';
import type { Limits } from '../limits.ts';
import type { Card } from '../model.ts';
import { datatypes } from '../oip/datatypes.ts';
import { object, ref } from './operation.ts';
import { predictSchemas } from './predict-operations.ts';
import type { Route } from './route.ts';

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

const parametersOf = (path: string): readonly Schema[] =>
  [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));

/** What stands at each path. */
const pathsOf = (routes: readonly Route[], models: readonly Card[]): Schema => {
  const paths: Record<string, Schema> = {};
  for (const { method, path, operation, operations } of routes) {
    const own = operations?.(models) ?? (operation === undefined ? {} : { [path]: operation });
    for (const [at, one] of Object.entries(own)) {
      const parameters = parametersOf(at);
      paths[at] = { ...paths[at], ...(parameters.length > 0 && { parameters }), [method.toLowerCase()]: one };
    }
  }
  return paths;
};

/** OpenAPI 3.1, of the routes that are told of: those behind one door. */
export const openapi = (routes: readonly Route[], models: readonly Card[], limits: Limits): Schema => {
  const names = [...new Set(models.map(({ name }) => name))].join(', ') || 'no model yet';
  const isAsked = routes.some(({ operations }) => operations !== undefined);
  return {
    openapi: '3.1.0',
    info: {
      title: 'Millrace',
      version: version(),
      description: `Predictions of ${names}. A body may have ${limits.bodyBytes} bytes and ${limits.rows} rows.`,
    },
    paths: pathsOf(routes, models),
    components: {
      schemas: {
        ...(isAsked && predictSchemas(models)),
        Problem: problem,
        Error: object({ error: ref('Problem') }, ['error']),
        ProtocolError: object({ error: { type: 'string' }, code: { type: 'string' } }, ['error']),
        InferRequest: inferRequest,
      },
    },
  };
};
