import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import pino from 'pino';
import { get, metric, models, post, serve } from './serving.ts';

const row = Object.fromEntries(Array.from({ length: 16 }, (_, at) => [`f${at}`, at / 3]));
const secret = 424_242.424_242;

describe('/metrics', () => {
  it('counts calls and rows by what became of them', async (t) => {
    const { url } = await serve(t, [models.trees]);
    const path = `${url}/predict/trees-100x6`;
    const bad = { ...row, f3: 'x' };
    await post(path, row);
    await post(path, bad);
    await post(path, { rows: [row, bad, row] });
    await post(path, '{');
    await post(`${url}/predict/nothing`, row);
    const of = (name: string, outcome: string) =>
      metric(url, `millrace_${name}{model="trees-100x6",version="1.0.0",variant="stable",outcome="${outcome}"}`);
    assert.deepEqual(
      [
        await of('requests_total', 'ok'),
        await of('requests_total', 'partial'),
        await of('requests_total', 'WRONG_TYPE'),
      ],
      [1, 1, 1],
    );
    assert.deepEqual([await of('predictions_total', 'ok'), await of('predictions_total', 'WRONG_TYPE')], [3, 2]);
    for (const reason of ['WRONG_TYPE', 'BAD_JSON', 'UNKNOWN_MODEL']) {
      assert.equal(await metric(url, `millrace_rejected_total{reason="${reason}"}`), 1, reason);
    }
  });

  it('counts each refused row by its own code, and as ok only rows whose prediction was answered, by every door', async (t) => {
    const { url } = await serve(t, [models.trees]);
    const labels = 'model="trees-100x6",version="1.0.0",variant="stable"';
    const counts = async (name: string): Promise<Record<string, number>> => {
      const text = await (await fetch(`${url}/metrics`)).text();
      const found = text.matchAll(new RegExp(`^millrace_${name}_total\\{${labels},outcome="(\\w+)"\\} (\\d+)$`, 'gm'));
      return Object.fromEntries([...found].map(([, outcome, value]) => [outcome, Number(value)]));
    };
    const lines = (...rows: readonly (readonly unknown[])[]) => [Object.keys(row), ...rows].join('\n');
    const good = Object.values(row);
    const csv = lines(good, ['x', ...good.slice(1)], ['', ...good.slice(1)], ['short'], good);
    const send = async (path: string): Promise<number> =>
      (await fetch(`${url}${path}`, { method: 'POST', headers: { 'content-type': 'text/csv' }, body: csv })).status;

    assert.equal(await send('/predict/trees-100x6'), 200);
    const refused = { WRONG_TYPE: 1, NULL_VALUE: 1, BAD_LINE: 1 };
    assert.deepEqual(await counts('predictions'), { ok: 2, ...refused });
    assert.deepEqual(await counts('requests'), { ok: 0, partial: 1 });

    assert.equal(await send('/invocations'), 422);
    const twice = { WRONG_TYPE: 2, NULL_VALUE: 2, BAD_LINE: 2 };
    assert.deepEqual(await counts('predictions'), { ok: 2, ...twice });
    assert.deepEqual(await counts('requests'), { ok: 0, partial: 1, WRONG_TYPE: 1 });

    const inputs = Object.keys(row).map((name, at) => {
      const data = at === 0 ? [1, null, 2] : [1, 1, 1];
      return { name, datatype: 'FP64', shape: [3], data };
    });
    assert.equal((await post(`${url}/v2/models/trees-100x6/infer`, { inputs })).status, 422);
    assert.deepEqual(await counts('predictions'), { ok: 2, ...twice, NULL_VALUE: 3 });
    assert.deepEqual(await counts('requests'), { ok: 0, partial: 1, WRONG_TYPE: 1, NULL_VALUE: 1 });
  });

  it('tells of every stage, of batches, queues, models and the event loop', async (t) => {
    const { url } = await serve(t, [models.trees]);
    await post(`${url}/predict/trees-100x6`, { rows: [row, row, row] });
    const labels = 'model="trees-100x6",version="1.0.0",variant="stable"';
    for (const stage of ['queue', 'validate', 'prepare', 'run', 'finish']) {
      assert.equal(await metric(url, `millrace_stage_duration_seconds_count{${labels},stage="${stage}"}`), 1, stage);
    }
    assert.equal(await metric(url, `millrace_batch_rows_sum{${labels}}`), 3);
    assert.equal(await metric(url, `millrace_request_duration_seconds_bucket{${labels},le="+Inf"}`), 1);
    assert.equal(await metric(url, `millrace_queue_depth{${labels}}`), 0);
    assert.equal(await metric(url, `millrace_in_flight{${labels}}`), 0);
    assert.ok((await metric(url, `millrace_model_load_seconds{${labels}}`)) > 0);
    assert.equal(await metric(url, 'millrace_ready'), 1);
    const text = await (await fetch(`${url}/metrics`)).text();
    assert.match(text, /^nodejs_eventloop_lag_p99_seconds /m);
    assert.match(
      text,
      /^millrace_model_info\{model="trees-100x6",version="1.0.0",variant="stable",digest="sha256:[0-9a-f]{64}"\} 1$/m,
    );
  });

  it('has cumulative buckets that end with the count', async (t) => {
    const { url } = await serve(t, [models.trees]);
    for (let times = 0; times < 5; times++) await post(`${url}/predict/trees-100x6`, row);
    const text = await (await fetch(`${url}/metrics`)).text();
    const buckets = [...text.matchAll(/^millrace_request_duration_seconds_bucket\{.*\} (\d+)$/gm)].map(([, count]) =>
      Number(count),
    );
    assert.deepEqual(
      buckets,
      [...buckets].sort((a, b) => a - b),
    );
    assert.equal(buckets.at(-1), 5);
  });

  it('has the names that docs/SERVICE.md lists, and no others', async (t) => {
    const { url } = await serve(t, [models.trees]);
    const text = await (await fetch(`${url}/metrics`)).text();
    const page = readFileSync(join(import.meta.dirname, '../../../docs/SERVICE.md'), 'utf8');
    const told = [...text.matchAll(/^# TYPE (millrace_\w+) /gm)].map(([, name]) => name);
    const documented = [...page.matchAll(/^\| `(millrace_\w+)` \|/gm)].map(([, name]) => name);
    const always = documented.filter((name) => !/^millrace_(?:records|publish)_/.test(name));
    assert.deepEqual(told.sort(), always.sort());
  });
});

describe('the log', () => {
  const logged = async (t: TestContext) => {
    const lines: string[] = [];
    const log = pino({ level: 'debug' }, { write: (line) => lines.push(line) });
    const { url } = await serve(t, [models.trees], { log });
    return { url, lines, last: () => JSON.parse(lines.at(-1) ?? '{}') as Record<string, unknown> };
  };

  it('names each request by its id, and by the caller’s own, and no prediction by the id that its caller has', async (t) => {
    const { url, last, lines } = await logged(t);
    const { json } = await post(`${url}/predict/trees-100x6`, row);
    assert.deepEqual([last().status, last().route], [200, '/predict/:model']);
    assert.doesNotMatch(lines.join(''), new RegExp(json.id));
    const named = await post(`${url}/predict/trees-100x6`, row, { 'x-request-id': 'order-77' });
    assert.equal(named.headers.get('x-request-id'), 'order-77');
    assert.notEqual(named.json.id, 'order-77');
    assert.equal(last().caller, 'order-77');
    const refused = await post(`${url}/predict/trees-100x6`, {});
    assert.deepEqual([refused.status, refused.headers.get('x-request-id')], [422, last().id]);
    const live = await get(`${url}/livez`);
    assert.equal(live.headers.get('x-request-id'), last().id);
  });

  it('takes no id from a caller that could forge a line', async (t) => {
    const { url } = await logged(t);
    const { headers } = await get(`${url}/livez`, { headers: { 'x-request-id': '{"level":60}' } });
    assert.match(headers.get('x-request-id') ?? '', /^[0-9a-z-]+$/);
  });

  it('holds nothing of what was asked or answered, right or wrong', async (t) => {
    const { url, lines } = await logged(t);
    const { json } = await post(`${url}/predict/trees-100x6`, { ...row, f0: secret });
    await post(`${url}/predict/trees-100x6`, { ...row, f0: `${secret}` });
    await post(`${url}/predict/trees-100x6`, `{"f0":${secret}`);
    await post(`${url}/v2/models/trees-100x6/infer`, {
      inputs: [{ name: `${secret}`, shape: [1], datatype: 'FP64', data: [secret] }],
    });
    assert.ok(lines.length >= 4);
    const text = lines.join('');
    assert.ok(!text.includes(`${secret}`));
    assert.ok(!text.includes(`${json.prediction.score}`));
  });
});

describe('traces', () => {
  /** A collector that keeps what it is sent. */
  const collector = async (t: TestContext) => {
    const bodies: Buffer[] = [];
    const server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      bodies.push(Buffer.concat(chunks));
      response.end();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => server.close());
    return { bodies, endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  };

  it('go to the collector, as children of the caller’s, with the stages of the request, and never its content', async (t) => {
    const { bodies, endpoint } = await collector(t);
    const { url, service } = await serve(t, [models.trees], { traceEnv: { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint } });
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    const parent = '00f067aa0ba902b7';
    const { headers } = await post(
      `${url}/predict/trees-100x6`,
      { ...row, f0: secret },
      { traceparent: `00-${traceId}-${parent}-01` },
    );
    assert.match(headers.get('traceparent') ?? '', new RegExp(`^00-${traceId}-(?!${parent})[0-9a-f]{16}-01$`));
    await service.close({ lingerMs: 0 });
    const sent = Buffer.concat(bodies);
    for (const text of ['POST /predict/:model', 'queue', 'run', 'trees-100x6', 'service.name', 'millrace.requests']) {
      assert.ok(sent.includes(text), text);
    }
    assert.ok(sent.includes(Buffer.from(traceId, 'hex')));
    assert.ok(sent.includes(Buffer.from(parent, 'hex')));
    const double = Buffer.alloc(8);
    double.writeDoubleLE(secret);
    assert.ok(!sent.includes(`${secret}`) && !sent.includes(double));
  });

  it('are not sent for a caller who does not want it', async (t) => {
    const { bodies, endpoint } = await collector(t);
    const { url, service } = await serve(t, [models.trees], { traceEnv: { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint } });
    const { status } = await post(`${url}/predict/trees-100x6`, row, {
      traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00',
    });
    assert.equal(status, 200);
    await service.close({ lingerMs: 0 });
    assert.equal(bodies.length, 0);
  });

  it('never hold up an answer, whether or not the collector is there', async (t) => {
    const { url } = await serve(t, [models.trees], { traceEnv: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' } });
    assert.equal((await post(`${url}/predict/trees-100x6`, row)).status, 200);
  });

  it('are not there unless the environment says where they go', async (t) => {
    const { url } = await serve(t, [models.trees], { traceEnv: {} });
    assert.equal((await get(`${url}/livez`)).headers.get('traceparent'), null);
  });
});
