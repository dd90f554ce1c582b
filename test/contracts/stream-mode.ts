import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Registry } from 'prom-client';
import { createApp } from '../../src/app.ts';
import { type Broker, header, type NewEvent, type StreamEvent } from '../../src/brokers/broker.ts';
import { openDatabase } from '../../src/databases/index.ts';
import { writeEvent } from '../../src/events/cloud-event.ts';
import {
  countDeadLetters,
  type DeadLetter,
  readDeadLetters,
  replayDeadLetters,
} from '../../src/events/dead-letters.ts';
import { prepareStream } from '../../src/modes/stream/deployment.ts';
import { createStreamMetrics } from '../../src/modes/stream/metrics.ts';
import { type Stream, type StreamParts, startStream } from '../../src/modes/stream/stream.ts';
import { tablePredictions } from '../../src/modes/stream/table.ts';
import type { StreamSettings } from '../../src/project/deployments/stream.ts';
import type { ModelSource } from '../../src/serving/source.ts';
import { openSink } from '../../src/sinks/index.ts';
import { startPostgres, stopPostgres } from '../postgres.ts';

/** `units` × `price`, so that a prediction tells which input it was made of. */
const model = join(import.meta.dirname, '..', 'fixtures', 'models', 'int-inputs');

const until = async (what: string, come: () => boolean | Promise<boolean>): Promise<void> => {
  const deadline = performance.now() + 60_000;
  while (!(await come())) {
    if (performance.now() > deadline) assert.fail(`waited in vain until ${what}`);
    await sleep(20);
  }
};

const app = createApp({ cwd: model, env: { HOME: model } });
const source: ModelSource = { open: app.open, load: app.load };

/** The same source with scorers that somebody has changed. */
const changed = (
  change: (score: (rows: readonly unknown[]) => ReturnType<Scorer['score']>) => Scorer['score'],
): ModelSource => ({
  open: app.open,
  load: async (found) => {
    const scorer = await app.load(found);
    const score = change((rows) => scorer.score(rows));
    let proven = false;
    // The golden examples are scored first, unchanged.
    return {
      ...scorer,
      score: (rows, options) =>
        proven
          ? score(rows, options)
          : scorer.score(rows, options).finally(() => {
              proven = true;
            }),
    };
  },
});
type Scorer = Awaited<ReturnType<ModelSource['load']>>;

const json = (event: StreamEvent) => JSON.parse(Buffer.from(event.value ?? []).toString());

const readAll = async (broker: Broker, topic: string): Promise<StreamEvent[]> => {
  const events: StreamEvent[] = [];
  for await (const batch of broker.read(topic, { from: 'earliest', untilEnd: true })) events.push(...batch.events);
  return events;
};

const plain = (topic: string, key: string, value: unknown): NewEvent => ({
  topic,
  key: Buffer.from(key),
  value: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
});

const numbered = (topic: string, count: number, from = 0): NewEvent[] =>
  Array.from({ length: count }, (_, i) => plain(topic, `k${(from + i) % 9}`, { units: from + i, price: 1 }));

/** What the mode does with events, whichever broker they come from. */
export const streamModeContract = (name: string, open: () => Promise<Broker>): void => {
  describe(`mode stream on ${name}`, { timeout: 200_000 }, () => {
    after(stopPostgres);

    interface World {
      readonly broker: Broker;
      readonly from: string;
      readonly to: string;
      readonly registry: Registry;
      /** Starts a deployment; it is stopped after the test. */
      start(settings?: Partial<StreamSettings> & { name?: string }, parts?: Partial<StreamParts>): Promise<Stream>;
      /** The events of a topic once there are this many. */
      come(topic: string, count: number): Promise<readonly StreamEvent[]>;
    }

    const using = async (test: (world: World) => Promise<void>): Promise<void> => {
      const broker = await open();
      const mark = randomUUID().slice(0, 8);
      const from = `rides-${mark}`;
      const to = `predicted-${mark}`;
      const streams: Stream[] = [];
      const registry = new Registry();
      const metrics = createStreamMetrics(registry);
      try {
        await broker.ensureTopic(from);
        await test({
          broker,
          from,
          to,
          registry,
          start: async ({ name: given, ...settings } = {}, parts = {}) => {
            const deployment = prepareStream(given ?? `totals-${mark}`, {
              mode: 'stream',
              model,
              from,
              to,
              ...settings,
            });
            const stream = await startStream({ deployment, broker, source, metrics, ...parts });
            streams.push(stream);
            return stream;
          },
          come: async (topic, count) => {
            let events: readonly StreamEvent[] = [];
            await until(`${count} events are in ${topic}`, async () => {
              // Offsets count Kafka's own marks too, so they tell cheaply when it is worth reading.
              const ends = await broker.positions('none', [topic]);
              if (ends.reduce((sum, { end }) => sum + end, 0) < count) return false;
              events = await readAll(broker, topic);
              return events.length >= count;
            });
            return events;
          },
        });
      } finally {
        await Promise.all(streams.map((stream) => stream.stop()));
        await broker.close();
      }
    };

    it('predicts plain JSON into CloudEvents that say who made them, of what', () =>
      using(async ({ broker, from, to, start, come }) => {
        const stream = await start({ key: 'ride', input: '$.in' });
        await broker.produce([plain(from, 'other', { ride: 'r1', in: { units: 7, price: 6 } })]);
        const [event] = await come(to, 1);
        assert.ok(event);
        assert.equal(Buffer.from(event.key ?? []).toString(), 'r1');
        assert.match(header(event, 'content-type') ?? '', /^application\/cloudevents\+json/);
        const { time, data, ...attributes } = json(event);
        assert.ok(!Number.isNaN(Date.parse(time)));
        const [{ partition = -1 } = {}] = await readAll(broker, from);
        assert.deepEqual(attributes, {
          specversion: '1.0',
          id: `${from}/${partition}/0`,
          source: `/millrace/${stream.deployment.name}`,
          type: 'millrace.prediction',
          subject: 'r1',
          partitionkey: 'r1',
          datacontenttype: 'application/json',
        });
        assert.deepEqual(data, {
          key: 'r1',
          deployment: stream.deployment.name,
          model: 'int-inputs',
          version: '1.0.0',
          digest: stream.model.digest,
          prediction: { total: 42, over: false },
          event: { topic: from, partition, offset: 0 },
        });
        assert.match(data.digest, /^sha256:[0-9a-f]{64}$/);
      }));

    it('keeps keys that are no text apart, byte for byte, through one deployment and the next', () =>
      using(async ({ broker, from, to, start, come }) => {
        await start({ to: `${to}.1` });
        const again = changed(
          (score) => (rows) => score(rows.map((row) => ({ units: (row as { total: number }).total, price: 1 }))),
        );
        // The second passes on the key of the event, the third the one that its data names.
        const input = '$.prediction';
        await start({ name: `second-${to}`, from: `${to}.1`, to: `${to}.2`, input }, { source: again });
        await start({ name: `third-${to}`, from: `${to}.2`, to, input, key: 'key' }, { source: again });
        const keys = [128, 129, 200, 255, 1].map((n) => Buffer.from([0, 0, 0, 0, 0, 0, 0, n]));
        await broker.produce(
          keys.map((key) => ({ topic: from, key, value: Buffer.from(`{"units":${key[7]},"price":1}`) })),
        );
        for (const topic of [`${to}.1`, `${to}.2`, to]) {
          const events = await come(topic, keys.length);
          const hex = (key: Uint8Array | null) => Buffer.from(key ?? []).toString('hex');
          assert.deepEqual(events.map(({ key }) => hex(key)).sort(), keys.map(hex).sort());
          for (const event of events) {
            const { subject, partitionkey, data } = json(event);
            assert.deepEqual([subject, partitionkey], [undefined, undefined]);
            assert.equal(hex(Buffer.from(data.key.base64, 'base64')), hex(event.key));
            assert.equal(data.prediction.total, event.key?.[7]);
          }
        }
      }));

    for (const form of ['structured', 'binary'] as const) {
      it(`reads and writes CloudEvents in ${form} mode, and hands on their trace`, () =>
        using(async ({ broker, from, to, start, come }) => {
          await start({ format: form });
          const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
          const attributes = {
            specversion: '1.0',
            id: 'e-1',
            source: '/taxi',
            type: 'ride',
            traceparent,
            partitionkey: 'r9',
          };
          const data = { units: 3, price: 5 };
          await broker.produce([writeEvent({ topic: from, key: null, attributes, data }, form)]);
          const [event] = await come(to, 1);
          assert.ok(event);
          const said =
            form === 'structured'
              ? json(event)
              : {
                  ...Object.fromEntries(
                    event.headers.map(([key, value]) => [key.replace('ce_', ''), Buffer.from(value).toString()]),
                  ),
                  data: json(event),
                };
          assert.equal(said.id, '/taxi/e-1');
          assert.equal(said.traceparent, traceparent);
          assert.equal(said.subject, 'r9');
          assert.deepEqual(said.data.prediction, { total: 15, over: false });
          assert.equal(said.data.event.id, 'e-1');
          assert.equal(said.data.event.source, '/taxi');
        }));
    }

    it('leaves out what the filter does not let through, and counts it', () =>
      using(async ({ broker, from, to, start, come, registry }) => {
        await start({ filter: 'data.units > 2 && key != "k4" && topic.startsWith("rides")' });
        await broker.produce(numbered(from, 9));
        const totals = (await come(to, 5)).map((event) => json(event).data.prediction.total).sort();
        assert.deepEqual(totals, [3, 5, 6, 7, 8]);
        await until('the metric counts', async () => /outcome="filtered"/.test(await registry.metrics()));
      }));

    it('buries what cannot be predicted with its reason and its bytes, goes on, and can try it again', () =>
      using(async ({ broker, from, to, start, come, registry }) => {
        const stream = await start({ key: 'id', input: 'in', filter: 'data.id != "skip"', largest: 5000 });
        const large = JSON.stringify({ id: 'e', in: { units: 1, price: 1 }, pad: 'x'.repeat(6000) });
        const bad = {
          BAD_JSON: 'nonsense',
          WRONG_TYPE: '{"id":"a","in":{"units":"many","price":1}}',
          MISSING_FIELD: '{"id":"b","in":{"units":1}}',
          BAD_EVENT: '{"id":"c"}',
          CONDITION_FAILED: '{"in":{"units":1,"price":1}}',
          TOO_LARGE: large,
        };
        await broker.produce(Object.values(bad).map((value, i) => plain(from, `${i}`, value)));
        await broker.produce([plain(from, 'x', { id: 'good', in: { units: 2, price: 2 } })]);
        await broker.produce([{ topic: from, key: null, value: null }]);
        await broker.produce([
          { topic: from, key: null, value: Uint8Array.of(0xff, 0xfe), headers: [['mine', Buffer.from('1')]] },
        ]);
        assert.equal(json((await come(to, 1))[0] as StreamEvent).data.key, 'good');
        await until('all are buried', async () => (await countDeadLetters(broker, stream.deployment)) === 8);
        const letters: DeadLetter[] = [];
        for await (const letter of readDeadLetters(broker, stream.deployment)) letters.push(letter);
        const sources = await readAll(broker, from);
        for (const [code, value] of Object.entries(bad)) {
          const letter = letters.find((one) => Buffer.from(one.event.value ?? []).toString() === value);
          assert.equal(letter?.code, code);
          assert.equal(letter?.topic, from);
          assert.equal(letter?.model, 'int-inputs@1.0.0');
          assert.ok((letter?.reason.length ?? 0) > 10);
          const original = sources.find((one) => Buffer.from(one.value ?? []).toString() === value);
          assert.deepEqual([letter?.partition, letter?.offset], [original?.partition, original?.offset]);
        }
        const binary = letters.find(({ event }) => event.value?.[0] === 0xff);
        assert.ok(binary);
        assert.deepEqual([...(binary.event.value ?? [])], [0xff, 0xfe]);
        assert.equal(header(binary.event, 'mine'), '1');
        assert.match(await registry.metrics(), /millrace_stream_events_total\{[^}]*outcome="WRONG_TYPE"\} 1/);

        await stream.stop();
        const { deployment } = stream;
        assert.equal(await replayDeadLetters(broker, deployment, new AbortController().signal), 8);
        assert.equal(await countDeadLetters(broker, deployment), 0);
        assert.equal(await replayDeadLetters(broker, deployment, new AbortController().signal), 0);
        const mended = await start({ key: 'id', input: 'in', filter: 'has(data.id)', largest: 50_000 });
        const after = (await come(to, 2)).map(json).find(({ data }) => data.key === 'e');
        const original = sources.find((one) => Buffer.from(one.value ?? []).toString() === large);
        assert.equal(after.id, `${from}/${original?.partition}/${original?.offset}`);
        await until('the others are buried again', async () => (await countDeadLetters(broker, deployment)) === 6);
        for await (const letter of readDeadLetters(broker, mended.deployment)) assert.equal(letter.topic, from);
      }));

    for (const [tombstones, left] of [
      ['pass', ['a', 'none', 'b', 'none']],
      ['skip', ['a', 'b']],
      ['dead-letter', ['a', 'b']],
    ] as const) {
      it(`does with tombstones what it is told: ${tombstones}`, () =>
        using(async ({ broker, from, to, start, come, registry }) => {
          const stream = await start({ tombstones, filter: 'data.units > 0', key: 'ride' });
          const key = Buffer.from([0, 0x80]);
          const tombstone = { topic: from, key, value: null };
          const ride = (units: number) => ({
            topic: from,
            key,
            value: Buffer.from(JSON.stringify({ units, price: 1, ride: { base64: 'AIA=' } })),
          });
          // One micro-batch, so that what is between two predictions has to be kept there.
          await broker.produce([ride(1), tombstone, ride(2), { topic: from, key: null, value: null }, tombstone]);
          const events = await come(to, left.length);
          const named = { 1: 'a', 2: 'b' };
          assert.deepEqual(
            events.map((event) =>
              event.value === null ? 'none' : named[json(event).data.prediction.total as keyof typeof named],
            ),
            left,
          );
          for (const event of events) assert.deepEqual(Buffer.from(event.key ?? []), key);
          const letters = { pass: 1, skip: 0, 'dead-letter': 3 }[tombstones];
          const outcome = { pass: 'passed"} 2', skip: 'skipped"} [123]', 'dead-letter': 'BAD_EVENT"} [123]' }[
            tombstones
          ];
          await until('all are counted', async () => new RegExp(`outcome="${outcome}`).test(await registry.metrics()));
          await until('others are buried', async () => (await countDeadLetters(broker, stream.deployment)) === letters);
          assert.equal((await readAll(broker, to)).length, left.length);
        }));
    }

    it('several deployments on one topic each predict every event; replicas of one share them', () =>
      using(async ({ broker, from, to, start, come }) => {
        const mark = to.slice(-8);
        await start({ name: `a-${mark}`, to });
        await start({ name: `b-${mark}`, to: `${to}.b` });
        const other = await open();
        const twin = await start({ name: `b-${mark}`, to: `${to}.b` }, { broker: other });
        await until('the twin has a share', () => twin.partitions.length > 0 && twin.partitions.length < 4);
        for (let i = 0; i < 600; i += 100) await broker.produce(numbered(from, 100, i));
        for (const topic of [to, `${to}.b`]) {
          const totals = (await come(topic, 600)).map((event) => json(event).data.prediction.total);
          assert.deepEqual(
            totals.sort((x, y) => x - y),
            Array.from({ length: 600 }, (_, i) => i),
          );
        }
        await twin.stop();
        await other.close();
      }));

    it('one event that breaks the model costs its neighbours nothing', () =>
      using(async ({ broker, from, to, start, come }) => {
        const breaking = changed((score) => async (rows) => {
          if (rows.some((row) => (row as { units: number }).units === 13)) throw new Error('the model broke');
          return score(rows);
        });
        const stream = await start({}, { source: breaking });
        await broker.produce(numbered(from, 30));
        const totals = (await come(to, 29)).map((event) => json(event).data.prediction.total);
        assert.deepEqual(
          totals.sort((x, y) => x - y),
          Array.from({ length: 30 }, (_, i) => i).filter((n) => n !== 13),
        );
        await until('it is buried', async () => (await countDeadLetters(broker, stream.deployment)) === 1);
        for await (const letter of readDeadLetters(broker, stream.deployment))
          assert.equal(letter.code, 'MODEL_FAILED');
      }));

    it('holds a bounded number of events while the model is slower than the producers', () =>
      using(async ({ broker, from, to, start, come, registry }) => {
        setFlagsFromString('--expose-gc');
        const gc = runInNewContext('gc') as () => void;
        // Buffers are given back after the collection that finds them unused.
        const used = async (): Promise<number> => {
          for (let turn = 0; turn < 3; turn++) {
            gc();
            await sleep(50);
          }
          const { heapUsed, external, arrayBuffers } = process.memoryUsage();
          return (heapUsed + external + arrayBuffers) / 2 ** 20;
        };
        const count = 20_000;
        const gate = Promise.withResolvers<void>();
        let scored = 0;
        const slow = changed((score) => async (rows) => {
          await gate.promise;
          scored += rows.length;
          return score(rows);
        });
        try {
          const stream = await start({ batch: { size: 20 } }, { source: slow });
          await until('it has its partitions', () => stream.partitions.length === 4);
          const before = await used();
          const pad = 'x'.repeat(2000);
          for (let i = 0; i < count; i += 500) {
            await broker.produce(
              Array.from({ length: 500 }, (_, j) => plain(from, `k${(i + j) % 9}`, { units: i + j, price: 1, pad })),
            );
          }
          const mine = () => stream.partitions.filter(({ topic }) => topic === from);
          await until('events wait', () => mine().every(({ waiting }) => waiting > 0));
          // 40 MB lie in the log. What waits here is bounded by events and by bytes.
          const more = (await used()) - before;
          assert.ok(more < 16, `${more} MB more`);
          for (const { waiting } of mine()) assert.ok(waiting < 1500, `${waiting} wait`);
          assert.equal(scored, 0);
          const [zero] = await broker.positions('none', [from]);
          await until('the lag is known', async () => {
            const lags = await registry.metrics();
            return lags.includes(`topic="${from}",partition="0"} ${zero?.end}`);
          });
        } finally {
          gate.resolve();
        }
        assert.equal((await come(to, count)).length, count);
      }));

    it('says that it is not ready when it is alive but does not advance, and is again when it does', () =>
      using(async ({ broker, from, to, start, come, registry }) => {
        let stuck = true;
        const gate = Promise.withResolvers<void>();
        const sticking = changed((score) => async (rows) => {
          if (stuck) await gate.promise;
          return score(rows);
        });
        const stream = await start({ stall: '300ms' }, { source: sticking });
        try {
          await until('it is ready', () => stream.obstacles().length === 0 && stream.partitions.length === 4);
          await broker.produce(numbered(from, 20));
          await until('it is not', () => stream.obstacles().some((one) => /has not advanced/.test(one)));
          assert.match(await registry.metrics(), /millrace_stream_ready\{[^}]*\} 0/);
        } finally {
          stuck = false;
          gate.resolve();
        }
        await come(to, 20);
        await until('it is ready again', () => stream.obstacles().length === 0);
        assert.match(await registry.metrics(), /millrace_stream_ready\{[^}]*\} 1/);
      }));

    it('says that it is not ready while nobody reads a partition, or a topic is missing, and how much waits there', () =>
      using(async ({ broker, from, start, registry }) => {
        const unread = [{ topic: from, partition: 7, lag: 12 }];
        const missing: string[] = [];
        const part: Broker = {
          ...broker,
          consume: (options, work) => {
            const membership = broker.consume(options, work);
            return {
              leave: membership.leave,
              missing,
              unread,
              get joined() {
                return membership.joined;
              },
              get partitions() {
                return membership.partitions;
              },
            };
          },
        };
        const stream = await start({ stall: '200ms' }, { broker: part });
        await until('it says so', () =>
          stream.obstacles().some((one) => /nobody has read .*\/7 .* 12 events/.test(one)),
        );
        const metrics = await registry.metrics();
        assert.match(metrics, /millrace_stream_lag\{[^}]*partition="7"\} 12/);
        assert.match(metrics, /millrace_stream_unread\{[^}]*partition="7"\} 1/);
        assert.match(metrics, /millrace_stream_ready\{[^}]*\} 0/);
        unread.pop();
        await until('it is ready', () => stream.obstacles().length === 0);
        missing.push('gone');
        assert.deepEqual(stream.obstacles(), ['there is no topic gone; it is read once it is there']);
      }));

    it('predicts what comes in partitions that are added while it runs', () =>
      using(async ({ broker, from, to, start, come }) => {
        const stream = await start();
        await until('it has its partitions', () => stream.partitions.length === 4);
        await broker.growTopic(from, 6);
        await broker.produce(numbered(from, 90));
        assert.equal((await come(to, 90)).length, 90);
        await until('it has the new ones', () => stream.partitions.length === 7);
        assert.deepEqual(stream.obstacles(), []);
      }));

    it('lets a new version take over between micro-batches, and each event names the version that made it', () =>
      using(async ({ broker, from, to, start, come }) => {
        let version = '1.0.0';
        let closed = 0;
        const versioned: ModelSource = {
          open: app.open,
          resolve: async () => ({ version, digest: `sha256:${version}` }),
          load: async (found) => {
            const scorer = await app.load(found);
            return {
              ...scorer,
              manifest: { ...scorer.manifest, version },
              digest: `sha256:${version}`,
              close: async () => {
                closed++;
                await scorer.close();
              },
            };
          },
        };
        const stream = await start({}, { source: versioned, followEvery: 50 });
        let sent = 0;
        const send = async (): Promise<void> => {
          await broker.produce(numbered(from, 50, sent));
          sent += 50;
        };
        await send();
        await come(to, 50);
        version = '1.1.0';
        await until('it has taken over', async () => {
          await send();
          return stream.model.version === '1.1.0';
        });
        await send();
        const events = (await come(to, sent)).map(json);
        assert.equal(events.length, sent);
        const versions = new Set(events.map(({ data }) => data.version));
        assert.deepEqual([...versions].sort(), ['1.0.0', '1.1.0']);
        for (const { data } of events) assert.equal(data.digest, `sha256:${data.version}`);
        assert.equal(closed, 1);
      }));

    it('a version that fails its golden examples does not take over', () =>
      using(async ({ broker, from, to, start, come }) => {
        let version = '1.0.0';
        const troubles: string[] = [];
        const versioned: ModelSource = {
          open: app.open,
          resolve: async () => ({ version, digest: `sha256:${version}` }),
          load: async (found) => {
            const scorer = await app.load(found);
            const mine = version;
            return {
              ...scorer,
              manifest: { ...scorer.manifest, version },
              digest: `sha256:${version}`,
              score: async (rows, options) =>
                mine === '1.0.0' ? scorer.score(rows, options) : rows.map(() => ({ output: { total: 1, over: true } })),
            };
          },
        };
        const onEvent: StreamParts['onEvent'] = (news) => {
          if (news.kind === 'trouble') troubles.push(news.problem.code);
        };
        const stream = await start({}, { source: versioned, followEvery: 50, onEvent });
        version = '2.0.0';
        await until('it was refused', () => troubles.includes('EXAMPLE_OFF'));
        await broker.produce(numbered(from, 10));
        for (const event of await come(to, 10)) assert.equal(json(event).data.version, '1.0.0');
        assert.equal(stream.model.version, '1.0.0');
        assert.deepEqual(troubles, ['EXAMPLE_OFF']);
      }));

    it('stops gracefully: what it has begun is committed, and nothing is predicted twice afterwards', () =>
      using(async ({ broker, from, to, start, come }) => {
        for (let i = 0; i < 2000; i += 500) await broker.produce(numbered(from, 500, i));
        for (let turn = 0; turn < 3; turn++) {
          const stream = await start({ batch: { size: 50 } });
          await until('something is done', async () => (await readAll(broker, to)).length > turn * 100);
          await stream.stop();
          assert.deepEqual(stream.partitions, []);
        }
        await start();
        const totals = (await come(to, 2000)).map((event) => json(event).data.prediction.total);
        assert.deepEqual(
          totals.sort((x, y) => x - y),
          Array.from({ length: 2000 }, (_, i) => i),
        );
      }));

    it('gathers a micro-batch for as long as it is told', () =>
      using(async ({ broker, from, to, start, come, registry }) => {
        await start({ batch: { size: 100, delay: '60s' } });
        const key = 'one';
        for (let i = 0; i < 100; i++) await broker.produce([plain(from, key, { units: i, price: 1 })]);
        await come(to, 100);
        assert.match(await registry.metrics(), /millrace_stream_batch_events_bucket\{le="50",[^}]*\} 0/);
        assert.match(await registry.metrics(), /millrace_stream_batch_events_count\{[^}]*\} 1/);
      }));

    for (const database of ['SQLite', 'PostgreSQL'] as const) {
      it(`writes predictions to a table of ${database}, each event once, also when it is written again`, () =>
        using(async ({ broker, from, to, start, come }) => {
          const url =
            database === 'SQLite'
              ? `sqlite:${join(mkdtempSync(join(tmpdir(), 'millrace-sink-')), 'sink.db')}`
              : await (await startPostgres()).database();
          const connect = () => openDatabase(url);
          const open = async () =>
            tablePredictions(
              await openSink(
                { connection: 'warehouse', table: 'totals' },
                { folder: '.', span: undefined, database: connect },
              ),
              'table',
            );
          // The first commits fail after the rows are written, as they do when a process ends in between.
          let failures = 3;
          const failing: Broker = {
            ...broker,
            consume: (options, work) =>
              broker.consume(options, (partition) =>
                work({
                  topic: partition.topic,
                  partition: partition.partition,
                  signal: partition.signal,
                  take: partition.take,
                  waiting: partition.waiting,
                  lag: partition.lag,
                  commit: async (position, results) => {
                    if (failures-- > 0) throw new Error('ended before the commit');
                    await partition.commit(position, results);
                  },
                }),
              ),
          };
          await start({ key: 'key', batch: { size: 20 } }, { broker: failing, sink: await open() });
          /** Two of them are no text, or none that every database takes. */
          const keys = [...'0123456'].map((n): readonly [key: unknown, name: string] => [`k${n}`, `k${n}`]);
          keys.push([{ base64: 'AAAAAAAAAIA=' }, 'base64:AAAAAAAAAIA='], ['a\u0000b', 'base64:YQBi']);
          const events = Array.from({ length: 300 }, (_, n) =>
            plain(from, `k${n % 9}`, { key: keys[n % 9][0], units: n, price: 2 }),
          );
          await broker.produce(events);
          const ids = (await come(to, 300)).map((event) => json(event).id as string);
          const reader = await connect();
          const rows = await reader.query('select event_id, event_key, total, over, version, scored_at from totals');
          await reader.close();
          assert.equal(rows.length, 300);
          assert.deepEqual(rows.map(({ event_id }) => String(event_id)).sort(), ids.sort());
          const totals = rows.map(({ total }) => Number(total)).sort((a, b) => a - b);
          assert.deepEqual(
            totals,
            Array.from({ length: 300 }, (_, n) => 2 * n),
          );
          for (const row of rows) {
            assert.equal(row.event_key, keys[(Number(row.total) / 2) % 9][1]);
            assert.equal(row.version, '1.0.0');
            assert.equal(Boolean(row.over), false);
          }
        }));
    }
  });
};
