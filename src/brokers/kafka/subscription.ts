import type { Admin, Base } from '@platformatic/kafka';
import { type GroupOptions, notThere, type UnreadPartition } from '../broker.ts';
import { findTopics, type KnownTopics } from './topics.ts';
import { listNew, listUnread } from './unread.ts';

/** The topics of a group, as a member sees them for as long as it is one. */
export interface Subscription {
  /** Those that did not exist when it last looked. */
  readonly missing: readonly string[];
  /** Partitions that no member had when it last looked. */
  readonly unread: readonly UnreadPartition[];
  /** Looks which of them there are. `client` hears of them, too. */
  find(client: Base): Promise<KnownTopics>;
  /** Looks which partitions nobody has. */
  findUnread(topics: KnownTopics): Promise<void>;
  /** Where the group begins that has no position in this partition, of the topic with this id. */
  startOf(topic: string, partition: number, topicId: string): 'earliest' | 'latest';
}

export const createSubscription = (
  admin: Admin,
  { group, topics, start, onTrouble }: Required<Pick<GroupOptions, 'group' | 'topics' | 'start' | 'onTrouble'>>,
): Subscription => {
  let missing: readonly string[] = [];
  let unread: readonly UnreadPartition[] = [];
  /** Those in which the group had no position yet when this member came, as they were then. */
  let newTo: KnownTopics | undefined;

  return {
    get missing() {
      return missing;
    },
    get unread() {
      return unread;
    },
    find: async (client) => {
      const found = await findTopics(client, topics);
      const absent = topics.filter((topic) => !found.has(topic));
      for (const topic of absent) if (!missing.includes(topic)) onTrouble(notThere(topic));
      missing = absent;
      newTo ??= start === 'latest' ? await listNew(admin, group, found) : new Map();
      return found;
    },
    findUnread: async (found) => {
      unread = found.size === 0 ? [] : await listUnread(admin, group, found);
    },
    startOf: (topic, partition, topicId) => {
      const found = newTo?.get(topic);
      return found?.id === topicId && partition < found.partitions ? start : 'earliest';
    },
  };
};
