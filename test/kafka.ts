import { after } from 'node:test';
import { type KafkaBroker, lacking, startKafka } from '../scripts/kafka-broker.ts';

/** A Kafka that the tests of a file have to themselves, or share where `KAFKA_URL` names it. */
export interface LentKafka {
  readonly address: string;
  /** Where it is the tests' own: takes it away, and resolves to what brings it back. */
  readonly takeAway?: () => Promise<() => Promise<void>>;
}

/** Whether tests can have a Kafka: one that `KAFKA_URL` names, or one of their own. Says in one line when they cannot. */
const hasKafka = (suite: string): boolean => {
  const missing = process.env.KAFKA_URL ? undefined : lacking();
  if (missing !== undefined) process.stderr.write(`# ${suite} did not run: no KAFKA_URL, and ${missing}\n`);
  return missing === undefined;
};

/** Members that died are given up after a second, and new partitions seen, so that tests need not wait for them. */
const session = 'session=1s&refresh=1s';

const named = (url: string): LentKafka => ({
  address: url.includes('session=') ? url : `${url}${url.includes('?') ? '&' : '?'}session=6s`,
});
const lent = (own: KafkaBroker): LentKafka => ({
  address: `${own.address}?${session}`,
  takeAway: async () => {
    await own.stop();
    return own.start;
  },
});

/**
 * Defines tests that need a Kafka, where there can be one. It starts when a test first asks for it, and is removed after
 * the last.
 */
export const withKafka = (suite: string, define: (lend: () => Promise<LentKafka>) => void): void => {
  if (!hasKafka(suite)) return;
  const { KAFKA_URL } = process.env;
  let own: Promise<KafkaBroker> | undefined;
  after(async () => (await own)?.remove());
  define(async () => {
    if (KAFKA_URL) return named(KAFKA_URL);
    own ??= startKafka();
    return lent(await own);
  });
};
