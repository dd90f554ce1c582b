import { type BaseOptions, Consumer, type ConsumerOptions, Producer, type ProducerOptions } from '@platformatic/kafka';
import { backoffMs } from '../../core/backoff.ts';
import type { KafkaAddress } from './address.ts';

/** Where a Kafka is, and how clients of it are made. */
export interface KafkaConnection extends KafkaAddress {
  readonly options: BaseOptions;
}

type Bytes = Buffer;
export type KafkaConsumer = Consumer<Bytes, Bytes, Bytes, Bytes>;
export type KafkaProducer = Producer<Bytes, Bytes, Bytes, Bytes>;

const RETRIES = 8;
/** Most of what is tried again (a transaction that is just being closed) is over in milliseconds. */
const BACKOFF = { firstMs: 20, mostMs: 1280 } as const;
/** How long a transaction may be open, in milliseconds; readers of its topics wait for one whose owner is gone. */
const TRANSACTION_MS = 20_000;

export const createConnection = (address: KafkaAddress, client: string): KafkaConnection => ({
  ...address,
  options: {
    clientId: client,
    ...address.connection,
    retries: RETRIES,
    retryDelay: (_client, _operation, attempt) => backoffMs(BACKOFF, attempt),
    timeout: TRANSACTION_MS,
    autocreateTopics: false,
  },
});

export const createConsumer = (
  { options, sessionMs }: KafkaConnection,
  settings: Pick<ConsumerOptions<Bytes, Bytes, Bytes, Bytes>, 'groupId'>,
): KafkaConsumer =>
  new Consumer({
    ...options,
    sessionTimeout: sessionMs,
    rebalanceTimeout: sessionMs,
    heartbeatInterval: sessionMs / 5,
    autocommit: false,
    ...settings,
  });

export const createProducer = (
  { options }: KafkaConnection,
  settings: Pick<ProducerOptions<Bytes, Bytes, Bytes, Bytes>, 'transactionalId'> = {},
): KafkaProducer => new Producer({ ...options, retries: RETRIES, idempotent: true, ...settings });
