import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { openapi } from '../../../src/modes/service/rest/openapi.ts';
import { type RoutesOptions, routesOf } from '../../../src/modes/service/rest/routes.ts';
import { type Asked, inMemory, type Replied } from './in-memory.ts';
import { models, serve } from './serving.ts';

const rest = join(import.meta.dirname, '../../../src/modes/service/rest');

const start = async (t: TestContext, more: Partial<RoutesOptions> = {}) => {
  const served = await serve(t, [models.ride, models.integers], { modelControl: true });
  const { plane } = served.service;
  const routes = routesOf({
    plane,
    health: { ready: true, closing: false, reason: undefined },
    behind: 'all',
    control: plane.models,
    opened: { records: false, control: true },
    hosts: [],
    origins: [],
    ...more,
  });
  return { ...served, routes, plane };
};

/** Each prediction has an id of its own. */
const withoutIds = (text: string): string => text.replace(/[0-9a-z]+-[\w-]{22}/g, 'ID');

const json = { 'content-type': 'application/json' };
const row = { units: 3, price: 2 };
const tensors = {
  inputs: [
    { name: 'units', datatype: 'INT64', shape: [1], data: [3] },
    { name: 'price', datatype: 'FP64', shape: [1], data: [2] },
  ],
};
const posted = (path: string, body: unknown, headers: Readonly<Record<string, string>> = json): Asked => ({
  method: 'POST',
  path,
  headers,
  body: typeof body === 'string' ? body : JSON.stringify(body),
});
const read = (path: string): Asked => ({ method: 'GET', path });

const questions: readonly Asked[] = [
  posted('/predict/int-inputs', row),
  posted('/predict/int-inputs/versions/1.0.0', { rows: [row, { units: 'x', price: 1 }] }),
  posted('/predict/int-inputs', row, { ...json, accept: 'text/csv' }),
  posted('/predict/int-inputs', 'units,price\n3,2\n1,x\n', { 'content-type': 'text/csv' }),
  posted('/predict/int-inputs', { units: null, price: 2 }),
  posted('/predict/int-inputs', '{'),
  posted('/predict/nobody', row),
  posted('/predict/int-inputs', row, { ...json, 'x-request-timeout': 'soon' }),
  posted('/invocations?model=int-inputs', { dataframe_records: [row, row] }),
  posted('/invocations?model=int-inputs', { dataframe_records: [{ units: 1 }] }),
  posted('/invocations', { dataframe_records: [row] }),
  posted('/v2/models/int-inputs/infer', tensors),
  posted('/v2/models/int-inputs/infer', { ...tensors, parameters: { binary_data_output: true } }),
  posted('/v2/models/int-inputs/infer', { inputs: [] }),
  posted('/v2/models/nobody/infer', tensors),
  posted('/v2/repository/index', { ready: true }),
  posted('/v2/repository/models/int-inputs/load', {}),
  posted('/v2/repository/models/int-inputs/load', {}, { ...json, origin: 'http://evil.example' }),
  read('/v2'),
  read('/v2/health/live'),
  read('/v2/health/ready'),
  read('/v2/models/int-inputs/ready'),
  read('/v2/models/int-inputs/versions/2.0.0'),
  read('/predictions/none'),
  read('/openapi.json'),
  read('/docs'),
  read('/livez'),
  read('/readyz'),
  read('/ping'),
  read('/version'),
];

describe('the routes of a service', () => {
  it('answer in memory what they answer over a socket, to the last byte and header', async (t) => {
    const { url, routes } = await start(t);
    const ask = inMemory(routes);
    for (const question of questions) {
      const { method, path, headers, body } = question;
      const inMemory = await ask(question);
      const response = await fetch(url + path, { method, ...(headers && { headers }), ...(body && { body }) });
      const overSocket: Replied = {
        status: response.status,
        type: response.headers.get('content-type') ?? '',
        headers: Object.fromEntries(
          Object.keys(inMemory.headers).map((name) => [name, withoutIds(response.headers.get(name) ?? '')]),
        ),
        text: withoutIds(Buffer.from(await response.arrayBuffer()).toString()),
      };
      const expected = {
        ...inMemory,
        headers: Object.fromEntries(
          Object.entries(inMemory.headers).map(([name, value]) => [name, withoutIds(`${value}`)]),
        ),
        text: withoutIds(inMemory.text),
      };
      assert.deepEqual(expected, overSocket, `${method} ${path} ${body ?? ''}`);
    }
  });

  it('are what OpenAPI lists, but for those that other servers’ platforms look for', async (t) => {
    const { routes, plane } = await start(t);
    const cards = plane.models.slots.flatMap(({ card }) => card ?? []);
    const { paths } = openapi(routes, cards, plane.limits) as { readonly paths: Readonly<Record<string, object>> };
    const listed = Object.entries(paths).flatMap(([path, one]) =>
      Object.keys(one)
        .filter((key) => key !== 'parameters')
        .map((method) => `${method.toUpperCase()} ${path.replace(/^\/predict\/[^/]+/, '/predict/{model}')}`),
    );
    const untold = routes.flatMap(({ method, path }) => {
      const own = `${method} ${path}`;
      return listed.includes(own) ? [] : [own];
    });
    assert.deepEqual(untold.sort(), [
      'GET /health',
      'GET /ping',
      'GET /predictions/{id}',
      'GET /predictions/{id}/events',
      'GET /version',
      'POST /predict/{model}/versions/{version}',
      'POST /predictions/{id}/label',
    ]);
    for (const one of listed)
      assert.ok(
        routes.some(({ method, path }) => one === `${method} ${path}`),
        one,
      );
  });

  it('are behind the door that they are for, each behind one or both', async (t) => {
    const { routes } = await start(t);
    const { routes: callers } = await start(t, { behind: 'callers' });
    const { routes: operators } = await start(t, { behind: 'operators' });
    const names = (of: typeof routes) => of.map(({ method, path }) => `${method} ${path}`);
    assert.deepEqual([...new Set([...names(callers), ...names(operators)])].sort(), names(routes).sort());
    const both = names(callers).filter((one) => names(operators).includes(one));
    assert.deepEqual(both.sort(), ['GET /livez', 'GET /openapi.json', 'GET /readyz']);
  });

  it('know nothing of the framework that takes their requests in', () => {
    const takeIn = readdirSync(rest).filter((file) => /from 'fastify'/.test(readFileSync(join(rest, file), 'utf8')));
    assert.deepEqual(takeIn.sort(), [
      'admission.ts',
      'body-reader.ts',
      'cors.ts',
      'errors.ts',
      'fastify-routes.ts',
      'other-methods.ts',
      'requests.ts',
      'server.ts',
    ]);
  });
});
