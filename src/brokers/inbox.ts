/**
 * Where the events of one partition wait between the reader, which fills it, and the work, which empties it.
 *
 * Invariants: events wait in the order of their offsets, and reading goes on after the last of them; `bytes` is their size, and
 * nothing when none waits. A position is given out only with all events before it.
 */
import { invariant } from '../core/invariant.ts';
import type { EventBatch, StreamEvent } from './broker.ts';

export interface Inbox {
  /** How many more events it wants; 0 when it is full. */
  readonly room: number;
  readonly length: number;
  /** Events, and where reading goes on after them. */
  push(events: readonly StreamEvent[], position: number): void;
  /** What goes wrong with reading comes out where events are taken. */
  fail(error: unknown): void;
  take(most: number, delayMs: number, signal: AbortSignal): Promise<EventBatch>;
}

export interface InboxOptions {
  readonly events: number;
  readonly bytes: number;
  /** Where reading begins. */
  readonly position: number;
  /** Called when a full inbox has room again. */
  readonly onRoom: () => void;
}

const sizeOf = ({ key, value }: StreamEvent): number => (key?.length ?? 0) + (value?.length ?? 0) + 64;

export const createInbox = ({ events: mostEvents, bytes: mostBytes, position, onRoom }: InboxOptions): Inbox => {
  let waiting: StreamEvent[] = [];
  let bytes = 0;
  let taken = position;
  let read = position;
  let failure: { readonly error: unknown } | undefined;
  let wake: (() => void) | undefined;

  const room = (): number => (bytes >= mostBytes ? 0 : Math.max(0, mostEvents - waiting.length));
  const change = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const done = () => {
        signal.removeEventListener('abort', done);
        wake = undefined;
        resolve();
      };
      wake = done;
      signal.addEventListener('abort', done);
    });

  return {
    get room() {
      return room();
    },
    get length() {
      return waiting.length;
    },
    push: (events, next) => {
      invariant(
        events.length === 0 || (events[0].offset >= read && events[events.length - 1].offset < next),
        'events come in order, and reading goes on after them',
      );
      for (const event of events) {
        waiting.push(event);
        bytes += sizeOf(event);
      }
      read = next;
      wake?.();
    },
    fail: (error) => {
      failure = { error };
      wake?.();
    },
    take: async (most, delayMs, signal) => {
      // A position that moved without events (only a broker's own marks were read) is worth committing too.
      while (waiting.length === 0 && read === taken && !failure && !signal.aborted) await change(signal);
      if (delayMs > 0 && waiting.length > 0) {
        let late = false;
        const timer = setTimeout(() => {
          late = true;
          wake?.();
        }, delayMs);
        while (waiting.length < most && room() > 0 && !late && !failure && !signal.aborted) await change(signal);
        clearTimeout(timer);
      }
      if (failure) throw failure.error;
      if (signal.aborted) return { events: [], position: taken };
      const wasFull = room() === 0;
      const events = waiting.length <= most ? waiting : waiting.slice(0, most);
      waiting = waiting.length <= most ? [] : waiting.slice(most);
      for (const event of events) bytes -= sizeOf(event);
      invariant(waiting.length > 0 || bytes === 0, 'an empty inbox has no bytes');
      taken = waiting.length === 0 ? read : (waiting[0]?.offset ?? read);
      if (wasFull && room() > 0) onRoom();
      return { events, position: taken };
    },
  };
};
