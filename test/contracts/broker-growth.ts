import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type BrokerWorld, copyTo, numbered, readAll, textOf, until } from './broker-world.ts';

export const brokerGrowth = ({ using, group, start }: BrokerWorld): void => {
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
        await until('nobody waits', () => members.every(({ unread, missing }) => unread.length + missing.length === 0));
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
      const member = broker.consume({ group: group(), topics: [topic, late], start: 'latest', onTrouble }, copyTo(to));
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
};
