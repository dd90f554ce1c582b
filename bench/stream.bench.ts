/** Predictions as a stream: Kafka to Kafka beside a bare loop with the same client, and the embedded log. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Registry } from 'prom-client';
import { lacking, startKafka } from '../scripts/kafka-broker.ts';
import { createApp } from '../src/app.ts';
import type { Broker, NewEvent } from '../src/brokers/broker.ts';
import { openBroker } from '../src/brokers/index.ts';
import { prepareStream } from '../src/modes/stream/deployment.ts';
import { createStreamMetrics } from '../src/modes/stream/metrics.ts';
import { startStream } from '../src/modes/stream/stream.ts';
import type { BenchOptions, BenchResult } from './bench.ts';
import { startLoop } from './kafka-loop.ts';

export const summary = 'Streams of 200-byte rides: Kafka to Kafka beside a bare loop, and the embedded log';

const model = join(import.meta.dirname, '..', 'examples', 'taxi', 'models', 'ride-tip');
const size = 500;
const perSecond = 1000;

/** Somebody who takes events from a topic and acknowledges results, until stopped. */
type Worker = (
  topics: { from: string; to: string },
  onDone: (events: readonly unknown[]) => void,
) => Promise<() => Promise<void>>;

/** Rides as JSON of about 200 bytes. `sent` is when one was sent, on the clock of this process. */
const createRides = async () => {
  const examples = JSON.parse(await readFile(join(model, 'examples.json'), 'utf8')) as {
    input: Record<string, unknown>;
  }[];
  return (topic: string, from: number, to: number): NewEvent[] =>
    Array.from({ length: to - from }, (_, i) => {
      const { pickup_borough: _p, dropoff_borough: _d, ...ride } = examples[(from + i) % examples.length].input;
      const key = `r${from + i}`;
      const value = JSON.stringify({
        ride_id: key,
        ...ride,
        pickup_borough: null,
        dropoff_borough: null,
        sent: performance.now(),
      });
      return { topic, key: Buffer.from(key), value: Buffer.from(value) };
    });
};
type Rides = Awaited<ReturnType<typeof createRides>>;

const quantile = (values: readonly number[], q: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(q * values.length))] ?? Number.NaN;

/** Millrace itself. What is taken and acknowledged is seen at the port, so that nothing is added to its way. */
const millrace =
  (broker: Broker): Worker =>
  async ({ from, to }, onDone) => {
    const watched: Broker = {
      ...broker,
      consume: (options, work) =>
        broker.consume(options, (partition) => {
          const taken: {
            readonly position: number;
            readonly events: readonly { readonly value: Uint8Array | null }[];
          }[] = [];
          return work({
            topic: partition.topic,
            partition: partition.partition,
            signal: partition.signal,
            take: async (most, delay) => {
              const batch = await partition.take(most, delay);
              taken.push(batch);
              return batch;
            },
            commit: async (position, results) => {
              await partition.commit(position, results);
              while (taken[0] && taken[0].position <= position) {
                onDone(
                  (taken.shift()?.events ?? []).map(({ value }) => JSON.parse(Buffer.from(value ?? []).toString())),
                );
              }
            },
            get waiting() {
              return partition.waiting;
            },
            get lag() {
              return partition.lag;
            },
          });
        }),
    };
    const app = createApp({ cwd: model, env: { HOME: tmpdir() } });
    const settings = { mode: 'stream', model, from, to, key: 'ride_id', batch: { size } } as const;
    const stream = await startStream({
      deployment: prepareStream(`tips-${randomUUID().slice(0, 8)}`, settings),
      broker: watched,
      source: app,
      metrics: createStreamMetrics(new Registry()),
      onEvent: (news) => {
        if (news.kind === 'trouble') throw news.error;
        if (news.kind === 'advanced' && news.outcome.dead.size > 0) throw new Error('there are dead letters');
      },
    });
    return stream.stop;
  };

const newTopics = async (broker: Broker) => {
  const mark = randomUUID().slice(0, 8);
  const topics = { from: `rides-${mark}`, to: `tips-${mark}` };
  await broker.ensureTopic(topics.from);
  await broker.ensureTopic(topics.to);
  return topics;
};

/** How fast, and at what cost: a busy machine changes the one more than the other. */
interface Speed {
  readonly perSecond: number;
  /** Microseconds of this process, all its threads together. */
  readonly cpu: number;
}

const stopwatch = () => {
  const began = performance.now();
  const before = process.cpuUsage();
  return (events: number): Speed => {
    const { user, system } = process.cpuUsage(before);
    return { perSecond: (events / (performance.now() - began)) * 1000, cpu: (user + system) / events };
  };
};

/** Events a second out of a topic that is full. */
const throughput = async (broker: Broker, worker: Worker, rides: Rides, count: number): Promise<Speed> => {
  const topics = await newTopics(broker);
  for (let n = 0; n < count; n += 1000) await broker.produce(rides(topics.from, n, Math.min(count, n + 1000)));
  let seen = 0;
  // The first tenth warms up.
  const warm = count / 10;
  let read = stopwatch();
  const done = Promise.withResolvers<Speed>();
  const stop = await worker(topics, (events) => {
    if (seen < warm && seen + events.length >= warm) read = stopwatch();
    seen += events.length;
    if (seen >= count) done.resolve(read(count - warm));
  });
  const speed = await done.promise;
  await stop();
  return speed;
};

/** Events a second from the first event sent to the last prediction acknowledged, sender and worker in one process. */
const endToEnd = async (broker: Broker, worker: Worker, rides: Rides, count: number): Promise<Speed> => {
  const topics = await newTopics(broker);
  let seen = 0;
  const done = Promise.withResolvers<void>();
  const stop = await worker(topics, (events) => {
    seen += events.length;
    if (seen >= count) done.resolve();
  });
  const read = stopwatch();
  for (let n = 0; n < count; n += size) {
    await broker.produce(rides(topics.from, n, Math.min(count, n + size)));
    // Others of this process may run.
    await new Promise((resolve) => setImmediate(resolve));
  }
  await done.promise;
  const speed = read(count);
  await stop();
  return speed;
};

/** Milliseconds from before an event is sent until its prediction is acknowledged, at a steady rate. */
const latencies = async (broker: Broker, worker: Worker, rides: Rides, seconds: number): Promise<readonly number[]> => {
  const topics = await newTopics(broker);
  const found: number[] = [];
  const stop = await worker(topics, (events) => {
    const now = performance.now();
    for (const event of events) found.push(now - (event as { readonly sent: number }).sent);
  });
  await broker.produce(rides(topics.from, 0, 300));
  while (found.length < 300) await sleep(10);
  await sleep(500);
  found.length = 0;
  const count = seconds * perSecond;
  const began = performance.now();
  for (let n = 0; n < count; ) {
    const due = Math.min(count, Math.floor(((performance.now() - began) / 1000) * perSecond));
    if (due > n) broker.produce(rides(topics.from, n, due)).catch(() => {});
    n = due;
    await sleep(2);
  }
  while (found.length < count) await sleep(10);
  await stop();
  return found;
};

const rateOf = (speeds: readonly Speed[]): number => median(speeds.map(({ perSecond: rate }) => rate));
const median = (values: readonly number[]): number => quantile(values, 0.5);

interface Figures {
  readonly speeds: Speed[];
  readonly waits: number[];
}

export const run = async ({ short }: BenchOptions): Promise<BenchResult> => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-'));
  const rides = await createRides();
  const turns = short ? 1 : 3;
  const count = short ? 2000 : 60_000;
  const seconds = short ? 1 : 6;
  const rows: Record<string, string | number>[] = [];
  const ratios: Record<string, number> = {};
  const goals: Record<string, { atLeast?: number; atMost?: number }> = {};
  const row = (what: string, { speeds, waits }: Figures): void => {
    rows.push({
      what,
      'events/s': Math.round(rateOf(speeds)),
      'CPU µs/event': median(speeds.map(({ cpu }) => cpu)),
      [`p50 ms at ${perSecond}/s`]: quantile(waits, 0.5),
      'p99 ms': quantile(waits, 0.99),
    });
  };

  const embedded = await openBroker('embedded', { home: folder, folder });
  const own: Figures = { speeds: [], waits: [] };
  for (let turn = 0; turn < turns; turn++) {
    own.speeds.push(await endToEnd(embedded, millrace(embedded), rides, count));
    own.waits.push(...(await latencies(embedded, millrace(embedded), rides, seconds)));
  }
  await embedded.close();
  row('embedded log, end to end', own);
  ratios['embedded log, in 20,000 events/s'] = rateOf(own.speeds) / 20_000;
  goals['embedded log, in 20,000 events/s'] = { atLeast: 1 };

  const missing = process.env.KAFKA_URL ? undefined : lacking();
  if (missing === undefined) {
    const kafka = process.env.KAFKA_URL ? undefined : await startKafka();
    const address = process.env.KAFKA_URL ?? kafka?.address ?? '';
    const broker = await openBroker(address, { home: folder, folder });
    const brokers = address.replace('kafka://', '').replace(/\?.*/, '').split(',');
    const bare: Worker = ({ from, to }, onDone) =>
      startLoop({ brokers, group: `bare-${randomUUID()}`, from, to, size, onCommitted: onDone });
    const ways = { bare, millrace: millrace(broker) };
    const figures = { bare: { speeds: [], waits: [] } as Figures, millrace: { speeds: [], waits: [] } as Figures };
    // In turns, so that a busy moment of the machine meets both.
    for (let turn = 0; turn < turns; turn++) {
      for (const way of ['bare', 'millrace'] as const) {
        figures[way].speeds.push(await throughput(broker, ways[way], rides, count));
        figures[way].waits.push(...(await latencies(broker, ways[way], rides, seconds)));
      }
    }
    await broker.close();
    await kafka?.remove();
    row('Kafka, a bare loop without a model', figures.bare);
    row('Kafka, Millrace', figures.millrace);
    ratios['Kafka, events/s'] = rateOf(figures.millrace.speeds) / rateOf(figures.bare.speeds);
    goals['Kafka, events/s'] = { atLeast: 0.5 };
    ratios['Kafka, median ms above the loop'] =
      quantile(figures.millrace.waits, 0.5) - quantile(figures.bare.waits, 0.5);
    goals['Kafka, median ms above the loop'] = { atMost: 10 };
  } else {
    process.stderr.write(`${missing}\n`);
  }
  await rm(folder, { recursive: true, force: true });
  return { rows, ratios, goals };
};
