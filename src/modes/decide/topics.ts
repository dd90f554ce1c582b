import type { Broker } from '../../brokers/broker.ts';
import type { DecideDeployment } from './deployment.ts';

const DAY_MS = 24 * 3600 * 1000;
/** How long the inbox is kept at most, from which a lost memory is made anew. */
const MOST_INBOX_MS = 7 * DAY_MS;
const DEAD_LETTERS_MS = 30 * DAY_MS;

/** Makes the topics that are missing. What holds an event of another topic and more must be allowed to be larger. */
export const ensureTopics = async (broker: Broker, deployment: DecideDeployment): Promise<void> => {
  const { topics, inbox, decisions, deadLetters, replay, partitions, largestBytes, withinMs, keepMs } = deployment;
  const usual = partitions === undefined ? {} : { partitions };
  const large = Math.max(2 * largestBytes, 2 * 1024 * 1024);
  for (const topic of [...topics, decisions]) await broker.ensureTopic(topic, usual);
  const retentionMs = Math.max(DAY_MS, withinMs + Math.min(keepMs, MOST_INBOX_MS));
  await broker.ensureTopic(inbox, { ...usual, largestBytes: large, retentionMs });
  await broker.ensureTopic(deadLetters, { partitions: 1, largestBytes: large, retentionMs: DEAD_LETTERS_MS });
  await broker.ensureTopic(replay, { partitions: 1, largestBytes: large });
};
