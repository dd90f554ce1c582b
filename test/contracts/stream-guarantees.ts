import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Broker, NewEvent } from '../../src/brokers/broker.ts';
import { openBroker } from '../../src/brokers/index.ts';
import { type Consumer, startConsumer } from './consumer.ts';

/** A broker whose consumers are processes, and how to take it away for a while. */
export interface BrokerForProcesses {
  readonly address: string;
  /** Makes the broker unreachable; the returned function brings it back. Undefined where a test may not do that. */
  readonly takeAway?: () => Promise<() => Promise<void>>;
}

const model = join(import.meta.dirname, '..', 'fixtures', 'models', 'int-inputs');
const keys = 50;

/** Event n: its key, and an input whose prediction tells n again. */
const events = (topic: string, from: number, to: number): NewEvent[] =>
  Array.from({ length: to - from }, (_, i) => {
    const n = from + i;
    const key = `k${n % keys}`;
    return { topic, key: Buffer.from(key), value: Buffer.from(JSON.stringify({ key, units: n, price: 1 })) };
  });

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

const startStream = (folder: string, deployment: string): Consumer =>
  startConsumer(['stream', 'run', deployment], {
    folder,
    env: { MILLRACE_HOME: join(folder, '.millrace'), MILLRACE_DEBUG: '1' },
    running,
  });

const between = (least: number, most: number): number => least + Math.random() * (most - least);

interface Predicted {
  readonly total: number;
  readonly id: string;
}

/** All predictions of a topic by key, in the order in which they lie there. */
const readPredictions = async (broker: Broker, topic: string): Promise<Map<string, Predicted[]>> => {
  const found = new Map<string, Predicted[]>();
  for await (const batch of broker.read(topic, { from: 'earliest', untilEnd: true })) {
    for (const { value } of batch.events) {
      const { id, data } = JSON.parse(Buffer.from(value ?? []).toString());
      const list = found.get(data.key) ?? [];
      list.push({ id, total: data.prediction.total });
      found.set(data.key, list);
    }
  }
  return found;
};

/** Exactly one prediction of each event, and the events of each key in their order. */
const assertExactlyOnce = (
  predictions: ReadonlyMap<string, readonly Predicted[]>,
  count: number,
  who: string,
): void => {
  const all = [...predictions.values()].flat();
  assert.equal(new Set(all.map(({ total }) => total)).size, count, `${who}: events without a prediction`);
  assert.equal(all.length, count, `${who}: events with more than one prediction`);
  assert.equal(new Set(all.map(({ id }) => id)).size, count, `${who}: ids are not stable`);
  for (const [key, list] of predictions) {
    const totals = list.map(({ total }) => total);
    assert.deepEqual(
      totals,
      totals.toSorted((a, b) => a - b),
      `${who}: order of ${key}`,
    );
  }
};

/** What streams promise while processes and brokers die, on a broker that is really there. */
export const streamGuarantees = (name: string, start: () => Promise<BrokerForProcesses>): void => {
  describe(`streams on ${name}`, { timeout: 280_000 }, () => {
    const using = async (
      deployments: readonly string[],
      test: (world: {
        broker: Broker;
        folder: string;
        from: string;
        to: (deployment: string) => string;
      }) => Promise<void>,
    ): Promise<void> => {
      const { address } = await start();
      const folder = mkdtempSync(join(tmpdir(), 'millrace-guarantees-'));
      const mark = folder.slice(-6).toLowerCase();
      const from = `from-${mark}`;
      const to = (deployment: string): string => `${deployment}-${mark}`;
      const settings = deployments.map((deployment) => ({
        mode: 'stream',
        model,
        from,
        to: to(deployment),
        key: 'key',
        group: `group-${deployment}-${mark}`,
        deadLetters: `dead-${deployment}-${mark}`,
        batch: { size: 200 },
        // One of them has a shadow: the same is promised of what that predicts.
        ...(deployment === 'shared' && { shadow: model }),
      }));
      const project = {
        stream: address,
        deployments: Object.fromEntries(settings.map((one, i) => [`${deployments[i]}`, one])),
      };
      writeFileSync(join(folder, 'millrace.yaml'), JSON.stringify(project));
      const broker = await openBroker(address, { home: folder, folder });
      try {
        await broker.ensureTopic(from, { partitions: 3 });
        await test({ broker, folder, from, to });
      } finally {
        await broker.close();
        for (const child of running) child.kill('SIGKILL');
        rmSync(folder, { recursive: true, force: true });
      }
    };

    const produceAll = async (broker: Broker, topic: string, count: number, overMs: number): Promise<void> => {
      const portion = 200;
      const began = performance.now();
      for (let n = 0; n < count; n += portion) {
        await broker.produce(events(topic, n, Math.min(count, n + portion)));
        const ahead = (n / count) * overMs - (performance.now() - began);
        if (ahead > 0) await sleep(ahead);
      }
    };

    const untilDone = async (broker: Broker, group: string, topic: string, consumer: Consumer): Promise<void> => {
      const deadline = performance.now() + 120_000;
      for (;;) {
        const positions = await broker.positions(group, [topic]);
        if (positions.every(({ committed, end }) => committed === end)) return;
        if (performance.now() > deadline) {
          assert.fail(`${group} does not get to the end: ${JSON.stringify(positions)}\n${consumer.said()}`);
        }
        await sleep(100);
      }
    };

    it('100,000 events through three consumers, each killed ten times: one prediction of each event from each', () =>
      using(['fare', 'duration', 'tip'], async ({ broker, folder, from, to }) => {
        const count = 100_000;
        const kills = 10;
        const producing = produceAll(broker, from, count, 30_000);
        const consume = async (deployment: string): Promise<void> => {
          for (let kill = 0; kill < kills; kill++) {
            const consumer = startStream(folder, deployment);
            await consumer.reading;
            await sleep(between(100, 1500));
            assert.equal(await consumer.end('SIGKILL'), null, consumer.said());
          }
          const last = startStream(folder, deployment);
          await Promise.all([last.reading, producing]);
          await untilDone(broker, `group-${deployment}-${from.slice(5)}`, from, last);
          assert.equal(await last.end('SIGTERM'), 0, last.said());
        };
        await Promise.all(['fare', 'duration', 'tip'].map(consume));
        for (const deployment of ['fare', 'duration', 'tip']) {
          assertExactlyOnce(await readPredictions(broker, to(deployment)), count, deployment);
        }
      }));

    it('two replicas that join and leave under load: the same count, and the order of each key', () =>
      using(['shared'], async ({ broker, folder, from, to }) => {
        const count = 30_000;
        let produced = false;
        const producing = produceAll(broker, from, count, 12_000).then(() => {
          produced = true;
        });
        const replica = async (signals: readonly ('SIGTERM' | 'SIGKILL')[]): Promise<void> => {
          for (let turn = 0; !produced; turn++) {
            const consumer = startStream(folder, 'shared');
            await consumer.reading;
            await sleep(between(1000, 2500));
            const signal = signals[turn % signals.length] ?? 'SIGTERM';
            const code = await consumer.end(signal);
            assert.equal(code, signal === 'SIGKILL' ? null : 0, consumer.said());
          }
        };
        await Promise.all([replica(['SIGTERM', 'SIGKILL']), replica(['SIGTERM']), producing]);
        const last = startStream(folder, 'shared');
        await last.reading;
        await untilDone(broker, `group-shared-${from.slice(5)}`, from, last);
        assert.equal(await last.end('SIGTERM'), 0, last.said());
        assertExactlyOnce(await readPredictions(broker, to('shared')), count, 'shared');
        assertExactlyOnce(await readPredictions(broker, `${to('shared')}.shadow`), count, 'its shadow');
      }));

    it('a broker that is away for 20 seconds: consumers go on by themselves, nothing lost, nothing twice', async (t) => {
      const { takeAway } = await start();
      if (!takeAway) {
        t.diagnostic('this broker is not ours to stop');
        return;
      }
      await using(['steady'], async ({ broker, folder, from, to }) => {
        const count = 20_000;
        const half = count / 2;
        const consumer = startStream(folder, 'steady');
        await consumer.reading;
        await produceAll(broker, from, half, 2000);
        const bringBack = await takeAway();
        await sleep(20_000);
        await bringBack();
        for (let n = half; n < count; n += 200) await broker.produce(events(from, n, n + 200));
        await untilDone(broker, `group-steady-${from.slice(5)}`, from, consumer);
        assert.equal(await consumer.end('SIGTERM'), 0, consumer.said());
        assertExactlyOnce(await readPredictions(broker, to('steady')), count, 'steady');
      });
    });
  });
};
