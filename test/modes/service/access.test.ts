import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, it, type TestContext } from 'node:test';
import pino from 'pino';
import type { ServiceOptions } from '../../../src/modes/service/service.ts';
import { get, models, openApp, post, serveApp } from './serving.ts';

const [{ input }] = JSON.parse(readFileSync(join(models.trees, 'examples.json'), 'utf8'));
const opened = { recordsApi: true, modelControl: true } as const;

/** A service that records, and one of its predictions. */
const start = async (t: TestContext, options: Partial<ServiceOptions> = {}, deployment?: string) => {
  const app = await openApp(t);
  const recorder = await app.recorder({ share: 1, days: 30, most: 1000 });
  t.after(() => recorder.close());
  const lines: string[] = [];
  const log = pino({ level: 'info' }, { write: (line) => lines.push(line) });
  const served = await serveApp(t, app, [], { refs: [{ ref: models.trees, deployment }], recorder, log, ...options });
  const asked = await post(`${served.url}/predict/trees-100x6`, input);
  const logged = () => lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'access');
  return { ...served, id: asked.json.id, logged, lines };
};

const reading = (id: string) => ({ method: 'GET', path: `/predictions/${id}`, body: undefined });
const labelling = (id: string) => ({ method: 'POST', path: `/predictions/${id}/label`, body: '{"score":1}' });
const control = (what: string) => ({ method: 'POST', path: `/v2/repository/models/trees-100x6/${what}`, body: '{}' });
const callsOf = (id: string) => [reading(id), labelling(id), control('unload'), control('load')];

/** A call with exactly these headers, as `fetch` chooses some itself. */
const call = async (
  url: string,
  { method, path, body }: ReturnType<typeof control> | ReturnType<typeof reading>,
  headers: Readonly<Record<string, string>> = {},
) => {
  const given = { ...(body && { 'content-type': 'application/json' }), ...headers };
  const wanted = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ''));
  const sent = request(`${url}${path}`, { method, headers: wanted, agent: false });
  sent.end(body);
  const response = await new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
    sent.once('response', resolve).once('error', reject);
  });
  const json = JSON.parse(await text(response));
  return { status: response.statusCode, code: json.code ?? json.error?.code, text: JSON.stringify(json) };
};

describe('records, labels and model control', () => {
  it('are closed unless somebody opens them, and not described', async (t) => {
    const { url, id } = await start(t);
    for (const one of callsOf(id)) {
      const { status, code } = await call(url, one);
      assert.deepEqual([one.path, status, code], [one.path, 403, 'FORBIDDEN']);
    }
    const { json } = await get<{ paths: object }>(`${url}/openapi.json`);
    assert.deepEqual(
      Object.keys(json.paths).filter((path) => /predictions|load/.test(path)),
      [],
    );
  });

  it('are open where they are opened, described, and each use is logged without what was said', async (t) => {
    const { url, id, logged, lines } = await start(t, opened);
    for (const one of callsOf(id)) assert.equal((await call(url, one)).status, 200, one.path);
    assert.equal((await call(url, labelling(id), { origin: 'http://evil.example' })).status, 403);
    assert.deepEqual(
      logged().map(({ what, outcome, address }) => [what, outcome, address]),
      [
        ['read', 'ok', '127.0.0.1'],
        ['label', 'ok', '127.0.0.1'],
        ['unload', 'ok', '127.0.0.1'],
        ['load', 'ok', '127.0.0.1'],
        ['label', 'FORBIDDEN', '127.0.0.1'],
      ],
    );
    assert.equal(new Set(logged().map((line) => line.id)).size, 5);
    assert.doesNotMatch(lines.join(''), new RegExp(`${id}|score`));
    const { json } = await get<{ paths: object }>(`${url}/openapi.json`);
    const paths = Object.keys(json.paths).filter((path) => /predictions|load/.test(path));
    assert.deepEqual(paths.length, 4);
  });

  it('are open for the deployments that say so, and for no other', async (t) => {
    for (const [deployment, status] of [
      ['open', 200],
      ['shut', 403],
    ] as const) {
      const names = new Set(['open']);
      const { url, id } = await start(t, { recordsApi: names, modelControl: names }, deployment);
      for (const one of callsOf(id)) assert.equal((await call(url, one)).status, status, `${deployment} ${one.path}`);
    }
  });

  it('do not show a prediction to who guesses its id from that of a request', async (t) => {
    const { url } = await start(t, opened);
    const { headers } = await get(`${url}/livez`);
    const [began, random, count] = (headers.get('x-request-id') ?? '').split('-');
    for (let near = 0; near < 8; near++) {
      const guess = [began, random, (Number.parseInt(count, 36) - near).toString(36)].join('-');
      for (const row of [guess, `${guess}.0`]) assert.equal((await call(url, reading(row))).status, 404);
    }
    await post(`${url}/predict/trees-100x6`, input, { 'x-request-id': 'order-77' });
    assert.equal((await call(url, reading('order-77'))).status, 404);
  });

  it('refuse a foreign name, as a page has that let one point here, and take those that are declared', async (t) => {
    const { url, id } = await start(t, { ...opened, hosts: ['models.example', '10.1.2.3'] });
    const { port } = new URL(url);
    for (const one of callsOf(id)) {
      for (const host of ['evil.example', `evil.example:${port}`, '10.9.9.9', '127.0.0.1.evil.example', 'a b', '@']) {
        const { status, text: told } = await call(url, one, { host });
        assert.equal(status, host === 'a b' || host === '@' ? status : 403, told);
        assert.ok(Number(status) >= 400, `${one.path} ${host}`);
      }
      for (const host of [`localhost:${port}`, '127.0.0.1', `[::1]:${port}`, 'models.example', 'MODELS.example:80']) {
        assert.equal((await call(url, one, { host })).status, 200, `${one.path} ${host}`);
      }
      assert.equal((await call(url, one, { host: '10.1.2.3:8080' })).status, 200);
    }
    assert.equal(
      (await call(url, { ...control('x'), path: '/predict/trees-100x6' }, { host: 'a.example' })).status,
      422,
    );
  });

  it('refuse pages of other origins, and take their own and those that are allowed', async (t) => {
    const { url, id } = await start(t, { ...opened, origins: ['https://app.example'] });
    for (const one of callsOf(id)) {
      for (const origin of ['http://evil.example', 'null', 'http://localhost:1', 'https://app.example.evil']) {
        assert.equal((await call(url, one, { origin })).status, 403, `${one.path} ${origin}`);
      }
      for (const origin of [url, 'https://app.example']) {
        assert.equal((await call(url, one, { origin })).status, 200, `${one.path} ${origin}`);
      }
    }
  });

  it('are not opened to all pages by what lets all pages ask for predictions', async (t) => {
    const { url, id } = await start(t, { ...opened, origins: ['*'] });
    for (const one of callsOf(id)) {
      for (const origin of ['https://app.example', 'null']) {
        assert.equal((await call(url, one, { origin })).status, 403, `${one.path} ${origin}`);
      }
    }
  });

  it('change nothing for what a form can send', async (t) => {
    const { url, id } = await start(t, opened);
    for (const one of [labelling(id), control('unload'), control('load')]) {
      for (const type of [
        'text/plain',
        'text/csv',
        'application/x-www-form-urlencoded',
        'text/plain;application/json',
      ]) {
        assert.equal((await call(url, one, { 'content-type': type })).status, 415, `${one.path} ${type}`);
      }
      const typed = await call(url, one, { 'content-type': 'application/json; charset=utf-8' });
      assert.equal(typed.status, 200);
    }
    // Without any type only a program that is no browser may speak: those of the protocol leave it away.
    const untyped = { 'content-type': '' };
    assert.equal((await call(url, control('load'), untyped)).status, 200);
    assert.equal((await call(url, control('load'), { ...untyped, origin: url })).status, 415);
    assert.equal((await call(url, labelling(id), untyped)).status, 415);
  });
});

describe('a door of its own for those who run the service', () => {
  const startBoth = async (t: TestContext, options: Partial<ServiceOptions> = {}) => {
    const started = await start(t, { ...opened, adminDoor: true, ...options });
    return { ...started, admin: await started.service.listenAdmin({ host: '127.0.0.1', port: 0 }) };
  };
  const pathsOf = async (url: string) => Object.keys((await get<{ paths: object }>(`${url}/openapi.json`)).json.paths);

  it('has metrics, records and model control, and the other has them no more', async (t) => {
    const { url, admin, id } = await startBoth(t);
    for (const one of [...callsOf(id), { method: 'GET', path: '/metrics', body: undefined }]) {
      assert.equal((await call(url, one)).status, 404, one.path);
    }
    for (const one of callsOf(id)) assert.equal((await call(admin, one)).status, 200, one.path);
    assert.match(await (await fetch(`${admin}/metrics`)).text(), /^millrace_ready 1$/m);
    for (const path of ['/predict/trees-100x6', '/invocations', '/v2/models/trees-100x6/infer']) {
      assert.equal((await post(`${admin}${path}`, input)).status, 404, path);
    }
    for (const door of [url, admin]) {
      for (const path of ['/livez', '/readyz']) assert.equal((await get(`${door}${path}`)).status, 200);
    }
    const ofAdmin = ['/predictions/{id}', '/predictions/{id}/label', '/livez', '/readyz', '/openapi.json', '/metrics'];
    const control = ['load', 'unload'].map((what) => `/v2/repository/models/{model}/${what}`);
    assert.deepEqual((await pathsOf(admin)).sort(), [...ofAdmin, ...control].sort());
    const others = (await pathsOf(url)).filter((path) => ofAdmin.includes(path) || control.includes(path));
    assert.deepEqual(others.sort(), ['/livez', '/openapi.json', '/readyz']);
    assert.doesNotMatch(await (await fetch(`${url}/docs`)).text(), /href="\/metrics"/);
  });

  it('opens nothing that is not opened', async (t) => {
    const { admin, id } = await startBoth(t, { recordsApi: false, modelControl: false });
    for (const one of callsOf(id)) assert.equal((await call(admin, one)).status, 403, one.path);
  });

  it('answers when all connections of the other are taken', async (t) => {
    const { url, admin } = await startBoth(t, { limits: { connections: 4 } });
    const { hostname, port } = new URL(url);
    const { connect } = await import('node:net');
    const sockets = Array.from({ length: 4 }, () => connect(Number(port), hostname));
    t.after(() => {
      for (const socket of sockets) socket.destroy();
    });
    await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
    await assert.rejects(call(url, { method: 'GET', path: '/livez', body: undefined }));
    assert.equal((await call(admin, { method: 'GET', path: '/readyz', body: undefined })).status, 200);
  });
});
