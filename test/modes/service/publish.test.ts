import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it, type TestContext } from 'node:test';
import type { Broker } from '../../../src/brokers/broker.ts';
import { openBroker } from '../../../src/brokers/index.ts';
import type { Row } from '../../../src/core/types.ts';
import { createPublishing, type PublishingOptions } from '../../../src/modes/service/publish/publishing.ts';
import { preparePublish } from '../../../src/modes/service/publish/settings.ts';
import type { PublishSettings } from '../../../src/project/deployments/service.ts';
import { tempFolder } from '../../temp-folder.ts';
import { get, metric, models, openApp, post, serveApp, until } from './serving.ts';

const address = 'predict/int-inputs';
const row = { units: 3, price: 4 };

interface Said {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly partitionkey: string;
  readonly data: {
    readonly id: string;
    readonly key: string;
    readonly deployment: string;
    readonly digest: string;
    readonly input: Row;
    readonly prediction: Row;
  };
}

const readAll = async (broker: Broker, topic: string): Promise<readonly Said[]> => {
  const said: Said[] = [];
  for await (const { events } of broker.read(topic, { from: 'earliest', untilEnd: true })) {
    said.push(...events.map(({ value }) => JSON.parse(Buffer.from(value ?? []).toString())));
  }
  return said;
};

/** A service that publishes to `asked` of a log of its own. */
const publishing = async (
  t: TestContext,
  settings: Partial<PublishSettings> = {},
  options: Partial<PublishingOptions> = {},
) => {
  const app = await openApp(t);
  const broker = options.broker ?? (await app.broker());
  const publish = preparePublish('orders', { topic: 'asked', ...settings });
  const made = createPublishing({ broker, publishOf: () => publish, all: [publish], ...options });
  t.after(() => made.close(100));
  return {
    ...(await serveApp(t, app, [models.integers], { publishing: made, recordsApi: true })),
    broker,
    publishing: made,
  };
};

describe('a service that publishes', { timeout: 120_000 }, () => {
  it('sends each row and its prediction, under the id that was answered', async (t) => {
    const { url, broker, publishing: made } = await publishing(t, { key: 'units' });
    const one = await post(`${url}/${address}`, row);
    const many = await post(`${url}/${address}`, { rows: [row, { units: 'none' }, { units: 5, price: 1 }] });
    const csv = await fetch(`${url}/${address}`, {
      method: 'POST',
      headers: { 'content-type': 'text/csv', accept: 'application/json' },
      body: 'units,price\n7,2\n',
    });
    const csvIds = ((await csv.json()) as typeof many.json).predictions.map(({ id }) => id);
    const infer = await post<{ parameters: { prediction_id: string } }>(`${url}/v2/models/int-inputs/infer`, {
      inputs: [
        { name: 'units', datatype: 'INT64', shape: [2, 1], data: [8, 9] },
        { name: 'price', datatype: 'FP64', shape: [2, 1], data: [1, 1] },
      ],
    });
    await until(() => made.figures.published === 6);
    const said = new Map((await readAll(broker, 'asked')).map((event) => [event.id, event]));
    const call = infer.json.parameters.prediction_id;
    assert.deepEqual(
      [...said.keys()].sort(),
      [
        one.json.id,
        `${many.json.predictions[0].id}`,
        many.json.predictions[2].id,
        ...csvIds,
        `${call}.0`,
        `${call}.1`,
      ].sort(),
    );
    const { source, type, partitionkey, data } = said.get(one.json.id) ?? assert.fail('it is there');
    assert.deepEqual([source, type, partitionkey], ['/millrace/service/orders', 'millrace.answer', '3']);
    assert.deepEqual([data.id, data.key, data.deployment], [one.json.id, '3', 'orders']);
    assert.deepEqual([data.digest, data.input, data.prediction], [one.json.digest, row, one.json.prediction]);
    assert.deepEqual(said.get(csvIds[0])?.data.input, { units: 7, price: 2 });
    assert.equal(said.get(`${call}.1`)?.data.input.units, 9);
    assert.equal(await metric(url, 'millrace_publish_events_total'), 6);
    assert.equal(await metric(url, 'millrace_publish_waiting_bytes'), 0);
  });

  it('shows by its id what it has published, without records too', async (t) => {
    const { url } = await publishing(t);
    const { json } = await post(`${url}/${address}`, row);
    const { status, json: kept } = await get<Said['data']>(`${url}/predictions/${json.id}`);
    assert.deepEqual([status, kept.id, kept.deployment], [200, json.id, 'orders']);
    assert.deepEqual([kept.input, kept.prediction], [row, json.prediction]);
    const unknown = await get(`${url}/predictions/nobody`);
    assert.deepEqual([unknown.status, unknown.json.error.code], [404, 'NOT_FOUND']);
  });

  it('answers on while the log is locked, drops what has no room, and counts it', async (t) => {
    const { url, app, broker, publishing: made } = await publishing(t, {}, { bufferBytes: 20_000 });
    await post(`${url}/${address}`, row);
    await until(() => made.figures.published === 1);
    const other = new DatabaseSync(join(app.home, 'streams.db'));
    other.exec('begin immediate');
    for (let call = 0; call < 100; call++) assert.equal((await post(`${url}/${address}`, row)).status, 200);
    const { dropped, waitingBytes, published } = made.figures;
    assert.ok(dropped.full > 50 && waitingBytes <= 10_000 && published === 1, JSON.stringify(made.figures));
    assert.equal(await metric(url, 'millrace_publish_dropped_total{reason="full"}'), dropped.full);
    other.exec('rollback');
    other.close();
    await until(() => made.figures.published === 101 - dropped.full);
    assert.equal((await readAll(broker, 'asked')).length, 101 - dropped.full);
  });

  it('starts, answers and stops while its broker is gone', async (t) => {
    const folder = tempFolder(t);
    const broker = await openBroker('kafka://127.0.0.1:1', { home: folder, folder });
    t.after(() => broker.close());
    const { url, service, publishing: made } = await publishing(t, { better: 'answered' }, { broker });
    const replies = await Promise.all(Array.from({ length: 20 }, () => post(`${url}/${address}`, row)));
    assert.deepEqual(new Set(replies.map(({ status }) => status)), new Set([200]));
    assert.equal((await get(`${url}/readyz`)).status, 200);
    await service.close({ lingerMs: 0 });
    await made.close(50);
    assert.deepEqual([made.figures.published, made.figures.dropped.stopped], [0, 20]);
  });

  it('publishes again once its broker is back, and says when it failed and when it works', async (t) => {
    const folder = tempFolder(t);
    const real = await openBroker('embedded', { home: folder, folder });
    t.after(() => real.close());
    let gone = true;
    const broker: Broker = {
      ...real,
      produce: async (events) => (gone ? Promise.reject(new Error('the broker is gone')) : real.produce(events)),
    };
    const troubles: (string | undefined)[] = [];
    const { url, publishing: made } = await publishing(
      t,
      {},
      { broker, onTrouble: (_what, problem) => troubles.push(problem?.message) },
    );
    const ids: string[] = [];
    for (let call = 0; call < 300; call++) ids.push((await post(`${url}/${address}`, row)).json.id);
    await until(() => troubles.length === 1);
    gone = false;
    await until(() => made.figures.published === 300);
    assert.deepEqual((await readAll(real, 'asked')).map(({ id }) => id).sort(), ids.sort());
    assert.equal(troubles.length, 2);
    assert.equal(troubles[1], undefined);
    assert.deepEqual(new Set(Object.values(made.figures.dropped)), new Set([0]));
  });

  it('leaves out an event that is too large for a broker, and publishes the others', async (t) => {
    const { url, publishing: made } = await publishing(t, {}, { largestBytes: 2000 });
    const large = await post(`${url}/${address}`, { ...row, note: 'x'.repeat(3000) });
    assert.equal(large.status, 200);
    await post(`${url}/${address}`, row);
    await until(() => made.figures.published === 1);
    assert.equal(made.figures.dropped.too_large, 1);
  });

  describe('and waits', () => {
    it('has published what it answers', async (t) => {
      const { url, broker } = await publishing(t, { wait: true });
      const replies = await Promise.all(Array.from({ length: 30 }, () => post(`${url}/${address}`, row)));
      assert.deepEqual(
        (await readAll(broker, 'asked')).map(({ id }) => id).sort(),
        replies.map(({ json }) => json.id).sort(),
      );
    });

    it('refuses with 503 what it cannot publish, keeps no record of it, and answers again after that', async (t) => {
      const app = await openApp(t);
      const real = await app.broker();
      let gone = true;
      const broker: Broker = {
        ...real,
        produce: async (events) => (gone ? Promise.reject(new Error('the broker is gone')) : real.produce(events)),
      };
      const recorder = await app.recorder({ share: 1, days: 1, most: 100 });
      t.after(() => recorder.close());
      const publish = preparePublish('orders', { topic: 'asked', wait: true });
      const made = createPublishing({ broker, publishOf: () => publish, all: [publish] });
      t.after(() => made.close(100));
      const { url } = await serveApp(t, app, [models.integers], { publishing: made, recorder, recordsApi: true });
      const refused = await post(`${url}/${address}`, row);
      assert.deepEqual([refused.status, refused.json.error.code], [503, 'STREAM_FAILED']);
      assert.match(refused.json.error.message, /The broker cannot be reached, or refused/);
      assert.equal(refused.headers.get('retry-after'), '1');
      gone = false;
      const answered = await post(`${url}/${address}`, row);
      assert.equal(answered.status, 200);
      assert.ok(await recorder.find(answered.json.id));
      assert.deepEqual([recorder.figures.written, made.figures.dropped.failed], [1, 1]);
      assert.equal(
        await metric(
          url,
          'millrace_requests_total{model="int-inputs",version="1.0.0",variant="stable",outcome="STREAM_FAILED"}',
        ),
        1,
      );
    });

    it('does not wait longer than its timeout for a broker that says nothing', async (t) => {
      const real = await (await openApp(t)).broker();
      const broker: Broker = { ...real, produce: () => new Promise(() => {}) };
      const { url } = await publishing(t, { wait: true, timeout: '50ms' }, { broker });
      const replies = await Promise.all(Array.from({ length: 5 }, () => post(`${url}/${address}`, row)));
      for (const { status, json } of replies) {
        assert.equal(status, 503);
        assert.match(json.error.message, /The broker cannot be reached, or refused/);
      }
    });
  });

  it('has the metrics that docs/SERVICE.md lists', async (t) => {
    const { url } = await publishing(t);
    const page = readFileSync(join(import.meta.dirname, '../../../docs/SERVICE.md'), 'utf8');
    const text = await (await fetch(`${url}/metrics`)).text();
    const told = [...text.matchAll(/^# TYPE (millrace_publish_\w+) /gm)].map(([, name]) => name);
    const documented = [...page.matchAll(/^\| `(millrace_publish_\w+)` \|/gm)].map(([, name]) => name);
    assert.deepEqual(told.sort(), documented.sort());
  });
});
