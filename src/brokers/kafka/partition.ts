/** One partition at work for a member of a group: its transactions, its events as they are fetched, its position. */
import type { Admin } from '@platformatic/kafka';
import { fail } from '../../core/errors.ts';
import type { AssignedPartition, NewEvent } from '../broker.ts';
import { createInbox } from '../inbox.ts';
import type { OpenedPartition } from '../lane.ts';
import type { KafkaConnection, KafkaConsumer } from './client.ts';
import { translate } from './errors.ts';
import { createFetchSource } from './fetch-source.ts';
import type { Fetcher } from './fetcher.ts';
import type { FullPartitions } from './full-partitions.ts';
import { listCommitted, listEnds } from './offsets.ts';
import { deleted, findTopics } from './topics.ts';
import { openTransactions } from './transactions.ts';

export interface PartitionParts {
  readonly connection: KafkaConnection;
  readonly admin: Admin;
  readonly consumer: KafkaConsumer;
  readonly fetcher: Fetcher;
  readonly full: FullPartitions;
  readonly group: string;
  readonly waiting: { readonly events: number; readonly bytes: number };
  /** Where a group begins that has no position in this partition, of the topic with this id. */
  readonly startOf: (topic: string, partition: number, topicId: string) => 'earliest' | 'latest';
  readonly onTrouble: (error: unknown) => void;
}

/** What retention has removed before it was read, or what lay in a topic that was made anew. */
const gone = (topic: string, partition: number, from: number, to: number) =>
  fail('STREAM_FAILED', `${topic}/${partition}: offset ${from} is not kept any more; reading goes on at ${to}`);

/** @throws FENCED, UNKNOWN_TOPIC, STREAM_FAILED, or what the client throws */
export const openPartition = async (
  topic: string,
  partition: number,
  { parts, signal }: { readonly parts: PartitionParts; readonly signal: AbortSignal },
): Promise<OpenedPartition> => {
  const { connection, admin, consumer, fetcher, full, group, waiting, startOf, onTrouble } = parts;
  const { place } = connection;
  const topicId = (await findTopics(admin, [topic])).get(topic)?.id;
  if (topicId === undefined) throw deleted(topic);
  const transactions = await openTransactions(connection, { consumer, topic, partition });
  /** Set once the topic is gone: what was read of it says nothing of the one that may have its name now. */
  let failure: unknown;
  const commit = async (position: number, results: readonly NewEvent[] = []): Promise<void> => {
    if (failure !== undefined) throw failure;
    try {
      await transactions.commit(position, results);
    } catch (error) {
      throw translate(error, place);
    }
  };

  /** Where the group goes on. A beginning at the latest event is written down at once: it is later every moment. */
  const firstPosition = async (): Promise<number> => {
    const committed = await listCommitted(admin, group, topic, { partitions: [partition], stable: true });
    const known = committed.get(partition);
    if (known !== undefined) return known;
    const { start = 0, end = 0 } = (await listEnds(admin, topic))[partition] ?? {};
    const atEnd = startOf(topic, partition, topicId) === 'latest';
    const first = atEnd ? end : start;
    if (atEnd || first > 0) await commit(first);
    return first;
  };

  try {
    const first = await firstPosition();
    let committed = first;
    const inbox = createInbox({ ...waiting, position: first, onRoom: fetcher.wake });
    const source = createFetchSource({
      topic,
      topicId,
      partition,
      next: first,
      room: () => inbox.room,
      push: inbox.push,
      fail: (error) => {
        const told = translate(error, place);
        if (told.code === 'UNKNOWN_TOPIC') failure = told;
        inbox.fail(told);
      },
      outOfRange: async (from) => {
        const next = (await listEnds(admin, topic))[partition]?.start ?? 0;
        onTrouble(gone(topic, partition, from, next));
        inbox.push([], next);
        return next;
      },
    });
    fetcher.add(source);
    full.add(source);
    const assigned: AssignedPartition = {
      topic,
      partition,
      signal,
      take: (most, delayMs = 0) => inbox.take(most, delayMs, signal),
      commit: async (position, results) => {
        await commit(position, results);
        committed = position;
      },
      get waiting() {
        return inbox.length;
      },
      get lag() {
        return Math.max(0, source.end - committed);
      },
    };
    return {
      partition: assigned,
      close: async () => {
        fetcher.remove(source);
        full.remove(source);
        await transactions.close();
      },
    };
  } catch (error) {
    await transactions.close();
    throw error;
  }
};
