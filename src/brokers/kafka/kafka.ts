import { setTimeout as sleep } from 'node:timers/promises';
import { Admin } from '@platformatic/kafka';
import { fail } from '../../core/errors.ts';
import {
  type Broker,
  type BrokerOptions,
  type EventBatch,
  firstOffset,
  type ReadTopicOptions,
  type TopicInfo,
} from '../broker.ts';
import { parseAddress } from './address.ts';
import { createConnection, createProducer, type KafkaProducer } from './client.ts';
import { says, translate } from './errors.ts';
import { createFetcher, type FetchSource } from './fetcher.ts';
import { joinGroup } from './membership.ts';
import { listEnds, listPositions } from './offsets.ts';
import { createEncoder } from './publisher.ts';
import { findTopics } from './topics.ts';
import { listUnread } from './unread.ts';

const DEFAULT_PARTITIONS = 3;
/** Batches that may wait in a reader. */
const MOST_BATCHES = 8;
const ROOM_EVENTS = 1000;

/**
 * Kafka, or what speaks its protocol.
 *
 * @throws MillraceError BAD_PROJECT, FILE_NOT_FOUND for the address. It connects when first used.
 */
export const openKafka = async (address: string, { folder, client = 'millrace' }: BrokerOptions): Promise<Broker> => {
  const connection = createConnection(parseAddress(address, folder), client);
  const { place } = connection;
  const admin = new Admin(connection.options);
  const encode = createEncoder();
  const memberships = new Set<{ leave(): Promise<void> }>();
  const readers = new Set<AbortController>();
  let producer: KafkaProducer | undefined;

  const translated = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw translate(error, place);
    }
  };

  const noTopic = (topic: string) =>
    fail('UNKNOWN_TOPIC', `${place} has no topic '${topic}'`, { expected: 'a topic that exists', got: topic });

  /** Brokers hear one after another of a topic that is made, and of its partitions. */
  const known = async (topic: string, partitions: number): Promise<void> => {
    for (let tries = 0; tries < 50; tries++) {
      const now = (await findTopics(admin, [topic])).get(topic)?.partitions ?? 0;
      if (now >= partitions) return;
      await sleep(50);
    }
    throw noTopic(topic);
  };

  async function* read(
    topic: string,
    { from, untilEnd = false, signal }: ReadTopicOptions,
  ): AsyncGenerator<EventBatch> {
    const found = (await translated(() => findTopics(admin, [topic]))).get(topic);
    if (found === undefined) throw noTopic(topic);
    const ends = await translated(() => listEnds(admin, topic));
    const stop = new AbortController();
    readers.add(stop);
    const ended = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
    const fetcher = createFetcher(connection, admin);
    const batches: EventBatch[] = [];
    let failure: { readonly error: unknown } | undefined;
    let tell = (): void => {};
    ended.addEventListener('abort', () => tell());
    const sourceOf = (partition: number, next: number): FetchSource => ({
      topic,
      topicId: found.id,
      partition,
      next,
      end: next,
      room: () => (batches.length < MOST_BATCHES ? ROOM_EVENTS : 0),
      push: (events, position) => {
        if (events.length > 0) batches.push({ events, position });
        tell();
      },
      outOfRange: async () => (await listEnds(admin, topic))[partition]?.start ?? 0,
      fail: (error) => {
        failure = { error };
        tell();
      },
    });
    const sources = ends.flatMap(({ start, end }, partition) => {
      const next = firstOffset(from, { partition, start, end });
      return next === undefined ? [] : sourceOf(partition, next);
    });
    let partitions = ends.length;
    const look = async (): Promise<void> => {
      const now = (await findTopics(admin, [topic])).get(topic)?.partitions ?? 0;
      for (; partitions < now; partitions++) fetcher.add(sourceOf(partitions, 0));
    };
    const following = untilEnd ? undefined : setInterval(() => look().catch(() => {}), connection.refresh);
    const atEnd = (): boolean => sources.every(({ next, partition }) => next >= (ends[partition]?.end ?? 0));
    try {
      for (const source of sources) fetcher.add(source);
      while (!ended.aborted) {
        const batch = batches.shift();
        if (batch) {
          if (batches.length === MOST_BATCHES - 1) fetcher.wake();
          const end = ends[batch.events[0]?.partition ?? 0]?.end ?? 0;
          const events = untilEnd ? batch.events.filter(({ offset }) => offset < end) : batch.events;
          if (events.length > 0) yield { ...batch, events };
          continue;
        }
        if (failure) throw translate(failure.error, place);
        if (untilEnd && atEnd()) return;
        await new Promise<void>((resolve) => {
          tell = resolve;
          if (ended.aborted) resolve();
        });
      }
    } finally {
      clearInterval(following);
      readers.delete(stop);
      await fetcher.close();
    }
  }

  return {
    place,
    ensureTopic: (topic, { partitions = DEFAULT_PARTITIONS, retention, largest } = {}) =>
      translated(async () => {
        const configs = [
          ...(retention === undefined ? [] : [{ name: 'retention.ms', value: String(retention) }]),
          ...(largest === undefined ? [] : [{ name: 'max.message.bytes', value: String(largest) }]),
        ];
        if ((await findTopics(admin, [topic])).has(topic)) return;
        try {
          await admin.createTopics({ topics: [topic], partitions, replicas: connection.replicas ?? -1, configs });
        } catch (error) {
          if (!says(error, 'TOPIC_ALREADY_EXISTS')) throw error;
        }
        await known(topic, 1);
      }),
    growTopic: (topic, partitions) =>
      translated(async () => {
        const now = (await findTopics(admin, [topic])).get(topic)?.partitions;
        if (now === undefined) throw noTopic(topic);
        if (now >= partitions) return;
        await admin.createPartitions({ topics: [{ name: topic, count: partitions }] });
        await known(topic, partitions);
        // What is sent from here goes to all of them from now on.
        await producer?.metadata({ topics: [topic], forceUpdate: true });
      }),
    topics: () =>
      translated(async () => {
        const names = (await admin.listTopics()).toSorted();
        if (names.length === 0) return [];
        const { topics } = await admin.metadata({ topics: names });
        return names.map((topic): TopicInfo => ({ topic, partitions: topics.get(topic)?.partitionsCount ?? 0 }));
      }),
    produce: (events) =>
      translated(async () => {
        producer ??= createProducer(connection);
        for (const messages of encode(events)) await producer.send({ messages });
      }),
    consume: (options, work) => {
      const membership = joinGroup({ connection, admin }, options, work);
      memberships.add(membership);
      return membership;
    },
    read,
    positions: (group, topics, { stable = false } = {}) =>
      translated(async () =>
        (await Promise.all(topics.map((topic) => listPositions(admin, group, topic, stable)))).flat(),
      ),
    unread: (group, topics) =>
      translated(async () => {
        const found = await findTopics(admin, topics);
        for (const topic of topics) if (!found.has(topic)) throw noTopic(topic);
        return listUnread(admin, group, found);
      }),
    close: async () => {
      for (const reader of readers) reader.abort();
      await Promise.all([...memberships].map((membership) => membership.leave()));
      await producer?.close(true).catch(() => {});
      await admin.close().catch(() => {});
    },
  };
};
