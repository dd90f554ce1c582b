import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Admin, Producer } from '@platformatic/kafka';
import { startKafka } from '../scripts/kafka-broker.ts';
import type { StreamEvent } from '../src/brokers/broker.ts';
import { openBroker } from '../src/brokers/index.ts';
import { brokersContract } from './contracts/brokers.ts';
import { withKafka } from './kafka.ts';

const here = { home: '.', folder: '.' };

const readAll = async (address: string, topic: string): Promise<readonly StreamEvent[]> => {
  const broker = await openBroker(address, here);
  try {
    const events: StreamEvent[] = [];
    for await (const batch of broker.read(topic, { from: 'earliest', untilEnd: true })) events.push(...batch.events);
    return events;
  } finally {
    await broker.close();
  }
};

const adminOf = (address: string) => {
  const bootstrapBrokers = address.replace('kafka://', '').replace(/\?.*/, '').split(',');
  const admin = new Admin({ clientId: 'test', bootstrapBrokers });
  return { admin, close: () => admin.close() };
};

withKafka('The contract of brokers on Kafka', (lend) => {
  const address = async (): Promise<string> => (await lend()).address;

  brokersContract('Kafka', async () => {
    const where = await address();
    return { name: 'kafka', address: where, open: () => openBroker(where, here) };
  });

  describe('Kafka alone', { timeout: 120_000 }, () => {
    it('shows every committed event and no aborted one, however transactions of one producer follow each other', async () => {
      const where = await address();
      const topic = `transactions-${process.pid}`;
      const broker = await openBroker(where, here);
      await broker.ensureTopic(topic, { partitions: 1 });
      await broker.close();
      const brokers = where.replace('kafka://', '').replace(/\?.*/, '').split(',');
      const open = () =>
        new Producer({
          clientId: 'test',
          bootstrapBrokers: brokers,
          idempotent: true,
          transactionalId: topic,
          retryDelay: 20,
        });
      const anew = { producerId: -1n, producerEpoch: -1 };
      const expected: string[] = [];
      let number = 0;
      const transaction = async (outcome: 'commit' | 'abort' | 'abandon', size: number): Promise<void> => {
        const producer = open();
        const begun = await producer.beginTransaction(anew);
        const values = Array.from({ length: size }, () => `${outcome} ${number++} ${'x'.repeat(200)}`);
        await begun.send({ messages: values.map((value) => ({ topic, partition: 0, value: Buffer.from(value) })) });
        if (outcome === 'commit') {
          expected.push(...values);
          await begun.commit();
        } else if (outcome === 'abort') await begun.abort();
        // One that is abandoned is ended by the next that comes under its name.
        await producer.close(true);
      };
      for (let turn = 0; turn < 12; turn++) {
        await transaction('commit', 40);
        await transaction(turn % 2 === 0 ? 'abort' : 'abandon', 30);
        await transaction('commit', 20);
      }
      // A mark without events: a transaction that was aborted before it had written here.
      const producer = open();
      const begun = await producer.beginTransaction(anew);
      await begun.addPartitions(await producer.metadata({ topics: [topic] }), [
        { topic, partition: 0, value: Buffer.from('') },
      ]);
      await begun.abort();
      await producer.close(true);
      await transaction('commit', 10);
      const read = (await readAll(where, topic)).map(({ value }) => Buffer.from(value ?? []).toString());
      assert.deepEqual(read, expected);
    });

    it('speaks TLS and SASL, and refuses a wrong password without telling it', async () => {
      const own = await startKafka({ secure: { user: 'alice', password: 'p@ss/word' } });
      try {
        assert.ok(own.secure);
        const { host, ca } = own.secure;
        const login = `alice:${encodeURIComponent('p@ss/word')}`;
        for (const sasl of ['plain', 'scram-sha-256']) {
          const where = `kafka://${login}@${host}?ca=${ca}&sasl=${sasl}`;
          const broker = await openBroker(where, here);
          assert.equal(broker.place, `kafka://${host}`);
          await broker.ensureTopic(sasl, { partitions: 1 });
          await broker.produce([{ topic: sasl, value: Buffer.from('secret') }]);
          const seen = Promise.withResolvers<string>();
          const member = broker.consume({ group: sasl, topics: [sasl], start: 'earliest' }, async (partition) => {
            const { events, position } = await partition.take(10);
            if (partition.signal.aborted) return;
            await partition.commit(position, [{ topic: sasl, value: Buffer.from('again') }]);
            seen.resolve(Buffer.from(events[0]?.value ?? []).toString());
          });
          assert.equal(await seen.promise, 'secret');
          await member.leave();
          await broker.close();
        }
        const wrong = await openBroker(`kafka://alice:guess-123@${host}?ca=${ca}`, here);
        await assert.rejects(wrong.topics(), (error: Error & { code?: string }) => {
          assert.equal(error.code, 'STREAM_FAILED');
          assert.doesNotMatch(error.message, /guess-123/);
          return true;
        });
        await wrong.close();
        const untrusting = await openBroker(`kafka://${login}@${host}?tls=true`, here);
        await assert.rejects(untrusting.topics(), { code: 'STREAM_FAILED' });
        await untrusting.close();
      } finally {
        await own.remove();
      }
    });

    for (const begin of ['earliest', 'latest'] as const) {
      it(`reads a topic anew that is deleted and made again, all of it, in a group that began at the ${begin}`, async () => {
        const where = await address();
        const [topic, other, to] = ['again', 'other', 'to'].map((one) => `${one}-${begin}-${process.pid}`);
        const broker = await openBroker(where, here);
        const { admin, close } = adminOf(where);
        const send = (name: string, count: number, from: number) =>
          broker.produce(Array.from({ length: count }, (_, i) => ({ topic: name, value: Buffer.from(`${from + i}`) })));
        const values = async () => (await readAll(where, to)).map(({ value }) => Number(value)).sort((a, b) => a - b);
        const until = async (holds: () => boolean | Promise<boolean>) => {
          while (!(await holds())) await sleep(20);
        };
        try {
          for (const name of [topic, other, to]) await broker.ensureTopic(name, { partitions: 1 });
          const member = broker.consume({ group: topic, topics: [topic, other], start: begin }, async (partition) => {
            while (!partition.signal.aborted) {
              const { events, position } = await partition.take(50);
              if (partition.signal.aborted) return;
              await partition.commit(
                position,
                events.map(({ value }) => ({ topic: to, value })),
              );
            }
          });
          await until(() => member.partitions.length === 2);
          await send(topic, 100, 0);
          await until(async () => (await values()).length === 100);
          await admin.deleteTopics({ topics: [topic] });
          await until(() => member.missing.length === 1);
          await send(other, 10, 100);
          await until(async () => (await values()).length === 110);
          await broker.ensureTopic(topic, { partitions: 2 });
          // More than there were before: positions of the old one would lie among them.
          await send(topic, 300, 110);
          await until(async () => (await values()).length >= 410);
          assert.deepEqual(
            await values(),
            Array.from({ length: 410 }, (_, i) => i),
          );
          // Deleted and made again before anybody looks.
          await admin.deleteTopics({ topics: [topic] });
          await broker.ensureTopic(topic, { partitions: 3 });
          await send(topic, 400, 410);
          await until(async () => (await values()).length >= 810);
          assert.deepEqual(
            await values(),
            Array.from({ length: 810 }, (_, i) => i),
          );
          await member.leave();
        } finally {
          await close();
          await broker.close();
        }
      });
    }

    it('goes on at the first event that is kept when what came next is gone, in that partition alone', async () => {
      const where = await address();
      const topic = `gone-${process.pid}`;
      const broker = await openBroker(where, here);
      await broker.ensureTopic(topic, { partitions: 2 });
      await broker.produce(Array.from({ length: 100 }, (_, i) => ({ topic, value: Buffer.from(`${i}`) })));
      const troubles: string[] = [];
      const firstOffsets = async (most: number): Promise<readonly number[]> => {
        const first: number[] = [];
        const onTrouble = (error: unknown): void => {
          troubles.push(String(error));
        };
        const member = broker.consume(
          { group: topic, topics: [topic], start: 'earliest', onTrouble },
          async (partition) => {
            let { events, position } = await partition.take(most);
            while (events.length === 0 && !partition.signal.aborted)
              ({ events, position } = await partition.take(most));
            if (partition.signal.aborted) return;
            await partition.commit(position);
            first[partition.partition] = events[0]?.offset ?? -1;
            await new Promise((resolve) => partition.signal.addEventListener('abort', resolve));
          },
        );
        while (first[0] === undefined || first[1] === undefined) await sleep(20);
        await member.leave();
        return first;
      };
      assert.deepEqual(await firstOffsets(20), [0, 0]);
      const { admin, close } = adminOf(where);
      await admin.deleteRecords({ topics: [{ name: topic, partitions: [{ partition: 0, offset: 40n }] }] });
      await close();
      assert.deepEqual(await firstOffsets(20), [40, 20]);
      assert.ok(troubles.some((one) => one.includes(`${topic}/0: offset 20 is not kept any more`)));
      await broker.close();
    });
  });
});
