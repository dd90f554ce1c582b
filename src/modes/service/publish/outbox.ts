/**
 * Calls on their way to a topic. What waits is bounded, in bytes and by time; whoever hands a call over never waits for
 * the broker, unless it asks for the promise that the call is acknowledged.
 *
 * Invariants: a call waits until each of its rows is published or dropped, and counted as one of them; `waitingBytes` is the size of
 * the calls that wait, and nothing when none does.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { NewEvent } from '../../../brokers/broker.ts';
import { backoffMs } from '../../../core/backoff.ts';
import { fail, type MillraceError, type Problem, problemOf } from '../../../core/errors.ts';
import { invariant } from '../../../core/invariant.ts';

/** Events produced at a time: making and writing them holds up answers for a millisecond or so. */
const MOST_EVENTS = 100;
/** Milliseconds for which answers are gathered where nobody waits: a transaction for each would cost more than they do. */
const GATHER_MS = 10;
/** When events are produced again that the broker did not take. */
const BACKOFF = { firstMs: 100, mostMs: 5000 } as const;

/** No room; an event larger than a broker takes; the broker refused it; it had not gone out when the service stopped. */
export type UnpublishedReason = 'full' | 'too_large' | 'failed' | 'stopped';

export interface OutboxOptions {
  /** Makes the topics that are missing, then publishes. */
  readonly produce: (events: readonly NewEvent[]) => Promise<void>;
  /** Bytes that may wait. */
  readonly bufferBytes: number;
  /** The largest event, in bytes. */
  readonly largest: number;
  /** Whether calls wait to be acknowledged: those are refused when publishing fails, and not tried again. */
  readonly wait: boolean;
  readonly onTrouble: (problem: Problem | undefined) => void;
}

export interface Outgoing {
  readonly topic: string;
  readonly rows: number;
  readonly bytes: number;
  readonly events: Iterator<NewEvent>;
  /** Milliseconds that the call may wait to be acknowledged, where it waits. */
  readonly timeout: number;
}

export interface Outbox {
  /** Resolves when all its events are acknowledged, where calls wait. @throws STREAM_FAILED */
  add(parcel: Outgoing): Promise<void> | undefined;
  readonly figures: {
    readonly published: number;
    readonly dropped: Readonly<Record<UnpublishedReason, number>>;
    readonly waitingBytes: number;
  };
  /** Publishes what waits, for at most `mostMs`, and stops. */
  close(mostMs: number): Promise<void>;
}

interface Call extends Outgoing {
  /** Events of it that were neither published nor dropped. */
  left: number;
  problem?: MillraceError;
  settle?: (error?: MillraceError) => void;
}

const notPublished = (topic: string, reason: string): MillraceError =>
  fail('STREAM_FAILED', `The prediction could not be published to ${topic}: ${reason}. Try again.`, {
    expected: 'an acknowledgement of the broker',
  });

export const createOutbox = (options: OutboxOptions): Outbox => {
  const { produce, bufferBytes, largest, wait, onTrouble } = options;
  const waiting = new Set<Call>();
  const dropped: Record<UnpublishedReason, number> = { full: 0, too_large: 0, failed: 0, stopped: 0 };
  const stop = new AbortController();
  let published = 0;
  let waitingBytes = 0;
  let working: Promise<void> | undefined;
  let closed = false;

  const remove = (call: Call, error?: MillraceError): void => {
    if (!waiting.delete(call)) return;
    waitingBytes -= call.bytes;
    call.settle?.(error);
    invariant(call.left === 0, 'a call that waits no more has each of its rows published or dropped');
    invariant(waiting.size > 0 ? waitingBytes >= 0 : waitingBytes === 0, 'an empty outbox has no bytes');
  };
  const drop = (call: Call, reason: UnpublishedReason, count: number): void => {
    call.left -= count;
    dropped[reason] += count;
  };
  /** Gives a call up with all that is left of it. */
  const giveUp = (call: Call, reason: UnpublishedReason, error?: MillraceError): void => {
    drop(call, reason, call.left);
    remove(call, error);
  };

  /** The next events of a call, into `events`. False when the call has more. */
  const takeFrom = (call: Call, events: NewEvent[]): boolean => {
    while (events.length < MOST_EVENTS) {
      const { value, done } = call.events.next();
      if (done) return true;
      if ((value.value?.length ?? 0) <= largest) events.push(value);
      else {
        drop(call, 'too_large', 1);
        call.problem = notPublished(call.topic, `the event is larger than ${largest} bytes`);
      }
    }
    return false;
  };
  /** The next events, how many of them are of which call, and the calls that have no more. */
  const gather = () => {
    const events: NewEvent[] = [];
    const of = new Map<Call, number>();
    const through: Call[] = [];
    for (const call of waiting) {
      const before = events.length;
      try {
        if (takeFrom(call, events)) through.push(call);
      } catch (error) {
        call.problem = notPublished(call.topic, problemOf(error).message);
        through.push(call);
      }
      of.set(call, events.length - before);
      if (events.length >= MOST_EVENTS) break;
    }
    return { events, of, through };
  };

  /** Resolves once the events are acknowledged, or with why they were given up. */
  const deliver = async (events: readonly NewEvent[]): Promise<MillraceError | undefined> => {
    for (let tries = 1; ; tries++) {
      try {
        await produce(events);
        onTrouble(undefined);
        return undefined;
      } catch (error) {
        const problem = problemOf(error);
        onTrouble(problem);
        const failure = notPublished(events[0].topic, problem.message);
        if (wait || stop.signal.aborted) return failure;
        await pause(backoffMs(BACKOFF, tries), undefined, { signal: stop.signal }).catch(() => {});
        if (stop.signal.aborted) return failure;
      }
    }
  };

  const work = async (): Promise<void> => {
    while (waiting.size > 0 && !stop.signal.aborted) {
      // The answers come first: they are written when this turn of the event loop is over.
      await pause(wait ? 0 : waiting.size < MOST_EVENTS ? GATHER_MS : 1);
      const { events, of, through } = gather();
      const failure = events.length === 0 ? undefined : await deliver(events);
      for (const [call, count] of of) {
        // One that has waited too long is counted already.
        if (!waiting.has(call)) continue;
        if (failure === undefined) {
          published += count;
          call.left -= count;
        } else if (wait) giveUp(call, 'failed', failure);
        else drop(call, 'stopped', count);
      }
      for (const call of through) {
        // What is left now could not be made an event.
        drop(call, 'failed', waiting.has(call) ? call.left : 0);
        remove(call, call.problem);
      }
    }
    working = undefined;
  };

  return {
    add(parcel) {
      const { rows, bytes, topic, timeout } = parcel;
      if (closed || waitingBytes + bytes > bufferBytes) {
        dropped[closed ? 'stopped' : 'full'] += rows;
        return wait ? Promise.reject(notPublished(topic, 'too many wait to be published')) : undefined;
      }
      const call: Call = { ...parcel, left: rows };
      waiting.add(call);
      waitingBytes += bytes;
      let acknowledged: Promise<void> | undefined;
      if (wait) {
        acknowledged = new Promise((resolve, reject) => {
          const late = (): void =>
            giveUp(call, 'failed', notPublished(topic, `it was not acknowledged within ${timeout} ms`));
          const timer = setTimeout(late, timeout);
          call.settle = (error) => {
            clearTimeout(timer);
            if (error) reject(error);
            else resolve();
          };
        });
      }
      working ??= work();
      return acknowledged;
    },
    get figures() {
      return { published, dropped, waitingBytes };
    },
    async close(mostMs) {
      closed = true;
      const late = setTimeout(() => stop.abort(), mostMs);
      // What hangs in the client of a broker that is gone is not waited for.
      await Promise.race([working, pause(mostMs + 100, undefined, { ref: false })]);
      clearTimeout(late);
      stop.abort();
      for (const call of [...waiting]) giveUp(call, 'stopped', notPublished(call.topic, 'the service stops'));
    },
  };
};
