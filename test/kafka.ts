import { type KafkaBroker, lacking, startKafka } from '../scripts/kafka-broker.ts';

/** The Kafka of a test file. */
export interface TestKafka {
  readonly address: string;
  /** Set when the tests started it themselves, and so may stop it. */
  readonly own: KafkaBroker | undefined;
  remove(): Promise<void>;
}

/** Whether tests can have a Kafka: one that `KAFKA_URL` names, or one of their own. Says in one line when they cannot. */
export const hasKafka = (suite: string): boolean => {
  const missing = process.env.KAFKA_URL ? undefined : lacking();
  if (missing !== undefined) process.stderr.write(`# ${suite} did not run: no KAFKA_URL, and ${missing}\n`);
  return missing === undefined;
};

/** Members that died are given up after a second, and new partitions seen, so that tests need not wait for them. */
const session = 'session=1s&refresh=1s';

export const testKafka = async (): Promise<TestKafka> => {
  const { KAFKA_URL } = process.env;
  if (KAFKA_URL) {
    const address = KAFKA_URL.includes('session=')
      ? KAFKA_URL
      : `${KAFKA_URL}${KAFKA_URL.includes('?') ? '&' : '?'}session=6s`;
    return { address, own: undefined, remove: async () => {} };
  }
  const own = await startKafka();
  return { address: `${own.address}?${session}`, own, remove: own.remove };
};
