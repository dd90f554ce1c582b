import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Broker } from '../../src/brokers/broker.ts';
import { changed, numbered, plain, type StreamWorld, until } from './stream-world.ts';

export const streamHealth = ({ using }: StreamWorld): void => {
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
      await until('it says so', () => stream.obstacles().some((one) => /nobody has read .*\/7 .* 12 events/.test(one)));
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

  it('gathers a micro-batch for as long as it is told', () =>
    using(async ({ broker, from, to, start, come, registry }) => {
      await start({ batch: { size: 100, delay: '60s' } });
      const key = 'one';
      for (let i = 0; i < 100; i++) await broker.produce([plain(from, key, { units: i, price: 1 })]);
      await come(to, 100);
      assert.match(await registry.metrics(), /millrace_stream_batch_events_bucket\{[^}]*le="50"[^}]*\} 0/);
      assert.match(await registry.metrics(), /millrace_stream_batch_events_count\{[^}]*\} 1/);
    }));
};
