/**
 * Calls on their way to a topic. What waits is bounded, in bytes and by time; whoever hands a call over never waits for
 * the broker, unless it asks for the promise that the call is acknowledged.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { NewEvent } from '../../../brokers/broker.ts';
import { backoffMs } from '../../../core/backoff.ts';
import { type MillraceError, type Problem, problemOf } from '../../../core/errors.ts';
import {
  createOutgoingCalls,
  notPublished,
  type OutboxFigures,
  type Outgoing,
  type OutgoingCall,
  type OutgoingCalls,
} from './outgoing-calls.ts';
import { book, gather, MOST_EVENTS } from './shipment.ts';

/** For which answers are gathered where nobody waits: a transaction for each would cost more than they do. */
const GATHER_MS = 10;
/** When events are produced again that the broker did not take. */
const BACKOFF = { firstMs: 100, mostMs: 5000 } as const;

export interface OutboxOptions {
  /** Makes the topics that are missing, then publishes. */
  readonly produce: (events: readonly NewEvent[]) => Promise<void>;
  /** Bytes that may wait. */
  readonly bufferBytes: number;
  /** The largest event. */
  readonly largestBytes: number;
  /** Whether calls wait to be acknowledged: those are refused when publishing fails, and not tried again. */
  readonly wait: boolean;
  readonly onTrouble: (problem: Problem | undefined) => void;
}

export interface Outbox {
  /** Resolves when all its events are acknowledged, where calls wait. @throws STREAM_FAILED */
  add(outgoing: Outgoing): Promise<void> | undefined;
  readonly figures: OutboxFigures;
  /** Publishes what waits, for at most `mostMs`, and stops. */
  close(mostMs: number): Promise<void>;
}

/** Resolves once the call is settled; it is given up when that takes longer than it may wait. */
const acknowledged = (calls: OutgoingCalls, call: OutgoingCall): Promise<void> =>
  new Promise((resolve, reject) => {
    const { topic, timeoutMs } = call;
    const late = (): void =>
      calls.giveUp(call, 'failed', notPublished(topic, `it was not acknowledged within ${timeoutMs} ms`));
    const timer = setTimeout(late, timeoutMs);
    call.settle = (error) => {
      clearTimeout(timer);
      if (error) reject(error);
      else resolve();
    };
  });

export const createOutbox = ({ produce, bufferBytes, largestBytes, wait, onTrouble }: OutboxOptions): Outbox => {
  const calls = createOutgoingCalls();
  const stop = new AbortController();
  let working: Promise<void> | undefined;
  let closed = false;

  /** Resolves once the events are acknowledged, or with why they were given up. */
  const deliver = async (events: readonly NewEvent[]): Promise<MillraceError | undefined> => {
    for (let tries = 1; events.length > 0; tries++) {
      try {
        await produce(events);
        onTrouble(undefined);
        return undefined;
      } catch (error) {
        const problem = problemOf(error);
        onTrouble(problem);
        if (!wait) await pause(backoffMs(BACKOFF, tries), undefined, { signal: stop.signal }).catch(() => {});
        if (wait || stop.signal.aborted) return notPublished(events[0].topic, problem.message);
      }
    }
    return undefined;
  };
  const work = async (): Promise<void> => {
    while (calls.size > 0 && !stop.signal.aborted) {
      // The answers come first: they are written when this turn of the event loop is over.
      await pause(wait ? 0 : calls.size < MOST_EVENTS ? GATHER_MS : 1);
      const shipment = gather(calls, largestBytes);
      book(calls, shipment, { failure: await deliver(shipment.events), wait });
    }
    working = undefined;
  };

  return {
    add(outgoing) {
      if (closed || calls.waitingBytes + outgoing.bytes > bufferBytes) {
        calls.refuse(outgoing, closed ? 'stopped' : 'full');
        return wait ? Promise.reject(notPublished(outgoing.topic, 'too many wait to be published')) : undefined;
      }
      const call = calls.add(outgoing);
      const settled = wait ? acknowledged(calls, call) : undefined;
      working ??= work();
      return settled;
    },
    get figures() {
      return calls.figures;
    },
    async close(mostMs) {
      closed = true;
      const late = setTimeout(() => stop.abort(), mostMs);
      // What hangs in the client of a broker that is gone is not waited for.
      await Promise.race([working, pause(mostMs + 100, undefined, { ref: false })]);
      clearTimeout(late);
      stop.abort();
      for (const call of [...calls]) calls.giveUp(call, 'stopped', notPublished(call.topic, 'the service stops'));
    },
  };
};
