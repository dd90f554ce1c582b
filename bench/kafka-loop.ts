/** The yardstick of streams: what anyone would write with the same client and transactions, and no model. */
import { Consumer, type Message, Producer } from '@platformatic/kafka';

export interface LoopOptions {
  readonly brokers: readonly string[];
  readonly group: string;
  readonly from: string;
  readonly to: string;
  /** The most events of a transaction. */
  readonly size: number;
  /** Called when a transaction is committed, with what was parsed. */
  readonly onCommitted: (events: readonly Record<string, unknown>[]) => void;
}

/** Consume, parse, serialise, produce and commit in transactions, until the returned function is called. */
export const startLoop = async ({ brokers, group, from, to, size, onCommitted }: LoopOptions) => {
  const options = { clientId: 'bench', bootstrapBrokers: [...brokers], retries: 8, retryDelay: 20 };
  const consumer = new Consumer({ ...options, groupId: group, autocommit: false });
  const producer = new Producer({ ...options, idempotent: true, transactionalId: `${group}-bench` });
  const stream = await consumer.consume({ topics: [from], mode: 'committed', fallbackMode: 'earliest' });
  let waiting: Message[] = [];
  let tell = (): void => {};
  let stopped = false;
  stream.on('data', (message: Message) => {
    waiting.push(message);
    if (waiting.length >= 10 * size) stream.pause();
    tell();
  });

  const once = async (messages: readonly Message[]): Promise<void> => {
    const transaction = await producer.beginTransaction({ producerId: -1n, producerEpoch: -1 });
    const parsed = messages.map(({ value }) => JSON.parse(value.toString()) as Record<string, unknown>);
    await transaction.send({
      messages: parsed.map((ride, i) => ({
        topic: to,
        key: messages[i].key,
        value: Buffer.from(JSON.stringify({ ride_id: ride.ride_id, source: 'bench', prediction: { dollars: 1.5 } })),
      })),
    });
    await transaction.addConsumer(consumer);
    const last = new Map(messages.map((message) => [message.partition, message]));
    // One after another: calls that overlap are made one, and later offsets are lost.
    for (const message of last.values()) await transaction.addOffset(message);
    await transaction.commit();
    onCommitted(parsed);
  };
  const run = async (): Promise<void> => {
    while (!stopped) {
      if (waiting.length === 0) {
        await new Promise<void>((resolve) => {
          tell = resolve;
        });
        continue;
      }
      const messages = waiting.slice(0, size);
      waiting = waiting.slice(size);
      if (waiting.length < 5 * size) stream.resume();
      await once(messages);
    }
  };
  const running = run();
  return async (): Promise<void> => {
    stopped = true;
    tell();
    await running;
    await consumer.close(true);
    await producer.close(true);
  };
};
