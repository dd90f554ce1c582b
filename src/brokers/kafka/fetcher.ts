import { type Base, ConnectionPool } from '@platformatic/kafka';
import { createWakeup } from '../wakeup.ts';
import type { KafkaConnection } from './client.ts';
import { type FetchTarget, fetchPartitions } from './fetch-request.ts';
import type { FetchSource } from './fetch-source.ts';
import { deleted, type Metadata, metadataOf } from './topics.ts';

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

/** The node that leads a partition, -1 for none for now; undefined when its topic is gone. */
const leaderOf = ({ topics }: Metadata, { topic, topicId, partition }: FetchSource): number | undefined => {
  const found = topics.get(topic);
  return found?.id === topicId ? (found.partitions[partition]?.leader ?? -1) : undefined;
};

const targetOf = (source: FetchSource, mostBytes: number): FetchTarget => {
  const { topic, partition, next } = source;
  return { topic, partition, offset: next, mostBytes: Math.min(mostBytes, source.wantedBytes()) };
};

/**
 * Reads committed events of any number of partitions: one request at a time for each broker that leads some of them, on
 * connections of its own, since a request that waits for events would hold up all that comes after it.
 */
export const createFetcher = (connection: KafkaConnection, client: Base): Fetcher => {
  const pool = new ConnectionPool(connection.options.clientId, { ...connection.options });
  const sources = new Set<FetchSource>();
  const busy = new Set<number>();
  const wakeup = createWakeup();
  let closed = false;

  const drop = (source: FetchSource, error: unknown): void => {
    if (!sources.delete(source)) return;
    client.clearMetadata();
    source.fail(error);
  };

  const request = async (node: number, wanted: readonly FetchSource[], metadata: Metadata): Promise<void> => {
    const targets = wanted.map((source) => targetOf(source, Math.ceil(MOST_BYTES / wanted.length)));
    const waitMs = wanted.length === sources.size ? WAIT_MS : SHORT_WAIT_MS;
    try {
      const settings = { client, pool, metadata, node, mostBytes: MOST_BYTES, waitMs };
      for (const answer of await fetchPartitions(targets, settings)) {
        const source = wanted.find((one) => one.partition === answer.partitionIndex && one.topic === answer.topic);
        if (source && sources.has(source)) await source.take(answer).catch((error) => drop(source, error));
      }
    } catch (error) {
      if (!closed) for (const source of wanted) drop(source, error);
    }
  };

  const turn = async (): Promise<void> => {
    const wanted = [...sources].filter((source) => source.room() > 0);
    if (wanted.length === 0) return;
    const metadata = await metadataOf(client, [...new Set(wanted.map(({ topic }) => topic))]);
    for (const [node, led] of Map.groupBy(wanted, (source) => leaderOf(metadata, source))) {
      if (node === undefined) for (const source of led) drop(source, deleted(source.topic));
      else if (!busy.has(node)) {
        busy.add(node);
        request(node, led, metadata).finally(() => {
          busy.delete(node);
          wakeup.wake();
        });
      }
    }
  };

  const run = async (): Promise<void> => {
    for (; !closed; await wakeup.wait()) {
      await turn().catch((error) => {
        for (const source of sources) source.fail(error);
        sources.clear();
      });
    }
  };
  const running = run();

  return {
    add: (source) => {
      sources.add(source);
      wakeup.wake();
    },
    remove: (source) => {
      sources.delete(source);
    },
    wake: wakeup.wake,
    close: async () => {
      closed = true;
      wakeup.wake();
      await pool.close().catch(() => {});
      await running;
    },
  };
};
