import type { Broker } from '../../brokers/broker.ts';
import type { StreamDeployment } from './deployment.ts';

const DEAD_LETTERS_MS = 30 * 24 * 3600 * 1000;

/** Makes the topics that are missing. Dead letters may be larger than what they are made of, by their headers. */
export const ensureTopics = async (broker: Broker, deployment: StreamDeployment): Promise<void> => {
  const { from, to, shadow, deadLetters, replay, partitions, largestBytes } = deployment;
  const usual = partitions === undefined ? {} : { partitions };
  for (const topic of [...from, to, shadow?.to]) if (topic !== undefined) await broker.ensureTopic(topic, usual);
  const large = { partitions: 1, largestBytes: Math.max(2 * largestBytes, 2 * 1024 * 1024) };
  await broker.ensureTopic(deadLetters, { ...large, retentionMs: DEAD_LETTERS_MS });
  await broker.ensureTopic(replay, large);
};
