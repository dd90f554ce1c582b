import type { AssignedPartition } from './broker.ts';

/** Watches whether a deployment advances. Times are milliseconds of one clock. */
export interface Progress {
  advanced(partition: Pick<AssignedPartition, 'topic' | 'partition'>, now: number): void;
  troubled(now: number): void;
  /** What keeps it from being ready, in words; empty when nothing does. */
  obstacles(now: number): readonly string[];
}

export interface ProgressOptions {
  /** How long a partition may stand still while events wait in it. */
  readonly stall: number;
  readonly joined: () => boolean;
  readonly partitions: () => readonly AssignedPartition[];
}

export const createProgress = ({ stall, joined, partitions }: ProgressOptions): Progress => {
  /** When a partition last advanced or had nothing to do. */
  const moved = new Map<string, number>();
  let troubleSince: number | undefined;
  const nameOf = ({ topic, partition }: Pick<AssignedPartition, 'topic' | 'partition'>) => `${topic}/${partition}`;

  return {
    advanced: (partition, now) => {
      moved.set(nameOf(partition), now);
      troubleSince = undefined;
    },
    troubled: (now) => {
      troubleSince ??= now;
    },
    obstacles: (now) => {
      if (!joined()) return ['not in the group: the broker cannot be reached, or the group is still forming'];
      const found: string[] = [];
      for (const partition of partitions()) {
        const name = nameOf(partition);
        const since = moved.get(name);
        if (partition.lag === 0 || since === undefined) moved.set(name, now);
        else if (now - since > stall) {
          found.push(
            `${name} has not advanced for ${Math.round((now - since) / 1000)} s; ${partition.lag} events wait`,
          );
        }
      }
      if (troubleSince !== undefined && now - troubleSince > stall) {
        found.push(`nothing has succeeded for ${Math.round((now - troubleSince) / 1000)} s`);
      }
      return found;
    },
  };
};
