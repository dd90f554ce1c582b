import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Scorer } from '../../../src/core/types.ts';
import type { Limits } from '../../../src/modes/service/limits.ts';
import type { ServiceSource } from '../../../src/modes/service/model.ts';
import { createService } from '../../../src/modes/service/service.ts';
import { get, metric, models, openApp, post, sendBytes, serve, type Told, until } from './serving.ts';

const row = Object.fromEntries(Array.from({ length: 16 }, (_, at) => [`f${at}`, at]));
const slow = { ...row, f0: -77 };

/** A service whose model is at work on one request until it is released, so that others must wait. */
const busyService = async (t: TestContext, limits: Partial<Limits>) => {
  const app = await openApp(t);
  const gate = Promise.withResolvers<void>();
  let runs = 0;
  const source: ServiceSource = {
    open: app.open,
    async load(found) {
      const scorer = await app.load(found);
      const score: Scorer['score'] = async (rows, options) => {
        runs++;
        if ((rows[0] as typeof row).f0 === slow.f0) await gate.promise;
        return scorer.score(rows, options);
      };
      return { ...scorer, score };
    },
  };
  const service = await createService({ refs: [models.trees], source, limits });
  t.after(() => service.close({ lingerMs: 0 }));
  const url = await service.listen({ host: '127.0.0.1', port: 0 });
  const path = `${url}/predict/trees-100x6`;
  const { batcher } = await service.plane.models.get('trees-100x6');
  const held = post(path, slow);
  await until(() => batcher.inFlight === 1);
  const runsBefore = runs;
  return { url, path, batcher, held, release: gate.resolve, runs: () => runs - runsBefore };
};

describe('a service with limits', () => {
  it('answers 429 with Retry-After when the queue is full, and goes on', async (t) => {
    const { url, path, batcher, held, release } = await busyService(t, { queueRequests: 1 });
    const waiting = post(path, row);
    await until(() => batcher.waiting.requests === 1);
    const { status, json, headers } = await post(path, row);
    assert.deepEqual([status, json.error.code, headers.get('retry-after')], [429, 'QUEUE_FULL', '1']);
    release();
    assert.deepEqual([(await held).status, (await waiting).status, (await post(path, row)).status], [200, 200, 200]);
    assert.equal(await metric(url, 'millrace_rejected_total{reason="QUEUE_FULL"}'), 1);
  });

  it('answers 504 when the caller’s time is up, and never runs the request', async (t) => {
    const { path, held, release, runs } = await busyService(t, {});
    const late = await post(path, row, { 'x-request-timeout': '20ms' });
    assert.deepEqual([late.status, late.json.error.code], [504, 'DEADLINE_EXCEEDED']);
    release();
    await held;
    assert.equal(runs(), 0);
    assert.equal((await post(path, row, { 'x-request-timeout': '60' })).status, 200);
    assert.equal(runs(), 1);
  });

  it('gives the place of a caller who is gone to others, and never runs the request', async (t) => {
    const { url, path, batcher, held, release, runs } = await busyService(t, { queueRequests: 1 });
    const body = JSON.stringify(row);
    const { port, hostname } = new URL(url);
    const socket = connect(Number(port), hostname);
    const head = `host: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}`;
    socket.write(`POST /predict/trees-100x6 HTTP/1.1\r\n${head}\r\n\r\n${body}`);
    await until(() => batcher.waiting.requests === 1);
    assert.equal((await post(path, row)).status, 429);
    socket.destroy();
    await pause(50);
    const next = post(path, row);
    const cancelled =
      'millrace_requests_total{model="trees-100x6",version="1.0.0",variant="stable",outcome="CANCELLED"}';
    await until(async () => (await metric(url, cancelled)) === 1);
    release();
    assert.deepEqual([(await held).status, (await next).status], [200, 200]);
    assert.equal(runs(), 1);
  });

  it('answers 413 for more rows than it takes', async (t) => {
    const { url } = await serve(t, [models.trees], { limits: { rows: 3 } });
    const { status, json } = await post(`${url}/predict/trees-100x6`, { rows: [row, row, row, row] });
    assert.deepEqual([status, json.error.code, json.error.expected], [413, 'TOO_MANY_ROWS', 'at most 3 rows']);
  });

  it('answers 413 for a body that is larger than it says', async (t) => {
    const { url } = await serve(t, [models.trees], { limits: { bodyBytes: 1000 } });
    const chunk = `${(900).toString(16)}\r\n${'x'.repeat(900)}\r\n`;
    const text = await sendBytes(
      url,
      `POST /predict/trees-100x6 HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n${chunk}${chunk}0\r\n\r\n`,
    );
    assert.match(text, /^HTTP\/1\.1 413 /);
    assert.match(text, /"code":"TOO_LARGE"/);
  });

  it('answers 431 for headers that are too large, in the same shape', async (t) => {
    const { url } = await serve(t, [models.trees]);
    const text = await sendBytes(url, `GET /livez HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`);
    assert.match(text, /^HTTP\/1\.1 431 /);
    assert.equal((JSON.parse(text.slice(text.indexOf('\r\n\r\n'))) as Told).error.code, 'HEADERS_TOO_LARGE');
  });

  it('answers 400 for bytes that are no HTTP, in the same shape', async (t) => {
    const { url } = await serve(t, [models.trees]);
    const text = await sendBytes(url, 'hello\r\n\r\n');
    assert.match(text, /^HTTP\/1\.1 400 /);
    assert.equal((JSON.parse(text.slice(text.indexOf('\r\n\r\n'))) as Told).error.code, 'BAD_REQUEST');
  });

  it('answers 408 to a client that sends too slowly, and serves others meanwhile', async (t) => {
    const { url } = await serve(t, [models.trees], { limits: { arrivalMs: 200 } });
    const slow = sendBytes(
      url,
      'POST /predict/trees-100x6 HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{',
    );
    assert.equal((await get(`${url}/livez`)).status, 200);
    const text = await slow;
    assert.match(text, /^HTTP\/1\.1 408 /);
    assert.match(text, /"code":"TOO_SLOW"/);
  });

  it('cuts off a caller who does not read the answer', async (t) => {
    const { url } = await serve(t, [models.trees], { limits: { arrivalMs: 300 } });
    const { port, hostname } = new URL(url);
    const body = JSON.stringify({ rows: new Array(100_000).fill({}) });
    const head = `host: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}`;
    const socket = connect(Number(port), hostname);
    socket.pause();
    socket.write(`POST /predict/trees-100x6 HTTP/1.1\r\n${head}\r\n\r\n${body}`);
    await until(async () => (await metric(url, 'millrace_rejected_total{reason="TOO_SLOW"}')) === 1);
    socket.destroy();
    assert.equal((await post(`${url}/predict/trees-100x6`, row)).status, 200);
  });
});
