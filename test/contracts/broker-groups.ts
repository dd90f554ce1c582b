import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Broker, Membership } from '../../src/brokers/broker.ts';
import {
  assertOnceInOrder,
  type BrokerWorld,
  bytes,
  copyTo,
  numbered,
  readAll,
  textOf,
  until,
} from './broker-world.ts';

export const brokerGroups = ({ using, group, start }: BrokerWorld): void => {
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
        const count = 3000;
        const other = await (await start()).open();
        try {
          const join = (on: Broker): Membership =>
            on.consume({ group: name, topics: [topic], start: 'earliest' }, copyTo(to, 20));
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
          // Each member hears of its part by itself: for a moment both may tell of one partition.
          const shared = (): string =>
            [...first.partitions, ...second.partitions]
              .map(({ partition }) => partition)
              .sort()
              .join();
          await until('two share', () => first.partitions.length === 2 && shared() === '0,1,2,3');
          await first.leave();
          await until('the other has all', () => second.partitions.length === 4);
          const third = join(broker);
          await until('two share again', () => third.partitions.length === 2);
          await producing;
          await until('all are there', async () => (await readAll(broker, to)).length >= count);
          await Promise.all([second.leave(), third.leave()]);
        } finally {
          await other.close();
        }
        assertOnceInOrder(await readAll(broker, to), count);
      },
      4,
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
};
