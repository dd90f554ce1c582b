/** One partition at work for a member of a group: its events as they are read of the log, and its position. */
import type { AssignedPartition, NewEvent } from '../broker.ts';
import { createInbox } from '../inbox.ts';
import type { LogFile } from './database.ts';
import type { InboxReader } from './filling.ts';
import type { LaneClaim, Seat } from './group.ts';
import { toEvent } from './rows.ts';
import type { Topics } from './topics.ts';
import type { Waiters } from './waiters.ts';

export interface EmbeddedPartitionParts {
  readonly file: LogFile;
  readonly topics: Topics;
  readonly waiters: Waiters;
  readonly seat: Pick<Seat, 'committed' | 'commit'>;
  /** How many events, and bytes of them, may wait. */
  readonly waiting: { readonly events: number; readonly bytes: number };
}

const MOST_EVENTS = 500;

/** @throws FENCED when it has another owner */
export const openPartition = (
  claim: LaneClaim,
  signal: AbortSignal,
  { file, topics, waiters, seat, waiting }: EmbeddedPartitionParts,
): { readonly partition: AssignedPartition; readonly reader: InboxReader } => {
  const { id, topic, partition } = claim.lane;
  let next = Math.max(seat.committed(claim), topics.lane(id).start);
  let committed = next;
  const inbox = createInbox({ ...waiting, position: next, onRoom: () => waiters.wake() });
  const fill = (): boolean => {
    if (inbox.room === 0) return false;
    const { start, end } = topics.lane(id);
    // Retention may have removed what was to be read next.
    next = Math.max(next, start);
    if (next >= end) return false;
    const rows = topics.read(id, next, Math.min(inbox.room, MOST_EVENTS), waiting.bytes / 4);
    if (rows.length === 0) return false;
    next = (rows.at(-1)?.offset ?? next) + 1;
    inbox.push(
      rows.map((row) => toEvent(topic, partition, row)),
      next,
    );
    return true;
  };
  return {
    reader: { fill, fail: inbox.fail },
    partition: {
      topic,
      partition,
      signal,
      take: (most, delayMs = 0) => inbox.take(most, delayMs, signal),
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
  };
};
