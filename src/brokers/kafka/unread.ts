import type { Admin } from '@platformatic/kafka';
import { lagOf, type UnreadPartition } from '../broker.ts';
import { listCommitted, listPositions } from './offsets.ts';
import type { KnownTopics } from './topics.ts';

/** Partitions that no member of a group has, as its coordinator says. */
export const listUnread = async (
  admin: Admin,
  group: string,
  topics: KnownTopics,
): Promise<readonly UnreadPartition[]> => {
  const described = (await admin.describeGroups({ groups: [group] })).get(group);
  const read = new Set<string>();
  for (const { assignments } of described?.members.values() ?? []) {
    for (const { topic, partitions } of assignments?.values() ?? []) {
      for (const partition of partitions) read.add(`${topic}/${partition}`);
    }
  }
  const open = [...topics].filter(([topic, { partitions }]) =>
    Array.from({ length: partitions }, (_, partition) => `${topic}/${partition}`).some((name) => !read.has(name)),
  );
  const positions = await Promise.all(open.map(([topic]) => listPositions(admin, group, topic, false)));
  return positions
    .flat()
    .flatMap(({ topic, partition, ...position }) =>
      read.has(`${topic}/${partition}`) ? [] : [{ topic, partition, lag: lagOf(position) }],
    );
};

/** Those of the topics in which a group has no position at all. */
export const listNew = async (admin: Admin, group: string, topics: KnownTopics): Promise<KnownTopics> => {
  const each = await Promise.all(
    [...topics].map(async ([topic, known]) => {
      const partitions = Array.from({ length: known.partitions }, (_, partition) => partition);
      const committed = await listCommitted(admin, group, topic, { partitions });
      return committed.size === 0 ? ([[topic, known]] as const) : [];
    }),
  );
  return new Map(each.flat());
};
