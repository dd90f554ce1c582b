import { setTimeout as sleep } from 'node:timers/promises';
import type { AssignedPartition } from '../broker.ts';
import { type Lane, type LaneOptions, type OpenedPartition, runLane } from '../lane.ts';

/** The partitions that a group has given to a member, each in a lane of its own. */
export interface Lanes {
  /** Those at work. */
  readonly partitions: readonly AssignedPartition[];
  /** The group has said that this member is one of it. */
  confirm(): void;
  /** Begins what was given, and stops what was taken away. */
  share(): void;
  /** Stops the lanes of such topics; those that are still given begin anew once they are shared out again. */
  stop(isWanted: (topic: string) => boolean): void;
  /** Stops all for good. Resolves when nothing of them is left. */
  close(): Promise<void>;
}

export interface LanesOptions extends Pick<LaneOptions, 'work' | 'onTrouble'> {
  /** What the group has given, as last heard. */
  readonly given: () => readonly { readonly topic: string; readonly partitions: readonly number[] }[];
  readonly open: (topic: string, partition: number, signal: AbortSignal) => Promise<OpenedPartition>;
}

/** How often it is looked whether the group has confirmed a member that was fenced. */
const LOOK_MS = 50;

export const createLanes = ({ given, open, work, onTrouble }: LanesOptions): Lanes => {
  const lanes = new Map<string, { readonly topic: string; readonly lane: Lane }>();
  let confirmedAt = 0;
  let closed = false;

  const begin = (name: string, topic: string, partition: number): void => {
    let fencedAt = 0;
    const lane = runLane({
      open: async (signal) => {
        // Who was fenced must not fence the new owner in turn: first the group has to say that nothing has changed.
        while (confirmedAt <= fencedAt && !signal.aborted) await sleep(LOOK_MS, undefined, { signal }).catch(() => {});
        return open(topic, partition, signal);
      },
      work,
      onFenced: () => {
        fencedAt = performance.now();
      },
      onTrouble,
    });
    lanes.set(name, { topic, lane });
    lane.done.finally(() => lanes.delete(name));
  };
  const share = (): void => {
    if (closed) return;
    const mine = new Map<string, () => void>();
    for (const { topic, partitions } of given()) {
      for (const partition of partitions) {
        const name = `${topic}/${partition}`;
        mine.set(name, () => begin(name, topic, partition));
      }
    }
    for (const [name, { lane }] of lanes) if (!mine.has(name)) lane.stop();
    for (const [name, start] of mine) {
      const running = lanes.get(name)?.lane;
      if (!running) start();
      else if (running.stopped) running.done.then(share);
    }
  };

  return {
    get partitions() {
      return [...lanes.values()].flatMap(({ lane }) => lane.partition ?? []);
    },
    confirm: () => {
      confirmedAt = performance.now();
    },
    share,
    stop: (isWanted) => {
      for (const { topic, lane } of lanes.values()) if (isWanted(topic)) lane.stop();
    },
    close: async () => {
      closed = true;
      const running = [...lanes.values()].map(({ lane }) => lane);
      for (const lane of running) lane.stop();
      await Promise.all(running.map(({ done }) => done));
    },
  };
};
