/** Making topics, and growing them. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Admin } from '@platformatic/kafka';
import type { TopicInfo, TopicOptions } from '../broker.ts';
import { says } from './errors.ts';
import { findTopics, noTopic, requireTopics } from './topics.ts';

export interface TopicAdmin {
  /** One that exists stays as it is. */
  ensure(topic: string, options?: TopicOptions): Promise<void>;
  /** Resolves to whether it had fewer. @throws UNKNOWN_TOPIC */
  grow(topic: string, partitions: number): Promise<boolean>;
  list(): Promise<readonly TopicInfo[]>;
}

const DEFAULT_PARTITIONS = 3;
/** How often, and how long, it is looked whether the brokers have heard of what was made. */
const LOOK_MS = 50;
const MOST_LOOKS = 50;

export const createTopicAdmin = (
  admin: Admin,
  { place, replicas }: { readonly place: string; readonly replicas: number | undefined },
): TopicAdmin => {
  const partitionsOf = async (topic: string): Promise<number | undefined> =>
    (await findTopics(admin, [topic])).get(topic)?.partitions;
  /** Brokers hear one after another of a topic that is made, and of its partitions. */
  const heardOf = async (topic: string, partitions: number): Promise<void> => {
    for (let looks = 0; looks < MOST_LOOKS; looks++) {
      if (((await partitionsOf(topic)) ?? 0) >= partitions) return;
      await sleep(LOOK_MS);
    }
    throw noTopic(topic, place);
  };

  return {
    ensure: async (topic, { partitions = DEFAULT_PARTITIONS, retentionMs, largestBytes } = {}) => {
      const configs = [
        ...(retentionMs === undefined ? [] : [{ name: 'retention.ms', value: String(retentionMs) }]),
        ...(largestBytes === undefined ? [] : [{ name: 'max.message.bytes', value: String(largestBytes) }]),
      ];
      if ((await partitionsOf(topic)) !== undefined) return;
      try {
        await admin.createTopics({ topics: [topic], partitions, replicas: replicas ?? -1, configs });
      } catch (error) {
        if (!says(error, 'TOPIC_ALREADY_EXISTS')) throw error;
      }
      await heardOf(topic, 1);
    },
    grow: async (topic, partitions) => {
      const [now] = (await requireTopics(admin, [topic], place)).values();
      if (now.partitions >= partitions) return false;
      await admin.createPartitions({ topics: [{ name: topic, count: partitions }] });
      await heardOf(topic, partitions);
      return true;
    },
    list: async () => {
      const names = (await admin.listTopics()).toSorted();
      if (names.length === 0) return [];
      const { topics } = await admin.metadata({ topics: names });
      return names.map((topic) => ({ topic, partitions: topics.get(topic)?.partitionsCount ?? 0 }));
    },
  };
};
