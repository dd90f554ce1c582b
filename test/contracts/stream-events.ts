import assert from 'node:assert/strict';
import { it } from 'node:test';
import { header, type StreamEvent } from '../../src/brokers/broker.ts';
import { writeEvent } from '../../src/events/cloud-event.ts';
import {
  countDeadLetters,
  type DeadLetter,
  readDeadLetters,
  replayDeadLetters,
} from '../../src/events/dead-letters.ts';
import { changed, json, numbered, plain, readAll, type StreamWorld, until } from './stream-world.ts';

export const streamEvents = ({ using }: StreamWorld): void => {
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
        variant: 'stable',
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
        const outcome = { pass: 'passed"} 2', skip: 'skipped"} [123]', 'dead-letter': 'BAD_EVENT"} [123]' }[tombstones];
        await until('all are counted', async () => new RegExp(`outcome="${outcome}`).test(await registry.metrics()));
        await until('others are buried', async () => (await countDeadLetters(broker, stream.deployment)) === letters);
        assert.equal((await readAll(broker, to)).length, left.length);
      }));
  }
};
