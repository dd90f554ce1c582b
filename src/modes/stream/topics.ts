import type { Broker } from '../../brokers/broker.ts';
import type { StreamDeployment } from './deployment.ts';

const DEAD_LETTERS_MS = 30 * 24 * 3600 * 1000;

/** A topic of this deployment with as many partitions as its others. */
export const ensureUsual = (broker: Broker, { partitions }: StreamDeployment, topic: string): Promise<void> =>
  broker.ensureTopic(topic, partitions === undefined ? {} : { partitions });

/** Makes the topics that are missing. Dead letters may be larger than what they are made of, by their headers. */
export const ensureTopics = async (broker: Broker, deployment: StreamDeployment): Promise<void> => {
  const { from, to, shadow, deadLetters, replay, largestBytes } = deployment;
  for (const topic of [...from, to, shadow?.to]) if (topic !== undefined) await ensureUsual(broker, deployment, topic);
  const large = { partitions: 1, largestBytes: Math.max(2 * largestBytes, 2 * 1024 * 1024) };
  await broker.ensureTopic(deadLetters, { ...large, retentionMs: DEAD_LETTERS_MS });
  await broker.ensureTopic(replay, large);
};
