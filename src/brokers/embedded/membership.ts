import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type AssignedPartition,
  type GroupOptions,
  type Membership,
  type NewEvent,
  notThere,
  type UnreadPartition,
} from '../broker.ts';
import { createInbox, type Inbox } from '../inbox.ts';
import { type Lane, type OpenedPartition, runLane } from '../lane.ts';
import type { LogFile } from './database.ts';
import { createSeat, type LaneClaim } from './group.ts';
import { toEvent } from './rows.ts';
import type { Topics } from './topics.ts';
import type { Waiters } from './waiters.ts';

export interface EmbeddedMembershipParts {
  readonly file: LogFile;
  readonly topics: Topics;
  readonly waiters: Waiters;
  readonly clock: () => number;
  /** In milliseconds. */
  readonly lease: number;
}

const defaultWaiting = { events: 1000, bytes: 4 * 1024 * 1024 };
/** So many turns fall into one lease. */
const TURNS_A_LEASE = 5;
const MOST_EVENTS = 500;

/** A lane that has an inbox to be filled. */
interface Reader {
  readonly inbox: Inbox;
  /** Fills the inbox; says whether there was anything. */
  fill(): boolean;
}

export const joinGroup = (
  { file, topics, waiters, clock, lease }: EmbeddedMembershipParts,
  { group, topics: names, start, waiting = defaultWaiting, onTrouble = () => {} }: GroupOptions,
  work: (partition: AssignedPartition) => Promise<void>,
): Membership => {
  const member = randomUUID();
  const seat = createSeat(file, topics, { group, member, topics: names, start, lease });
  const leaving = new AbortController();
  const lanes = new Map<number, { readonly lane: Lane; readonly claim: LaneClaim }>();
  const readers = new Set<Reader>();
  let joined = false;
  let missing: readonly string[] = [];
  let unread: readonly UnreadPartition[] = [];

  const open = async (claim: LaneClaim, signal: AbortSignal): Promise<OpenedPartition> => {
    const { id, topic, partition } = claim.lane;
    let next = Math.max(seat.committed(claim), topics.lane(id).start);
    let committed = next;
    const inbox = createInbox({ ...waiting, position: next, onRoom: () => waiters.wake() });
    const reader: Reader = {
      inbox,
      fill: () => {
        if (inbox.room === 0) return false;
        const lane = topics.lane(id);
        // Retention may have removed what was to be read next.
        if (next < lane.start) next = lane.start;
        if (next >= lane.end) return false;
        const rows = topics.read(id, next, Math.min(inbox.room, MOST_EVENTS), waiting.bytes / 4);
        if (rows.length === 0) return false;
        next = (rows.at(-1)?.offset ?? next) + 1;
        inbox.push(
          rows.map((row) => toEvent(topic, partition, row)),
          next,
        );
        return true;
      },
    };
    readers.add(reader);
    waiters.wake();
    return {
      partition: {
        topic,
        partition,
        signal,
        take: (most, delay = 0) => inbox.take(most, delay, signal),
        commit: async (position: number, results: readonly NewEvent[] = []) => {
          await file.write(() => {
            seat.commit(claim, position);
            if (results.length > 0) topics.append(results);
          });
          committed = position;
          if (results.length > 0) waiters.wake();
        },
        get waiting() {
          return inbox.length;
        },
        get lag() {
          return Math.max(0, topics.lane(id).end - committed);
        },
      },
      close: () => {
        readers.delete(reader);
      },
    };
  };

  const begin = (claim: LaneClaim): void => {
    const lane = runLane({ open: (signal) => open(claim, signal), work, onTrouble });
    lanes.set(claim.lane.id, { lane, claim });
  };

  const turn = async (): Promise<void> => {
    const turned = await file.write(() => seat.turn(clock()));
    const { claims, surplus } = turned;
    joined = true;
    for (const topic of turned.missing) if (!missing.includes(topic)) onTrouble(notThere(topic));
    ({ missing, unread } = turned);
    const mine = new Map(claims.map((claim) => [claim.lane.id, claim]));
    for (const [id, entry] of lanes) {
      const lost = mine.get(id)?.epoch !== entry.claim.epoch;
      if ((!lost && !surplus.has(id)) || entry.lane.stopped) continue;
      entry.lane.stop();
      entry.lane.done
        .then(() => file.write(() => seat.release(entry.claim)))
        .catch(onTrouble)
        .finally(() => lanes.delete(id));
    }
    for (const [id, claim] of mine) if (!lanes.has(id) && !surplus.has(id)) begin(claim);
  };

  const takeTurns = async (): Promise<void> => {
    while (!leaving.signal.aborted) {
      try {
        await turn();
      } catch (error) {
        joined = false;
        onTrouble(error);
      }
      await sleep(lease / TURNS_A_LEASE, undefined, { signal: leaving.signal }).catch(() => {});
    }
  };

  const fillInboxes = async (): Promise<void> => {
    while (!leaving.signal.aborted) {
      const since = waiters.state();
      let any = false;
      for (const reader of readers) {
        try {
          any = reader.fill() || any;
        } catch (error) {
          reader.inbox.fail(error);
          readers.delete(reader);
        }
      }
      // A pause in both cases: others in this process want to run as well.
      if (any) await new Promise((resolve) => setImmediate(resolve));
      else await waiters.change(since, leaving.signal);
    }
  };

  const turns = takeTurns();
  const filling = fillInboxes();

  const leave = async (): Promise<void> => {
    leaving.abort();
    await turns;
    for (const { lane } of lanes.values()) lane.stop();
    await Promise.all([...lanes.values()].map(({ lane }) => lane.done));
    await filling;
    joined = false;
    await file.write(() => seat.leave()).catch(onTrouble);
  };
  let left: Promise<void> | undefined;

  return {
    get joined() {
      return joined;
    },
    get partitions() {
      return [...lanes.values()].flatMap(({ lane }) => lane.partition ?? []);
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
