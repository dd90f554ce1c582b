import { Admin } from '@platformatic/kafka';
import type { Broker, BrokerOptions, EventBatch, ReadTopicOptions } from '../broker.ts';
import { parseAddress } from './address.ts';
import { createConnection, createProducer, type KafkaProducer } from './client.ts';
import { translate } from './errors.ts';
import { joinGroup } from './membership.ts';
import { listPositions } from './offsets.ts';
import { createEncoder } from './publisher.ts';
import { readTopic } from './read-topic.ts';
import { createTopicAdmin } from './topic-admin.ts';
import { requireTopics } from './topics.ts';
import { listUnread } from './unread.ts';

/**
 * Kafka, or what speaks its protocol.
 *
 * @throws BAD_PROJECT, FILE_NOT_FOUND for the address. It connects when first used.
 */
export const openKafka = async (address: string, { folder, client = 'millrace' }: BrokerOptions): Promise<Broker> => {
  const connection = createConnection(parseAddress(address, folder), client);
  const { place } = connection;
  const admin = new Admin(connection.options);
  const topics = createTopicAdmin(admin, connection);
  const encode = createEncoder();
  const memberships = new Set<{ leave(): Promise<void> }>();
  const closing = new AbortController();
  let producer: KafkaProducer | undefined;

  const translated = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw translate(error, place);
    }
  };

  async function* read(topic: string, { signal, ...options }: ReadTopicOptions): AsyncGenerator<EventBatch> {
    const ended = signal ? AbortSignal.any([signal, closing.signal]) : closing.signal;
    try {
      yield* readTopic({ connection, admin }, topic, { ...options, signal: ended });
    } catch (error) {
      throw translate(error, place);
    }
  }

  return {
    place,
    ensureTopic: (topic, options) => translated(() => topics.ensure(topic, options)),
    growTopic: (topic, partitions) =>
      translated(async () => {
        const grown = await topics.grow(topic, partitions);
        // What is sent from here goes to all of them from now on.
        if (grown) await producer?.metadata({ topics: [topic], forceUpdate: true });
      }),
    topics: () => translated(topics.list),
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
    positions: (group, names, { stable = false } = {}) =>
      translated(async () =>
        (await Promise.all(names.map((topic) => listPositions(admin, group, topic, stable)))).flat(),
      ),
    unread: (group, names) =>
      translated(async () => listUnread(admin, group, await requireTopics(admin, names, place))),
    close: async () => {
      closing.abort();
      await Promise.all([...memberships].map((membership) => membership.leave()));
      await producer?.close(true).catch(() => {});
      await admin.close().catch(() => {});
    },
  };
};
