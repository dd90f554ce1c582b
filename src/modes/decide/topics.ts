import type { Broker } from '../../brokers/broker.ts';
import type { DecideDeployment } from './deployment.ts';

const DAY_MS = 24 * 3600 * 1000;
/** How long the inbox is kept at most, from which a lost memory is made anew. */
const MOST_INBOX_MS = 7 * DAY_MS;
const DEAD_LETTERS_MS = 30 * DAY_MS;

/** Makes the topics that are missing. What holds an event of another topic and more must be allowed to be larger. */
export const ensureTopics = async (broker: Broker, deployment: DecideDeployment): Promise<void> => {
  const { topics, inbox, decisions, deadLetters, replay, partitions, largest, within, keep } = deployment;
  const usual = partitions === undefined ? {} : { partitions };
  const large = Math.max(2 * largest, 2 * 1024 * 1024);
  for (const topic of [...topics, decisions]) await broker.ensureTopic(topic, usual);
  const retention = Math.max(DAY_MS, within + Math.min(keep, MOST_INBOX_MS));
  await broker.ensureTopic(inbox, { ...usual, largest: large, retention });
  await broker.ensureTopic(deadLetters, { partitions: 1, largest: large, retention: DEAD_LETTERS_MS });
  await broker.ensureTopic(replay, { partitions: 1, largest: large });
};
