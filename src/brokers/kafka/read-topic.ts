/** Reading all partitions of a topic, without a group. */
import type { Admin } from '@platformatic/kafka';
import { type EventBatch, firstOffset, type ReadTopicOptions } from '../broker.ts';
import { createWakeup } from '../wakeup.ts';
import type { KafkaConnection } from './client.ts';
import { createFetchSource, type FetchSource } from './fetch-source.ts';
import { createFetcher } from './fetcher.ts';
import { listEnds } from './offsets.ts';
import { findTopics, requireTopics } from './topics.ts';

/** Batches that may wait for who reads, and events that are asked for while they do. */
const MOST_BATCHES = 8;
const ROOM_EVENTS = 1000;

/** What was fetched and is not read yet, in the order in which it came. */
const createBacklog = (onRoom: () => void) => {
  const batches: EventBatch[] = [];
  const wakeup = createWakeup();
  let failure: { readonly error: unknown } | undefined;
  return {
    room: () => (batches.length < MOST_BATCHES ? ROOM_EVENTS : 0),
    push: (events: EventBatch['events'], position: number): void => {
      if (events.length > 0) batches.push({ events, position });
      wakeup.wake();
    },
    fail: (error: unknown): void => {
      failure = { error };
      wakeup.wake();
    },
    /** Undefined while there is none; throws what went wrong with fetching once all before it are taken. */
    take: (): EventBatch | undefined => {
      const batch = batches.shift();
      if (batch === undefined && failure) throw failure.error;
      if (batches.length === MOST_BATCHES - 1) onRoom();
      return batch;
    },
    wakeup,
  };
};

/** @throws UNKNOWN_TOPIC; what the client throws */
export async function* readTopic(
  { connection, admin }: { readonly connection: KafkaConnection; readonly admin: Admin },
  topic: string,
  { from, untilEnd = false, signal }: ReadTopicOptions & { readonly signal: AbortSignal },
): AsyncGenerator<EventBatch> {
  const [{ id: topicId }] = (await requireTopics(admin, [topic], connection.place)).values();
  const ends = await listEnds(admin, topic);
  const fetcher = createFetcher(connection, admin);
  const backlog = createBacklog(fetcher.wake);
  const { room, push, fail, wakeup } = backlog;
  const sourceOf = (partition: number, next: number): FetchSource => {
    const outOfRange = async (): Promise<number> => (await listEnds(admin, topic))[partition]?.start ?? 0;
    return createFetchSource({ topic, topicId, partition, next, room, push, outOfRange, fail });
  };
  const sources = ends.flatMap((one, partition) => {
    const next = firstOffset(from, { partition, ...one });
    return next === undefined ? [] : sourceOf(partition, next);
  });

  let partitions = ends.length;
  const look = async (): Promise<void> => {
    const now = (await findTopics(admin, [topic])).get(topic)?.partitions ?? 0;
    for (; partitions < now; partitions++) fetcher.add(sourceOf(partitions, 0));
  };
  const following = untilEnd ? undefined : setInterval(() => look().catch(() => {}), connection.refreshMs);
  const endOf = (partition: number): number => (untilEnd ? (ends[partition]?.end ?? 0) : Number.POSITIVE_INFINITY);
  const isAtEnd = (): boolean => sources.every(({ next, partition }) => next >= endOf(partition));
  signal.addEventListener('abort', wakeup.wake);
  try {
    for (const source of sources) fetcher.add(source);
    while (!signal.aborted) {
      const batch = backlog.take();
      if (batch) {
        const events = untilEnd
          ? batch.events.filter(({ partition, offset }) => offset < endOf(partition))
          : batch.events;
        if (events.length > 0) yield { ...batch, events };
      } else if (isAtEnd()) return;
      else await wakeup.wait();
    }
  } finally {
    clearInterval(following);
    signal.removeEventListener('abort', wakeup.wake);
    await fetcher.close();
  }
}
