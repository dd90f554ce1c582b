/**
 * The book of calls that wait to be published, and of what became of their rows.
 *
 * Invariants: a call waits until each of its rows is published or dropped, and counted as one of them; `waitingBytes` is the size of
 * the calls that wait, and nothing when none does.
 */
import type { NewEvent } from '../../../brokers/broker.ts';
import { fail, type MillraceError } from '../../../core/errors.ts';
import { invariant } from '../../../core/invariant.ts';

/** No room; an event larger than a broker takes; the broker refused it; it had not gone out when the service stopped. */
export type UnpublishedReason = 'full' | 'too_large' | 'failed' | 'stopped';

/** A call that is handed over. */
export interface Outgoing {
  readonly topic: string;
  readonly rows: number;
  readonly bytes: number;
  readonly events: Iterator<NewEvent>;
  /** How long the call may wait to be acknowledged, where it waits. */
  readonly timeoutMs: number;
}

/** A call that waits. */
export interface OutgoingCall extends Outgoing {
  /** Events of it that were neither published nor dropped. */
  left: number;
  /** Why some of it were dropped. */
  problem?: MillraceError;
  /** Told once nothing of it is left. */
  settle?: (error?: MillraceError) => void;
}

export interface OutboxFigures {
  /** Rows. */
  readonly published: number;
  readonly dropped: Readonly<Record<UnpublishedReason, number>>;
  readonly waitingBytes: number;
}

export interface OutgoingCalls extends Iterable<OutgoingCall> {
  readonly size: number;
  readonly waitingBytes: number;
  readonly figures: OutboxFigures;
  add(outgoing: Outgoing): OutgoingCall;
  has(call: OutgoingCall): boolean;
  published(call: OutgoingCall, rows: number): void;
  drop(call: OutgoingCall, reason: UnpublishedReason, rows: number): void;
  /** Lets a call go of which nothing is left. */
  remove(call: OutgoingCall, error?: MillraceError): void;
  /** Gives a call up with all that is left of it. */
  giveUp(call: OutgoingCall, reason: UnpublishedReason, error: MillraceError): void;
  /** Counts the rows of a call that does not even wait. */
  refuse(outgoing: Outgoing, reason: UnpublishedReason): void;
}

export const notPublished = (topic: string, reason: string): MillraceError =>
  fail('STREAM_FAILED', `The prediction could not be published to ${topic}: ${reason}. Try again.`, {
    expected: 'an acknowledgement of the broker',
  });

export const createOutgoingCalls = (): OutgoingCalls => {
  const waiting = new Set<OutgoingCall>();
  const dropped: Record<UnpublishedReason, number> = { full: 0, too_large: 0, failed: 0, stopped: 0 };
  let published = 0;
  let waitingBytes = 0;

  const drop = (call: OutgoingCall, reason: UnpublishedReason, rows: number): void => {
    call.left -= rows;
    dropped[reason] += rows;
  };
  const remove = (call: OutgoingCall, error?: MillraceError): void => {
    if (!waiting.delete(call)) return;
    waitingBytes -= call.bytes;
    call.settle?.(error);
    invariant(call.left === 0, 'a call that waits no more has each of its rows published or dropped');
    invariant(waiting.size > 0 ? waitingBytes >= 0 : waitingBytes === 0, 'an empty outbox has no bytes');
  };

  return {
    [Symbol.iterator]: () => waiting.values(),
    get size() {
      return waiting.size;
    },
    get waitingBytes() {
      return waitingBytes;
    },
    get figures() {
      return { published, dropped, waitingBytes };
    },
    add(outgoing) {
      const call: OutgoingCall = { ...outgoing, left: outgoing.rows };
      waiting.add(call);
      waitingBytes += call.bytes;
      return call;
    },
    has: (call) => waiting.has(call),
    published(call, rows) {
      published += rows;
      call.left -= rows;
    },
    drop,
    remove,
    giveUp(call, reason, error) {
      drop(call, reason, call.left);
      remove(call, error);
    },
    refuse({ rows }, reason) {
      dropped[reason] += rows;
    },
  };
};
