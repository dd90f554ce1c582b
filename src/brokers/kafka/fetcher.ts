import { type Base, ConnectionPool, ProtocolError, protocolErrors } from '@platformatic/kafka';
import type { StreamEvent } from '../broker.ts';
import type { KafkaConnection } from './client.ts';
import { type FetchedPartition, fetchPartitions } from './fetch-request.ts';
import { readPartition } from './records.ts';
import { deleted, type Metadata, metadataOf } from './topics.ts';

/** A partition to be read, and where what is read goes. */
export interface FetchSource {
  readonly topic: string;
  /** By which a topic of the same name that is made later is told from this one. */
  readonly topicId: string;
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
  add(source: FetchSource): void;
  remove(source: FetchSource): void;
  /** To be called when a source has room again. */
  wake(): void;
  close(): Promise<void>;
}

const WAIT_MS = 500;
/** Shorter while some partition is full, so that it is not forgotten until others have something. */
const SHORT_WAIT_MS = 20;
const MOST_BYTES = 8 * 1024 * 1024;
const LEAST_BYTES = 1024;
/** How a broker says that a topic is gone, or that another has its name now. */
const unknownTopic: ReadonlySet<number> = new Set(
  [
    protocolErrors.UNKNOWN_TOPIC_OR_PARTITION,
    protocolErrors.UNKNOWN_TOPIC_ID,
    protocolErrors.INCONSISTENT_TOPIC_ID,
  ].map(({ code }) => code),
);
/** Of the bytes of an event, until some have been seen. */
const FIRST_EVENT_BYTES = 100;

/**
 * Reads committed events of any number of partitions: one request at a time for each broker that leads some of them, on
 * connections of its own, since a request that waits for events would hold up all that comes after it.
 */
export const createFetcher = (connection: KafkaConnection, client: Base): Fetcher => {
  const pool = new ConnectionPool(connection.options.clientId, { ...connection.options });
  const sources = new Set<FetchSource>();
  const sizes = new WeakMap<FetchSource, number>();
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

  const take = (source: FetchSource, { events, next, end }: ReturnType<typeof readPartition>): void => {
    source.end = end;
    if (next === source.next) return;
    if (events.length > 0) {
      const bytes = events.reduce((sum, { key, value }) => sum + (key?.length ?? 0) + (value?.length ?? 0) + 16, 0);
      sizes.set(source, bytes / events.length);
    }
    source.next = next;
    source.push(events, next);
  };

  const give = async (source: FetchSource, partition: FetchedPartition): Promise<void> => {
    const { errorCode } = partition;
    if (errorCode === 0) take(source, readPartition(source.topic, partition, source.next));
    else if (errorCode === protocolErrors.OFFSET_OUT_OF_RANGE.code) source.next = await source.outOfRange();
    else if (unknownTopic.has(errorCode)) throw deleted(source.topic);
    else throw new ProtocolError(errorCode);
  };

  const bytesFor = (source: FetchSource, sharers: number): number => {
    const wanted = source.room() * (sizes.get(source) ?? FIRST_EVENT_BYTES);
    return Math.ceil(Math.min(MOST_BYTES / sharers, Math.max(LEAST_BYTES, wanted)));
  };

  const dropped = (source: FetchSource, error: unknown): void => {
    if (!sources.delete(source)) return;
    client.clearMetadata();
    source.fail(error);
  };

  const request = async (node: number, wanted: readonly FetchSource[], metadata: Metadata): Promise<void> => {
    try {
      const answers = await fetchPartitions(
        wanted.map((source) => ({
          topic: source.topic,
          partition: source.partition,
          offset: source.next,
          mostBytes: bytesFor(source, wanted.length),
        })),
        {
          client,
          pool,
          metadata,
          node,
          mostBytes: MOST_BYTES,
          patience: wanted.length === sources.size ? WAIT_MS : SHORT_WAIT_MS,
        },
      );
      for (const answer of answers) {
        const source = wanted.find((one) => one.partition === answer.partitionIndex && one.topic === answer.topic);
        if (source && sources.has(source)) await give(source, answer).catch((error) => dropped(source, error));
      }
    } catch (error) {
      if (!closed) for (const source of wanted) dropped(source, error);
    }
  };

  const turn = async (): Promise<void> => {
    const wanted = [...sources].filter((source) => source.room() > 0);
    if (wanted.length === 0) return;
    const metadata = await metadataOf(client, [...new Set(wanted.map(({ topic }) => topic))]);
    const byNode = new Map<number, FetchSource[]>();
    for (const source of wanted) {
      const topic = metadata.topics.get(source.topic);
      if (topic?.id !== source.topicId) {
        dropped(source, deleted(source.topic));
        continue;
      }
      const leader = topic.partitions[source.partition]?.leader ?? -1;
      if (!busy.has(leader)) byNode.set(leader, [...(byNode.get(leader) ?? []), source]);
    }
    for (const [node, list] of byNode) {
      busy.add(node);
      request(node, list, metadata).finally(() => {
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
