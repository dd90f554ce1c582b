import { type Admin, FetchIsolationLevels } from '@platformatic/kafka';
import type { Position } from '../broker.ts';

const earliest = -2n;
const latest = -1n;

export interface Ends {
  readonly start: number;
  readonly end: number;
}

const listPartitions = async (admin: Admin, topic: string): Promise<readonly number[]> => {
  const { topics } = await admin.metadata({ topics: [topic] });
  return Array.from({ length: topics.get(topic)?.partitionsCount ?? 0 }, (_, partition) => partition);
};

/** The first offset that is kept, and the end of what a reader of committed events can reach, by partition. */
export const listEnds = async (admin: Admin, topic: string): Promise<readonly Ends[]> => {
  const indexes = await listPartitions(admin, topic);
  const ask = async (timestamp: bigint): Promise<ReadonlyMap<number, number>> => {
    const answer = await admin.listOffsets({
      topics: [{ name: topic, partitions: indexes.map((partitionIndex) => ({ partitionIndex, timestamp })) }],
      isolationLevel: FetchIsolationLevels.READ_COMMITTED,
    });
    return new Map(answer.flatMap((one) => one.partitions.map((part) => [part.partitionIndex, Number(part.offset)])));
  };
  const [starts, ends] = await Promise.all([ask(earliest), ask(latest)]);
  return indexes.map((partition) => ({
    start: starts.get(partition) ?? 0,
    end: ends.get(partition) ?? 0,
  }));
};

/** Committed positions of a group by partition. With `stable` it waits for transactions that are about to change them. */
export const listCommitted = async (
  admin: Admin,
  group: string,
  topic: string,
  { partitions, stable = false }: { readonly partitions: readonly number[]; readonly stable?: boolean },
): Promise<ReadonlyMap<number, number>> => {
  const answer = await admin.listConsumerGroupOffsets({
    groups: [{ groupId: group, topics: [{ name: topic, partitionIndexes: [...partitions] }] }],
    requireStable: stable,
  });
  const found = answer.find((one) => one.groupId === group)?.topics.find((one) => one.name === topic);
  return new Map(
    (found?.partitions ?? []).flatMap(({ partitionIndex, committedOffset }) =>
      committedOffset >= 0n ? [[partitionIndex, Number(committedOffset)]] : [],
    ),
  );
};

export const listPositions = async (
  admin: Admin,
  group: string,
  topic: string,
  stable: boolean,
): Promise<readonly Position[]> => {
  const partitions = await listPartitions(admin, topic);
  // The ends come second: what is committed lies before them.
  const committed = await listCommitted(admin, group, topic, { partitions, stable });
  const ends = await listEnds(admin, topic);
  return ends.map(({ start, end }, partition) => ({
    topic,
    partition,
    start,
    end,
    committed: committed.get(partition) ?? null,
  }));
};
