import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { createApp } from '../../../src/app.ts';
import type { ServiceOptions } from '../../../src/modes/service/service.ts';
import { watchedProject } from '../../cli/watched-project.ts';
import { serveApp } from './serving.ts';

const start = async (t: TestContext, options: Partial<ServiceOptions> = {}) => {
  const { cwd, run } = await watchedProject(t, [0, 0.5]);
  await run('check');
  const app = createApp({ cwd, env: { HOME: cwd } });
  const { url } = await serveApp(t, app, ['rides@production'], { standing: app.monitor, recordsApi: true, ...options });
  t.after(() => app.close());
  const ask = async (path: string, body?: unknown) => {
    const response = await fetch(`${url}${path}`, {
      ...(body !== undefined && {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    });
    return { status: response.status, json: await response.json() };
  };
  return { ask };
};

test('programs are told how deployments stand, field by field, as OpenAPI says', async (t) => {
  const { ask } = await start(t);
  const { json: document } = await ask('/openapi.json');
  assert.deepEqual((await new Validator().validate(structuredClone(document))).errors, undefined);
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema({ $id: 'doc', ...document });
  const fits = (path: string, method: string, answer: unknown): void => {
    const pointer = `doc#/paths/${path.replaceAll('~', '~0').replaceAll('/', '~1')}/${method}/responses/200/content/application~1json/schema`;
    assert.ok(
      ajv.validate({ $ref: pointer.replaceAll('{', '%7B').replaceAll('}', '%7D') }, answer),
      JSON.stringify(ajv.errors),
    );
  };

  const listed = await ask('/monitor');
  fits('/monitor', 'get', listed.json);
  const [one] = listed.json.deployments;
  assert.deepEqual([one.deployment, one.state, one.rows, one.firing.length], ['rides', 'alarm', 1000, 2]);
  assert.match(one.sentence, /minutes is 0\.[45]\d? sd higher/);

  const { json: shown } = await ask('/monitor/rides');
  fits('/monitor/{deployment}', 'get', shown);
  assert.deepEqual(
    shown.distributions.map(({ field, is }: { field: string; is: string }) => [field, is]),
    [
      ['minutes', 'output'],
      ['distance', 'input'],
    ],
  );
  const [, { bars, mean }] = shown.distributions;
  assert.equal(bars.length, 10);
  assert.ok(Math.abs(bars.reduce((sum: number, bar: { now: number }) => sum + bar.now, 0) - 1) < 1e-9);
  assert.ok(mean.now - mean.before > 0.4);

  const { json: known } = await ask(`/monitor/alerts/${one.firing[0].fingerprint}/acknowledge`, {
    by: 'ada',
    why: 'snow',
  });
  fits('/monitor/alerts/{alert}/acknowledge', 'post', known);
  assert.equal(known.acknowledged.by, 'ada');
  const { json: accepted } = await ask('/monitor/rides/accept', { by: 'ada', why: 'the bridge is open' });
  fits('/monitor/{deployment}/accept', 'post', accepted);
  assert.equal((await ask('/monitor/rides')).json.accepted[0].why, 'the bridge is open');
});

test('what is not there, or was not asked well, is refused with a reason', async (t) => {
  const { ask } = await start(t);
  for (const [path, body, status] of [
    ['/monitor/quiet', undefined, 404],
    ['/monitor/rides?since=yesterday', undefined, 400],
    ['/monitor/rides?window=2020-01-01T00:00:00.000Z', undefined, 400],
    ['/monitor/alerts/none/acknowledge', { by: 'ada' }, 404],
    ['/monitor/rides/accept', { by: 'ada' }, 400],
    ['/monitor/rides/accept', { by: 'ada', why: 'x', windows: 0 }, 400],
    ['/monitor/rides/accept', ['ada'], 400],
  ] as const) {
    const answer = await ask(path, body);
    assert.equal(answer.status, status, path);
    assert.equal(typeof answer.json.error.message, 'string');
  }
});

test('nothing is told where records are closed, or of a deployment whose records are', async (t) => {
  const shut = await start(t, { recordsApi: false });
  for (const path of ['/monitor', '/monitor/rides']) assert.equal((await shut.ask(path)).status, 403);
  assert.ok(!JSON.stringify((await shut.ask('/openapi.json')).json.paths).includes('monitoring'));
  const other = await start(t, { recordsApi: new Set(['other']) });
  assert.deepEqual((await other.ask('/monitor')).json, { deployments: [] });
  assert.equal((await other.ask('/monitor/rides')).status, 404);
});
