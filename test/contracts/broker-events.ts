import assert from 'node:assert/strict';
import { it } from 'node:test';
import { header, type StreamEvent } from '../../src/brokers/broker.ts';
import { assertOnceInOrder, type BrokerWorld, bytes, count, numbered, readAll, textOf, until } from './broker-world.ts';

export const brokerEvents = ({ using, start }: BrokerWorld): void => {
  it('gives back keys, values, headers and times as they were', () =>
    using(['t'], async (broker, topic) => {
      const strange = Uint8Array.from({ length: 256 }, (_, i) => i);
      await broker.produce([
        {
          topic,
          key: strange,
          value: strange,
          headers: [
            ['a', strange],
            ['b', bytes('1')],
            ['b', bytes('2')],
            // A name that is not UTF-8, byte for byte: x, 0xff, 0xc3.
            ['x\udcff\udcc3', bytes('3')],
          ],
          at: 86_400_000 * 20_000,
        },
        { topic, key: null, value: bytes(''), at: Date.now() },
        { topic, key: bytes(''), value: null },
      ]);
      const events = await readAll(broker, topic);
      assert.equal(events.length, 3);
      const full = events.find(({ headers }) => headers.length > 0);
      assert.ok(full);
      assert.deepEqual(Buffer.from(full.key ?? []), Buffer.from(strange));
      assert.deepEqual(Buffer.from(full.value ?? []), Buffer.from(strange));
      assert.deepEqual(
        full.headers.map(([one, value]) => [one, Buffer.from(value)]),
        [
          ['a', Buffer.from(strange)],
          ['b', bytes('1')],
          ['b', bytes('2')],
          ['x\udcff\udcc3', bytes('3')],
        ],
      );
      assert.equal(header(full, 'b'), '2');
      assert.equal(header(full, 'a'), undefined);
      assert.equal(full.at, 86_400_000 * 20_000);
      assert.equal(full.topic, topic);
      const keyless = events.find(({ key }) => key === null);
      assert.equal(keyless?.value?.length, 0);
      const empty = events.find(({ value }) => value === null);
      assert.equal(empty?.key?.length, 0);
    }));

  it('lays keys where every client of Kafka lays them', () =>
    using(['t'], async (broker, topic) => {
      // Values of Kafka's own UtilsTest for murmur2, as non-negative numbers modulo 3.
      const known = { '21': -973932308, foobar: -790332482, 'a-little-bit-long-string': -985981536, abc: 479470107 };
      await broker.produce(Object.keys(known).map((key) => ({ topic, key: bytes(key), value: bytes('') })));
      const lain = Object.fromEntries(
        (await readAll(broker, topic)).map(({ key, partition }) => [textOf(key), partition]),
      );
      assert.deepEqual(
        lain,
        Object.fromEntries(Object.entries(known).map(([key, hash]) => [key, (hash & 0x7fffffff) % 3])),
      );
    }));

  it('spreads events without a key over all partitions', () =>
    using(['t'], async (broker, topic) => {
      await broker.produce(Array.from({ length: 30 }, () => ({ topic, value: bytes('x') })));
      assert.equal(new Set((await readAll(broker, topic)).map(({ partition }) => partition)).size, 3);
    }));

  it('keeps the order of a key over many calls, and counts offsets up', () =>
    using(['t'], async (broker, topic) => {
      for (let i = 0; i < 20; i++) await broker.produce(numbered(topic, 50, 7, i * 50));
      const events = await readAll(broker, topic);
      assertOnceInOrder(events, 1000);
      for (const partition of [0, 1, 2]) {
        const offsets = events.filter((event) => event.partition === partition).map(({ offset }) => offset);
        assert.deepEqual(
          offsets,
          offsets.toSorted((a, b) => a - b),
        );
        assert.equal(new Set(offsets).size, offsets.length);
      }
    }));

  it('names a topic that is not there, and lists those that are', () =>
    using(['t'], async (broker, topic) => {
      await assert.rejects(broker.produce([{ topic: `${topic}-none`, value: bytes('') }]), { code: 'UNKNOWN_TOPIC' });
      await broker.ensureTopic(topic, { partitions: 9 });
      assert.deepEqual(
        (await broker.topics()).find((one) => one.topic === topic),
        { topic, partitions: 3 },
      );
      assert.ok(!(await broker.topics()).some((one) => one.topic === `${topic}-none`));
    }));

  it('reads to the end and stops, also of a topic with nothing in it', () =>
    using(['t'], async (broker, topic) => {
      assert.deepEqual(await readAll(broker, topic), []);
      await broker.produce(numbered(topic, 1500));
      assertOnceInOrder(await readAll(broker, topic), 1500);
    }));

  it('reads single partitions from an offset on', () =>
    using(['t'], async (broker, topic) => {
      await broker.produce(numbered(topic, 300));
      const all = await readAll(broker, topic);
      const [longest] = [0, 1, 2].toSorted((a, b) => count(all, b) - count(all, a));
      const half = Math.floor(count(all, longest) / 2);
      for (const [from, expected] of [
        [half, all.filter((event) => event.partition === longest && event.offset >= half)],
        [-5, all.filter((event) => event.partition === longest)],
        [1_000_000, []],
      ] as const) {
        const events: StreamEvent[] = [];
        for await (const batch of broker.read(topic, { from: new Map([[longest, from]]), untilEnd: true })) {
          events.push(...batch.events);
        }
        assert.deepEqual(events, expected);
      }
    }));

  it('reads on as events come, from the latest, until told to stop', () =>
    using(['t'], async (broker, topic) => {
      await broker.produce(numbered(topic, 10));
      const stop = new AbortController();
      const seen: (string | null)[] = [];
      const reading = (async () => {
        for await (const { events } of broker.read(topic, { from: 'latest', signal: stop.signal })) {
          seen.push(...events.map(({ value }) => textOf(value)));
        }
      })();
      const other = await (await start()).open();
      await until('the first new one is there', async () => {
        await other.produce([{ topic, value: bytes('new') }]);
        return seen.length > 0;
      });
      stop.abort();
      await reading;
      await other.close();
      assert.deepEqual([...new Set(seen)], ['new']);
    }));
};
