import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { createApp } from '../../src/app.ts';
import type { Broker, NewEvent, StreamEvent } from '../../src/brokers/broker.ts';
import { prepareStream } from '../../src/modes/stream/deployment.ts';
import { createStreamMetrics } from '../../src/modes/stream/metrics.ts';
import { type Stream, type StreamParts, startStream } from '../../src/modes/stream/stream.ts';
import type { StreamSettings } from '../../src/project/deployments/stream.ts';
import type { ModelSource } from '../../src/serving/source.ts';
import { until } from '../until.ts';

export { until };

/** `units` × `price`, so that a prediction tells which input it was made of. */
export const model = join(import.meta.dirname, '..', 'fixtures', 'models', 'int-inputs');

export const app = createApp({ cwd: model, env: { HOME: model } });
const source: ModelSource = { open: app.open, load: app.load };

/** The same source with scorers that somebody has changed. */
export const changed = (
  change: (score: (rows: readonly unknown[]) => ReturnType<Scorer['score']>) => Scorer['score'],
): ModelSource => ({
  open: app.open,
  load: async (found) => {
    const scorer = await app.load(found);
    const score = change((rows) => scorer.score(rows));
    let proven = false;
    // The golden examples are scored first, unchanged.
    return {
      ...scorer,
      score: (rows, options) =>
        proven
          ? score(rows, options)
          : scorer.score(rows, options).finally(() => {
              proven = true;
            }),
    };
  },
});
type Scorer = Awaited<ReturnType<ModelSource['load']>>;

export const json = (event: StreamEvent) => JSON.parse(Buffer.from(event.value ?? []).toString());

export const readAll = async (broker: Broker, topic: string): Promise<StreamEvent[]> => {
  const events: StreamEvent[] = [];
  for await (const batch of broker.read(topic, { from: 'earliest', untilEnd: true })) events.push(...batch.events);
  return events;
};

export const plain = (topic: string, key: string, value: unknown): NewEvent => ({
  topic,
  key: Buffer.from(key),
  value: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
});

export const numbered = (topic: string, count: number, from = 0): NewEvent[] =>
  Array.from({ length: count }, (_, i) => plain(topic, `k${(from + i) % 9}`, { units: from + i, price: 1 }));

interface World {
  readonly broker: Broker;
  readonly from: string;
  readonly to: string;
  readonly registry: Registry;
  /** Starts a deployment; it is stopped after the test. */
  start(settings?: Partial<StreamSettings> & { name?: string }, parts?: Partial<StreamParts>): Promise<Stream>;
  /** The events of a topic once there are this many. */
  come(topic: string, count: number): Promise<readonly StreamEvent[]>;
}

/** What the tests of the mode share. */
export const worldOf = (open: () => Promise<Broker>) => {
  const using = async (test: (world: World) => Promise<void>): Promise<void> => {
    const broker = await open();
    const mark = randomUUID().slice(0, 8);
    const from = `rides-${mark}`;
    const to = `predicted-${mark}`;
    const streams: Stream[] = [];
    const registry = new Registry();
    const metrics = createStreamMetrics(registry);
    try {
      await broker.ensureTopic(from);
      await test({
        broker,
        from,
        to,
        registry,
        start: async ({ name: given, ...settings } = {}, parts = {}) => {
          const deployment = prepareStream(given ?? `totals-${mark}`, {
            mode: 'stream',
            model,
            from,
            to,
            ...settings,
          });
          const stream = await startStream({ deployment, broker, source, metrics, ...parts });
          streams.push(stream);
          return stream;
        },
        come: async (topic, count) => {
          let events: readonly StreamEvent[] = [];
          await until(`${count} events are in ${topic}`, async () => {
            // Offsets count Kafka's own marks too, so they tell cheaply when it is worth reading.
            const ends = await broker.positions('none', [topic]);
            if (ends.reduce((sum, { end }) => sum + end, 0) < count) return false;
            events = await readAll(broker, topic);
            return events.length >= count;
          });
          return events;
        },
      });
    } finally {
      await Promise.all(streams.map((stream) => stream.stop()));
      await broker.close();
    }
  };
  return { using, open };
};
export type StreamWorld = ReturnType<typeof worldOf>;
