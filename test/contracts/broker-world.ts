import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { AssignedPartition, Broker, NewEvent, StreamEvent } from '../../src/brokers/broker.ts';
import { until } from '../until.ts';

export { until };

/** A broker that runs. All its addresses mean the same one; topics of other tests may be in it. */
export interface BrokerUnderTest {
  readonly name: string;
  readonly address: string;
  open(): Promise<Broker>;
}

export const bytes = (text: string): Uint8Array => Buffer.from(text);
export const textOf = (data: Uint8Array | null): string | null => (data === null ? null : Buffer.from(data).toString());

export const numbered = (topic: string, count: number, keys = 7, from = 0): NewEvent[] =>
  Array.from({ length: count }, (_, i) => ({
    topic,
    key: bytes(`k${(i + from) % keys}`),
    value: bytes(`${i + from}`),
  }));

export const readAll = async (broker: Broker, topic: string): Promise<StreamEvent[]> => {
  const events: StreamEvent[] = [];
  for await (const batch of broker.read(topic, { from: 'earliest', untilEnd: true })) events.push(...batch.events);
  return events;
};

export const count = (events: readonly StreamEvent[], partition: number): number =>
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

export const assertOnceInOrder = (events: readonly StreamEvent[], count: number): void => {
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
export const copyTo =
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

/** What the tests of a broker share. */
export const worldOf = (start: () => Promise<BrokerUnderTest>) => {
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
  return { using, group, start };
};
export type BrokerWorld = ReturnType<typeof worldOf>;
