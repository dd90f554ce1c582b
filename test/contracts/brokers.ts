import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type AssignedPartition,
  type Broker,
  header,
  type Membership,
  type NewEvent,
  type StreamEvent,
} from '../../src/brokers/broker.ts';
import { startZombie } from './broker-zombie.ts';

/** A broker that runs. All its addresses mean the same one; topics of other tests may be in it. */
export interface BrokerUnderTest {
  readonly name: string;
  readonly address: string;
  open(): Promise<Broker>;
}

const bytes = (text: string): Uint8Array => Buffer.from(text);
const textOf = (data: Uint8Array | null): string | null => (data === null ? null : Buffer.from(data).toString());

/** Waits for what must come; a test that waits in vain fails by its own time limit, with this text. */
const until = async (what: string, come: () => boolean | Promise<boolean>): Promise<void> => {
  const deadline = performance.now() + 30_000;
  while (!(await come())) {
    if (performance.now() > deadline) assert.fail(`waited in vain until ${what}`);
    await sleep(10);
  }
};

const numbered = (topic: string, count: number, keys = 7, from = 0): NewEvent[] =>
  Array.from({ length: count }, (_, i) => ({
    topic,
    key: bytes(`k${(i + from) % keys}`),
    value: bytes(`${i + from}`),
  }));

const readAll = async (broker: Broker, topic: string): Promise<StreamEvent[]> => {
  const events: StreamEvent[] = [];
  for await (const batch of broker.read(topic, { from: 'earliest', untilEnd: true })) events.push(...batch.events);
  return events;
};

const count = (events: readonly StreamEvent[], partition: number): number =>
  events.filter((event) => event.partition === partition).length;

/** The values of each key, in the order in which they lie in their partition. */
const byKey = (events: readonly StreamEvent[]): Map<string | null, number[]> => {
  const found = new Map<string | null, number[]>();
  for (const { key, value } of events) {
    const name = textOf(key);
    found.set(name, [...(found.get(name) ?? []), Number(textOf(value))]);
  }
  return found;
};

const assertOnceInOrder = (events: readonly StreamEvent[], count: number): void => {
  const values = events.map(({ value }) => Number(textOf(value))).sort((a, b) => a - b);
  assert.deepEqual(
    values,
    Array.from({ length: count }, (_, i) => i),
  );
  for (const [key, list] of byKey(events))
    assert.deepEqual(
      list,
      list.toSorted((a, b) => a - b),
      `order of ${key}`,
    );
};

/** Copies every event to another topic, exactly once. */
const copyTo =
  (to: string, most = 50) =>
  async (partition: AssignedPartition): Promise<void> => {
    while (!partition.signal.aborted) {
      const { events, position } = await partition.take(most);
      if (partition.signal.aborted) return;
      await partition.commit(
        position,
        events.map(({ key, value, headers }) => ({ topic: to, key, value, headers })),
      );
    }
  };

/** What every stream broker promises. `broker` gives the one that the tests share. */
export const brokersContract = (name: string, start: () => Promise<BrokerUnderTest>): void => {
  describe(`streams in ${name}`, { timeout: 280_000 }, () => {
    /** Runs a test with a broker of its own client, and topics that nobody else uses. */
    const using = async (
      topics: readonly string[],
      test: (broker: Broker, ...names: string[]) => Promise<void>,
      partitions = 3,
    ): Promise<void> => {
      const broker = await (await start()).open();
      try {
        const names = topics.map((topic) => `${topic}-${randomUUID().slice(0, 8)}`);
        for (const topic of names) await broker.ensureTopic(topic, { partitions });
        await test(broker, ...names);
      } finally {
        await broker.close();
      }
    };
    const group = () => `group-${randomUUID().slice(0, 8)}`;

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

    it('begins a new group at the earliest event or after the latest', () =>
      using(['t'], async (broker, topic) => {
        await broker.produce(numbered(topic, 30));
        const seen = { earliest: 0, latest: 0 };
        const membershipOf = (from: 'earliest' | 'latest') =>
          broker.consume({ group: group(), topics: [topic], start: from }, async (partition) => {
            while (!partition.signal.aborted) {
              const { events } = await partition.take(100);
              seen[from] += events.length;
            }
          });
        const members = [membershipOf('earliest'), membershipOf('latest')];
        await until('both have their partitions', () => members.every(({ partitions }) => partitions.length === 3));
        await until('the old ones are there', () => seen.earliest === 30);
        await broker.produce(numbered(topic, 12));
        await until('the new ones are there', () => seen.earliest === 42 && seen.latest >= 12);
        assert.equal(seen.latest, 12);
        await Promise.all(members.map((member) => member.leave()));
      }));

    it('a group that began at the latest event misses nothing that comes while it is away', () =>
      using(['t'], async (broker, topic) => {
        await broker.produce(numbered(topic, 30));
        const name = group();
        const seen: number[] = [];
        const join = () =>
          broker.consume({ group: name, topics: [topic], start: 'latest' }, async (partition) => {
            while (!partition.signal.aborted) {
              const { events, position } = await partition.take(100);
              if (!partition.signal.aborted) await partition.commit(position);
              seen.push(...events.map(({ value }) => Number(textOf(value))));
            }
          });
        const first = join();
        await until('it has joined', () => first.partitions.length === 3);
        await first.leave();
        await broker.produce(numbered(topic, 20, 7, 100));
        const second = join();
        await until('all are there', () => seen.length >= 20);
        await second.leave();
        assert.deepEqual(
          seen.sort((a, b) => a - b),
          Array.from({ length: 20 }, (_, i) => 100 + i),
        );
      }));

    it('goes on after the last commit, and repeats what was not committed', () =>
      using(
        ['t'],
        async (broker, topic) => {
          await broker.produce(numbered(topic, 20));
          const name = group();
          const firstOffsets: number[] = [];
          const first = broker.consume({ group: name, topics: [topic], start: 'earliest' }, async (partition) => {
            const { position } = await partition.take(5);
            await partition.commit(position);
            const { events } = await partition.take(5);
            firstOffsets.push(events[0]?.offset ?? -1);
            await new Promise((resolve) => partition.signal.addEventListener('abort', resolve));
          });
          await until('it has taken twice', () => firstOffsets.length === 1);
          await first.leave();
          const again: number[] = [];
          const second = broker.consume({ group: name, topics: [topic], start: 'earliest' }, async (partition) => {
            const { events } = await partition.take(100);
            again.push(events[0]?.offset ?? -1);
            await new Promise((resolve) => partition.signal.addEventListener('abort', resolve));
          });
          await until('it has taken again', () => again.length === 1);
          await second.leave();
          assert.deepEqual([firstOffsets, again], [[5], [5]]);
        },
        1,
      ));

    it('gives every event to every group', () =>
      using(['t', 'a', 'b'], async (broker, topic, a, b) => {
        const members = [a, b].map((to) =>
          broker.consume({ group: group(), topics: [topic], start: 'earliest' }, copyTo(to)),
        );
        await broker.produce(numbered(topic, 300));
        for (const to of [a, b]) {
          await until(`${to} is full`, async () => (await readAll(broker, to)).length >= 300);
          assertOnceInOrder(await readAll(broker, to), 300);
        }
        await Promise.all(members.map((member) => member.leave()));
      }));

    it('publishes results and moves the group in one step, or not at all', () =>
      using(
        ['t', 'to'],
        async (broker, topic, to) => {
          await broker.produce(numbered(topic, 10));
          const name = group();
          const refusals: unknown[] = [];
          let tries = 0;
          const member = broker.consume(
            { group: name, topics: [topic], start: 'earliest', onTrouble: (error) => refusals.push(error) },
            async (partition) => {
              const { events, position } = await partition.take(100);
              if (partition.signal.aborted) return;
              const results = events.map(({ key, value }) => ({ topic: to, key, value }));
              if (tries++ === 0) results.push({ topic: `${to}-none`, key: bytes('x'), value: bytes('x') });
              await partition.commit(position, results);
              await new Promise((resolve) => partition.signal.addEventListener('abort', resolve));
            },
          );
          await until('the second try is there', async () => (await readAll(broker, to)).length > 0);
          assert.equal((refusals[0] as { code?: string }).code, 'UNKNOWN_TOPIC');
          assertOnceInOrder(await readAll(broker, to), 10);
          await until('the group has moved', async () => (await broker.positions(name, [topic]))[0]?.committed === 10);
          await member.leave();
        },
        1,
      ));

    it('shares partitions between members, and loses and repeats nothing when they come and go', () =>
      using(
        ['t', 'to'],
        async (broker, topic, to) => {
          const name = group();
          const other = await (await start()).open();
          const join = (on: Broker): Membership =>
            on.consume({ group: name, topics: [topic], start: 'earliest' }, copyTo(to, 20));
          const count = 3000;
          let produced = 0;
          const producing = (async () => {
            for (; produced < count; produced += 50) {
              await broker.produce(numbered(topic, 50, 7, produced));
              await sleep(20);
            }
          })();
          const first = join(broker);
          await until('one has all', () => first.partitions.length === 4);
          const second = join(other);
          await until('two share', () => first.partitions.length === 2 && second.partitions.length === 2);
          const both = [...first.partitions, ...second.partitions].map(({ partition }) => partition).sort();
          assert.deepEqual(both, [0, 1, 2, 3]);
          await first.leave();
          await until('the other has all', () => second.partitions.length === 4);
          const third = join(broker);
          await until('two share again', () => third.partitions.length === 2);
          await producing;
          await until('all are there', async () => (await readAll(broker, to)).length >= count);
          await Promise.all([second.leave(), third.leave()]);
          await other.close();
          assertOnceInOrder(await readAll(broker, to), count);
        },
        4,
      ));

    it('reads partitions that are added to a topic, shares them, and loses and repeats nothing', () =>
      using(
        ['t', 'to'],
        async (broker, topic, to) => {
          const name = group();
          const other = await (await start()).open();
          const members = [broker, other].map((one) =>
            one.consume({ group: name, topics: [topic], start: 'earliest' }, copyTo(to, 20)),
          );
          const owned = () => members.flatMap(({ partitions }) => partitions.map(({ partition }) => partition)).sort();
          await until('one has it', () => owned().length === 1);
          await broker.produce(numbered(topic, 100));
          await broker.growTopic(topic, 4);
          await broker.growTopic(topic, 2);
          assert.deepEqual((await broker.topics()).find((one) => one.topic === topic)?.partitions, 4);
          for (let i = 100; i < 400; i += 50) await broker.produce(numbered(topic, 50, 50, i));
          assert.equal(new Set((await readAll(broker, topic)).map(({ partition }) => partition)).size, 4);
          await until('all have an owner', () => owned().join() === '0,1,2,3');
          await until('both have some', () => members.every(({ partitions }) => partitions.length === 2));
          await until('all are there', async () => (await readAll(broker, to)).length >= 400);
          await until('nobody waits', () =>
            members.every(({ unread, missing }) => unread.length + missing.length === 0),
          );
          await Promise.all(members.map((member) => member.leave()));
          await other.close();
          const values = (await readAll(broker, to)).map(({ value }) => Number(textOf(value)));
          assert.deepEqual(
            values.sort((a, b) => a - b),
            Array.from({ length: 400 }, (_, i) => i),
          );
        },
        1,
      ));

    it('reads what is added to a topic from its first event, also in a group that began at the latest', () =>
      using(
        ['t', 'to'],
        async (broker, topic, to) => {
          await broker.produce(numbered(topic, 10));
          const name = group();
          const join = () => broker.consume({ group: name, topics: [topic], start: 'latest' }, copyTo(to));
          const first = join();
          await until('it has it', () => first.partitions.length === 1);
          await broker.growTopic(topic, 2);
          await broker.produce(numbered(topic, 20, 20, 100));
          await until('it has both', () => first.partitions.length === 2);
          await until('the new ones are there', async () => (await readAll(broker, to)).length >= 20);
          await first.leave();
          // One more while nobody is there.
          await broker.growTopic(topic, 3);
          await broker.produce(numbered(topic, 20, 20, 120));
          const second = join();
          await until('all are there', async () => (await readAll(broker, to)).length >= 40);
          await second.leave();
          const values = (await readAll(broker, to)).map(({ value }) => Number(textOf(value)));
          assert.deepEqual(
            values.sort((a, b) => a - b),
            Array.from({ length: 40 }, (_, i) => 100 + i),
          );
        },
        1,
      ));

    it('waits for a topic that does not exist yet, says so, reads the others, and misses none of its events', () =>
      using(['t', 'to'], async (broker, topic, to) => {
        const late = `${topic}-late`;
        const troubles: unknown[] = [];
        const onTrouble = (error: unknown) => troubles.push(error);
        const member = broker.consume(
          { group: group(), topics: [topic, late], start: 'latest', onTrouble },
          copyTo(to),
        );
        await until('it reads the others', () => member.joined && member.partitions.length === 3);
        assert.deepEqual(member.missing, [late]);
        assert.equal(troubles.length, 1);
        assert.match(String(troubles[0]), new RegExp(`There is no topic '${late}'`));
        await broker.produce(numbered(topic, 10));
        await until('the others are there', async () => (await readAll(broker, to)).length === 10);
        await broker.ensureTopic(late, { partitions: 2 });
        await broker.produce(numbered(late, 10, 7, 10));
        await until('its events are there', async () => (await readAll(broker, to)).length >= 20);
        assert.deepEqual(member.missing, []);
        await member.leave();
        const values = (await readAll(broker, to)).map(({ value }) => Number(textOf(value)));
        assert.deepEqual(
          values.sort((a, b) => a - b),
          Array.from({ length: 20 }, (_, i) => i),
        );
      }));

    it('tells which partitions nobody reads, and how many events wait there', () =>
      using(['t'], async (broker, topic) => {
        const name = group();
        const unread = async () =>
          (await broker.unread(name, [topic])).map(({ partition, lag }) => [partition, lag] as const);
        await broker.produce(numbered(topic, 30));
        const ends = (await broker.positions(name, [topic])).map(({ partition, end }) => [partition, end] as const);
        assert.deepEqual(await unread(), ends);
        const member = broker.consume({ group: name, topics: [topic], start: 'earliest' }, async (partition) => {
          while (!partition.signal.aborted) {
            const { position } = await partition.take(100);
            if (!partition.signal.aborted) await partition.commit(position);
          }
        });
        await until('it has all', async () => (await unread()).length === 0);
        await until('it says so', () => member.unread.length === 0);
        await until('it is through', async () =>
          (await broker.positions(name, [topic])).every(({ end, committed }) => end === committed),
        );
        await member.leave();
        await broker.produce(numbered(topic, 30));
        await until('nobody reads', async () => (await unread()).length === 3);
        assert.equal(
          (await unread()).reduce((sum, [, lag]) => sum + lag, 0),
          30,
        );
        await assert.rejects(broker.unread(name, [`${topic}-none`]), { code: 'UNKNOWN_TOPIC' });
        await assert.rejects(broker.growTopic(`${topic}-none`, 9), { code: 'UNKNOWN_TOPIC' });
      }));

    it('reads on in partitions that are added while it reads', () =>
      using(
        ['t'],
        async (broker, topic) => {
          const stop = new AbortController();
          const seen: number[] = [];
          const reading = [new Map([[0, 0]]), 'latest' as const].map(async (from) => {
            for await (const { events } of broker.read(topic, { from, signal: stop.signal })) {
              seen.push(...events.filter(({ partition }) => partition > 0).map(({ value }) => Number(textOf(value))));
            }
          });
          await sleep(300);
          await broker.growTopic(topic, 3);
          await broker.produce(numbered(topic, 60, 60));
          const added = (await readAll(broker, topic)).filter(({ partition }) => partition > 0);
          await until('both have read them', () => seen.length >= 2 * added.length);
          stop.abort();
          await Promise.all(reading);
          assert.equal(seen.length, 2 * added.length);
        },
        1,
      ));

    it('fences a member that slept while its partitions went to another', () =>
      using(
        ['t', 'to'],
        async (broker, topic, to) => {
          const name = group();
          const { address } = await start();
          const zombie = await startZombie({ address, group: name, topic, to });
          try {
            await broker.produce(numbered(topic, 20));
            await zombie.said('took');
            zombie.stop();
            const member = broker.consume({ group: name, topics: [topic], start: 'earliest' }, copyTo(to));
            await until('the other has done the work', async () => (await readAll(broker, to)).length === 20);
            zombie.wake();
            assert.equal(await zombie.said('commit'), 'FENCED');
            assertOnceInOrder(await readAll(broker, to), 20);
            await member.leave();
          } finally {
            await zombie.kill();
          }
        },
        1,
      ));

    it('holds little of a partition whose work is slow, and goes on with the others', () =>
      using(['t'], async (broker, topic) => {
        const count = 6000;
        for (let i = 0; i < count; i += 500) await broker.produce(numbered(topic, 500, 100, i));
        const waiting = { events: 100, bytes: 1024 * 1024 };
        let seen = 0;
        let slow: AssignedPartition | undefined;
        const member = broker.consume(
          { group: group(), topics: [topic], start: 'earliest', waiting },
          async (partition) => {
            if (partition.partition === 0) {
              slow = partition;
              await new Promise((resolve) => partition.signal.addEventListener('abort', resolve));
            }
            while (!partition.signal.aborted) {
              const { events } = await partition.take(50);
              seen += events.length;
            }
          },
        );
        const ends = await broker.positions('none', [topic]);
        const expected = (ends[1]?.end ?? 0) + (ends[2]?.end ?? 0);
        assert.ok(expected > 3000);
        await until('the others are through', () => seen === expected);
        assert.ok(slow && slow.waiting > 0 && slow.waiting < waiting.events + 900, `${slow?.waiting} wait`);
        assert.equal(slow?.lag, ends[0]?.end);
        await member.leave();
      }));

    it('gathers events for a while when asked to', () =>
      using(
        ['t'],
        async (broker, topic) => {
          const sizes: number[] = [];
          const member = broker.consume({ group: group(), topics: [topic], start: 'earliest' }, async (partition) => {
            while (!partition.signal.aborted) {
              const { events } = await partition.take(4, 60_000);
              if (events.length > 0) sizes.push(events.length);
            }
          });
          for (let i = 0; i < 8; i++) {
            await broker.produce(numbered(topic, 1, 1, i));
            await sleep(20);
          }
          await until('two batches are there', () => sizes.length === 2);
          await broker.produce(numbered(topic, 1));
          await member.leave();
          assert.deepEqual(sizes.slice(0, 2), [4, 4]);
        },
        1,
      ));

    it('calls the work again when it throws, from the last commit', () =>
      using(
        ['t', 'to'],
        async (broker, topic, to) => {
          await broker.produce(numbered(topic, 40));
          const troubles: unknown[] = [];
          let turn = 0;
          const member = broker.consume(
            { group: group(), topics: [topic], start: 'earliest', onTrouble: (error) => troubles.push(error) },
            async (partition) => {
              if (turn++ > 0) return copyTo(to)(partition);
              const { events, position } = await partition.take(15);
              await partition.commit(
                position,
                events.map(({ key, value }) => ({ topic: to, key, value })),
              );
              await partition.take(10);
              throw new Error('a defect');
            },
          );
          await until('all are there', async () => (await readAll(broker, to)).length >= 40);
          await member.leave();
          assertOnceInOrder(await readAll(broker, to), 40);
          assert.match(String(troubles[0]), /a defect/);
        },
        1,
      ));

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

    it('reads to the end of what a transaction has written', () =>
      using(
        ['t', 'to'],
        async (broker, topic, to) => {
          await broker.produce(numbered(topic, 10));
          const name = group();
          const member = broker.consume({ group: name, topics: [topic], start: 'earliest' }, copyTo(to));
          await until('all are there', async () => (await readAll(broker, to)).length === 10);
          await member.leave();
          const next = broker.consume({ group: name, topics: [to], start: 'earliest' }, copyTo(topic));
          await until('nothing lags', () => next.partitions.length === 1 && next.partitions[0]?.lag === 0);
          await until('the group is at the end', async () => {
            const [at] = await broker.positions(name, [to]);
            return at !== undefined && at.committed === at.end;
          });
          await next.leave();
        },
        1,
      ));

    it('tells how far a group is', () =>
      using(['t'], async (broker, topic) => {
        const name = group();
        const before = await broker.positions(name, [topic]);
        assert.deepEqual(
          before.map(({ partition, start: first, end, committed }) => [partition, first, end, committed]),
          [
            [0, 0, 0, null],
            [1, 0, 0, null],
            [2, 0, 0, null],
          ],
        );
        await broker.produce(numbered(topic, 90));
        const member = broker.consume({ group: name, topics: [topic], start: 'earliest' }, async (partition) => {
          while (!partition.signal.aborted) {
            const { position } = await partition.take(100);
            if (!partition.signal.aborted) await partition.commit(position);
          }
        });
        await until('the group is at the end', async () =>
          (await broker.positions(name, [topic])).every(({ end, committed }) => end === committed),
        );
        await member.leave();
        assert.equal(
          (await broker.positions(name, [topic])).reduce((sum, { end }) => sum + end, 0),
          90,
        );
      }));
  });
};
