/**
 * Results and the group's position in one transaction.
 *
 * Invariants: one transaction at a time, which the next commit ends; a position is an offset.
 */
import type { Message } from '@platformatic/kafka';
import { invariant } from '../../core/invariant.ts';
import type { NewEvent } from '../broker.ts';
import { createProducer, type KafkaConnection, type KafkaConsumer, type KafkaProducer } from './client.ts';
import { createEncoder } from './publisher.ts';

export interface Transactions {
  /**
   * Publishes `results` and moves the consumer's group to `position` in the partition, in one transaction. After a
   * failure this object is of no use any more: whether the transaction took place, its successor finds out.
   */
  commit(position: number, results: readonly NewEvent[]): Promise<void>;
  close(): Promise<void>;
}

export interface TransactionsOptions {
  readonly consumer: KafkaConsumer;
  readonly topic: string;
  readonly partition: number;
}

/** -1 and -1 say that this producer begins anew. */
const anew = { producerId: -1n, producerEpoch: -1 };

/**
 * The transactions of one partition for one group, under an id of their own. To open them ends, on the broker, whatever
 * an earlier owner of the partition has left open, and shuts that owner out (KIP-98). So a partition goes to its new
 * owner at once, however the old one ended, and its committed position is final when that owner reads it.
 */
export const openTransactions = async (
  connection: KafkaConnection,
  { consumer, topic, partition }: TransactionsOptions,
): Promise<Transactions> => {
  const producer = createProducer(connection, { transactionalId: `${consumer.groupId}/${topic}/${partition}` });
  const encode = createEncoder();
  const close = (): Promise<void> => producer.close(true).catch(() => {});
  let next: Awaited<ReturnType<KafkaProducer['beginTransaction']>>;
  try {
    next = await producer.beginTransaction(anew);
  } catch (error) {
    await close();
    throw error;
  }
  let committing = false;

  return {
    commit: async (position, results) => {
      invariant(!committing, 'a partition has one transaction at a time');
      invariant(Number.isSafeInteger(position) && position >= 0, 'a position is an offset');
      committing = true;
      // Who we are in the group goes along, so that the group's coordinator refuses a member that it has replaced.
      const { groupId, generationId, memberId } = consumer;
      const coordinatorId = await consumer.findGroupCoordinator();
      const send = async (): Promise<void> => {
        for (const messages of encode(results)) await next.send({ messages });
      };
      const moveGroup = async (): Promise<void> => {
        await next.addConsumer(consumer);
        await next.addOffset({
          topic,
          partition,
          offset: BigInt(position - 1),
          metadata: { consumer: { groupId, generationId, memberId, coordinatorId } },
        } as unknown as Message);
      };
      const outcomes = await Promise.allSettled([send(), moveGroup()]);
      for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
      await next.commit();
      next = await producer.beginTransaction(anew);
      committing = false;
    },
    close,
  };
};
