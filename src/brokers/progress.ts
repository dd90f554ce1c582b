import type { AssignedPartition, Membership } from './broker.ts';

/** Watches whether a deployment advances. Times are milliseconds of one clock. */
export interface GroupProgress {
  advanced(partition: Pick<AssignedPartition, 'topic' | 'partition'>, now: number): void;
  troubled(now: number): void;
  /** What keeps it from being ready, in words; empty when nothing does. */
  obstacles(now: number): readonly string[];
}

export interface ProgressOptions {
  /** How long a partition may stand still while events wait in it. */
  readonly stallMs: number;
  /** Undefined before there is one. */
  readonly membership: () => Pick<Membership, 'joined' | 'partitions' | 'missing' | 'unread'> | undefined;
}

export const createProgress = ({ stallMs, membership }: ProgressOptions): GroupProgress => {
  /** When a partition last advanced or had nothing to do. */
  const moved = new Map<string, number>();
  /** Since when nobody reads a partition. */
  const unreadSince = new Map<string, number>();
  let troubleSince: number | undefined;
  let lastTrouble = Number.NEGATIVE_INFINITY;
  const nameOf = ({ topic, partition }: Pick<AssignedPartition, 'topic' | 'partition'>) => `${topic}/${partition}`;

  return {
    advanced: (partition, now) => {
      moved.set(nameOf(partition), now);
      troubleSince = undefined;
    },
    troubled: (now) => {
      troubleSince ??= now;
      lastTrouble = now;
    },
    obstacles: (now) => {
      const { joined = false, partitions = [], missing = [], unread = [] } = membership() ?? {};
      const found = missing.map((topic) => `there is no topic ${topic}; it is read once it is there`);
      if (!joined) {
        return [...found, 'not in the group: the broker cannot be reached, or the group is still forming'];
      }
      for (const name of unreadSince.keys()) {
        if (!unread.some((one) => nameOf(one) === name)) unreadSince.delete(name);
      }
      for (const one of unread) {
        const name = nameOf(one);
        const since = unreadSince.get(name) ?? now;
        unreadSince.set(name, since);
        if (now - since > stallMs) {
          found.push(`nobody has read ${name} for ${Math.round((now - since) / 1000)} s; ${one.lag} events wait`);
        }
      }
      for (const partition of partitions) {
        const name = nameOf(partition);
        const since = moved.get(name);
        if (partition.lag === 0 || since === undefined) moved.set(name, now);
        else if (now - since > stallMs) {
          found.push(
            `${name} has not advanced for ${Math.round((now - since) / 1000)} s; ${partition.lag} events wait`,
          );
        }
      }
      // What has nothing to do cannot succeed: trouble that has not come again is over for it.
      if (now - lastTrouble > stallMs && partitions.every(({ lag }) => lag === 0)) troubleSince = undefined;
      if (troubleSince !== undefined && now - troubleSince > stallMs) {
        found.push(`nothing has succeeded for ${Math.round((now - troubleSince) / 1000)} s`);
      }
      return found;
    },
  };
};
