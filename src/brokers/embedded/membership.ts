import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type AssignedPartition,
  type GroupOptions,
  type Membership,
  notThere,
  type UnreadPartition,
} from '../broker.ts';
import { createClaimedLanes } from './claimed-lanes.ts';
import type { LogFile } from './database.ts';
import { startFilling } from './filling.ts';
import { createSeat } from './group.ts';
import { openPartition } from './partition.ts';
import type { Topics } from './topics.ts';
import type { Waiters } from './waiters.ts';

export interface EmbeddedMembershipParts {
  readonly file: LogFile;
  readonly topics: Topics;
  readonly waiters: Waiters;
  readonly clock: () => number;
  readonly leaseMs: number;
}

const WAITING = { events: 1000, bytes: 4 * 1024 * 1024 };
/** So many turns fall into one lease. */
const TURNS_A_LEASE = 5;

export const joinGroup = (
  { file, topics, waiters, clock, leaseMs }: EmbeddedMembershipParts,
  { group, topics: names, start, waiting = WAITING, onTrouble = () => {} }: GroupOptions,
  work: (partition: AssignedPartition) => Promise<void>,
): Membership => {
  const seat = createSeat(file, topics, { group, member: randomUUID(), topics: names, start, leaseMs });
  const leaving = new AbortController();
  const { signal } = leaving;
  const filling = startFilling(waiters, signal);
  const lanes = createClaimedLanes({
    open: async (claim, stopped) => {
      const { partition, reader } = openPartition(claim, stopped, { file, topics, waiters, seat, waiting });
      filling.add(reader);
      return { partition, close: () => filling.remove(reader) };
    },
    release: (claim) => file.write(() => seat.release(claim)),
    work,
    onTrouble,
  });
  let joined = false;
  let missing: readonly string[] = [];
  let unread: readonly UnreadPartition[] = [];

  const takeTurns = async (): Promise<void> => {
    while (!signal.aborted) {
      try {
        const turn = await file.write(() => seat.turn(clock()));
        joined = true;
        for (const topic of turn.missing) if (!missing.includes(topic)) onTrouble(notThere(topic));
        ({ missing, unread } = turn);
        lanes.share(turn);
      } catch (error) {
        joined = false;
        onTrouble(error);
      }
      await sleep(leaseMs / TURNS_A_LEASE, undefined, { signal }).catch(() => {});
    }
  };
  const turns = takeTurns();

  const leave = async (): Promise<void> => {
    leaving.abort();
    await turns;
    await lanes.close();
    await filling.done;
    joined = false;
    await file.write(() => seat.leave()).catch(onTrouble);
  };
  let left: Promise<void> | undefined;

  return {
    get joined() {
      return joined;
    },
    get partitions() {
      return lanes.partitions;
    },
    get missing() {
      return missing;
    },
    get unread() {
      return unread;
    },
    leave: () => {
      left ??= leave();
      return left;
    },
  };
};
