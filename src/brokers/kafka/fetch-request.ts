import {
  type Base,
  type ConnectionPool,
  FetchIsolationLevels,
  findErrorBy,
  kGetApi,
  type RecordsBatch,
} from '@platformatic/kafka';
import type { Metadata } from './topics.ts';

export interface FetchTarget {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly mostBytes: number;
}

/** One partition of an answer, as the wire has it. */
export interface FetchedPartition {
  readonly partitionIndex: number;
  readonly errorCode: number;
  readonly lastStableOffset: bigint;
  readonly abortedTransactions: readonly { readonly producerId: bigint; readonly firstOffset: bigint }[] | null;
  readonly records: readonly RecordsBatch[] | null;
}

interface FetchResponse {
  readonly responses: readonly { readonly topicId: string; readonly partitions: readonly FetchedPartition[] }[];
}

type FetchCall = (connection: unknown, ...args: readonly unknown[]) => void;

export interface FetchOptions {
  readonly client: Base;
  readonly pool: ConnectionPool;
  /** With all topics of the targets. */
  readonly metadata: Metadata;
  readonly node: number;
  readonly mostBytes: number;
  /** How long the broker may wait for events. */
  readonly waitMs: number;
}

/** Up to this version topics go by name, later by id (KIP-516). */
const LAST_VERSION_WITH_NAMES = 12;

/** What a broker answered, also when it answered that some partition has failed. */
const responseOf = (error: unknown): FetchResponse | undefined =>
  (findErrorBy(error as Error, 'code', 'PLT_KFK_RESPONSE') as { readonly response?: FetchResponse } | null)?.response;

const call = <T>(work: (callback: (error: Error | null | undefined, result?: unknown) => void) => void): Promise<T> =>
  new Promise((resolve, reject) => {
    work((error, result) => (error ? reject(error) : resolve(result as T)));
  });

/**
 * One fetch request. The client's own `fetch` is not used because it removes committed events: to it an aborted
 * transaction reaches to the producer's last mark of an abort, and what was committed before that mark is lost.
 */
export const fetchPartitions = async (
  targets: readonly FetchTarget[],
  { client, pool, metadata, node, mostBytes, waitMs }: FetchOptions,
): Promise<readonly (FetchedPartition & { readonly topic: string })[]> => {
  const names = [...new Set(targets.map(({ topic }) => topic))];
  const broker = metadata.brokers.get(node);
  if (!broker) throw new Error(`there is no broker ${node}`);
  const api = await call<FetchCall & { readonly version: number }>((callback) => client[kGetApi]('Fetch', callback));
  const idOf = (topic: string): string =>
    api.version <= LAST_VERSION_WITH_NAMES ? topic : (metadata.topics.get(topic)?.id ?? topic);
  const topicOf = new Map(names.map((topic) => [idOf(topic), topic]));
  const topics = names.map((topic) => ({
    topicId: idOf(topic),
    partitions: targets
      .filter((target) => target.topic === topic)
      .map((target) => ({
        partition: target.partition,
        currentLeaderEpoch: -1,
        fetchOffset: BigInt(target.offset),
        lastFetchedEpoch: -1,
        partitionMaxBytes: target.mostBytes,
      })),
  }));
  const connection = await pool.get(broker);
  // Session 0 and epoch -1 say that each request stands for itself (KIP-227).
  const settings = [waitMs, 1, mostBytes, FetchIsolationLevels.READ_COMMITTED, 0, -1, topics, [], ''];
  const answer = await call<FetchResponse>((callback) => api(connection, ...settings, callback)).catch((error) => {
    const response = responseOf(error);
    if (response === undefined) throw error;
    return response;
  });
  return answer.responses.flatMap(({ topicId, partitions }) =>
    partitions.map((partition) => ({ ...partition, topic: topicOf.get(topicId) ?? topicId })),
  );
};
