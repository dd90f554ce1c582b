import { ConnectionPool, FetchIsolationLevels } from '@platformatic/kafka';
import type { StreamEvent } from '../broker.ts';
import type { KafkaConnection, KafkaConsumer } from './client.ts';
import { says } from './errors.ts';
import { readPartition } from './records.ts';

/** A partition to be read, and where what is read goes. */
export interface Source {
  readonly topic: string;
  readonly partition: number;
  /** Where reading goes on. */
  next: number;
  /** The end of the partition, as last heard. */
  end: number;
  /** How many more events it can hold; it is not asked for while this is 0. */
  room(): number;
  push(events: readonly StreamEvent[], next: number): void;
  /** Called when what was to be read next is not there any more. Resolves to where to go on. */
  outOfRange(): Promise<number>;
  fail(error: unknown): void;
}

export interface Fetcher {
  add(source: Source): void;
  remove(source: Source): void;
  /** To be called when a source has room again. */
  wake(): void;
  close(): Promise<void>;
}

const patience = 500;
/** Shorter while some partition is full, so that it is not forgotten until others have something. */
const shortPatience = 20;
const mostBytes = 8 * 1024 * 1024;
const leastBytes = 1024;
/** Of the bytes of an event, until some have been seen. */
const firstGuess = 100;

/**
 * Reads committed events of any number of partitions: one request at a time for each broker that leads some of them, on
 * connections of its own, since a request that waits for events would hold up all that comes after it.
 */
export const createFetcher = (connection: KafkaConnection, consumer: KafkaConsumer): Fetcher => {
  const pool = new ConnectionPool(connection.options.clientId, { ...connection.options });
  const sources = new Set<Source>();
  const sizes = new WeakMap<Source, number>();
  const busy = new Set<number>();
  let closed = false;
  let state = 0;
  let tell = (): void => {};
  const changed = (): void => {
    state++;
    tell();
  };
  const change = (since: number): Promise<void> =>
    new Promise((resolve) => {
      if (state !== since || closed) resolve();
      else tell = resolve;
    });

  const take = (source: Source, { events, next, end }: ReturnType<typeof readPartition>): void => {
    source.end = end;
    if (next === source.next) return;
    if (events.length > 0) {
      const bytes = events.reduce((sum, { key, value }) => sum + (key?.length ?? 0) + (value?.length ?? 0) + 16, 0);
      sizes.set(source, bytes / events.length);
    }
    source.next = next;
    source.push(events, next);
  };

  const request = async (node: number, wanted: readonly Source[], ids: ReadonlyMap<string, string>): Promise<void> => {
    const topics = new Map<string, Source[]>();
    for (const source of wanted) topics.set(source.topic, [...(topics.get(source.topic) ?? []), source]);
    try {
      const answer = await consumer.fetch({
        node,
        topics: [...topics].map(([topic, list]) => ({
          topicId: ids.get(topic) ?? '',
          partitions: list.map((source) => ({
            partition: source.partition,
            currentLeaderEpoch: -1,
            fetchOffset: BigInt(source.next),
            lastFetchedEpoch: -1,
            partitionMaxBytes: Math.ceil(
              Math.min(
                mostBytes / wanted.length,
                Math.max(leastBytes, source.room() * (sizes.get(source) ?? firstGuess)),
              ),
            ),
          })),
        })),
        minBytes: 1,
        maxBytes: mostBytes,
        maxWaitTime: wanted.length === sources.size ? patience : shortPatience,
        isolationLevel: FetchIsolationLevels.READ_COMMITTED,
        connectionPool: pool,
      });
      for (const { topicId, partitions } of answer.responses) {
        for (const partition of partitions) {
          const source = wanted.find(
            (one) => one.partition === partition.partitionIndex && ids.get(one.topic) === topicId && sources.has(one),
          );
          if (source) take(source, readPartition(source.topic, partition, source.next));
        }
      }
    } catch (error) {
      if (closed) return;
      for (const source of wanted) await mend(source, error);
    }
  };

  const mend = async (source: Source, error: unknown): Promise<void> => {
    try {
      if (!says(error, 'OFFSET_OUT_OF_RANGE')) throw error;
      source.next = await source.outOfRange();
    } catch (final) {
      sources.delete(source);
      source.fail(final);
    }
  };

  const turn = async (): Promise<void> => {
    const wanted = [...sources].filter((source) => source.room() > 0);
    if (wanted.length === 0) return;
    const metadata = await consumer.metadata({ topics: [...new Set(wanted.map(({ topic }) => topic))] });
    const ids = new Map([...metadata.topics].map(([topic, { id }]) => [topic, id]));
    const byNode = new Map<number, Source[]>();
    for (const source of wanted) {
      const leader = metadata.topics.get(source.topic)?.partitions[source.partition]?.leader ?? -1;
      if (!busy.has(leader)) byNode.set(leader, [...(byNode.get(leader) ?? []), source]);
    }
    for (const [node, list] of byNode) {
      busy.add(node);
      request(node, list, ids).finally(() => {
        busy.delete(node);
        changed();
      });
    }
  };

  const run = async (): Promise<void> => {
    while (!closed) {
      const since = state;
      try {
        await turn();
      } catch (error) {
        for (const source of sources) source.fail(error);
        sources.clear();
      }
      await change(since);
    }
  };
  const running = run();

  return {
    add: (source) => {
      sources.add(source);
      changed();
    },
    remove: (source) => {
      sources.delete(source);
    },
    wake: changed,
    close: async () => {
      closed = true;
      tell();
      await pool.close().catch(() => {});
      await running;
    },
  };
};
