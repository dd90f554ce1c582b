import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AssignedPartition } from '../../src/brokers/broker.ts';
import { assertOnceInOrder, type BrokerWorld, copyTo, numbered, readAll, until } from './broker-world.ts';
import { startZombie } from './broker-zombie.ts';

export const brokerWork = ({ using, group, start }: BrokerWorld): void => {
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
};
