/** Events of several calls, produced together. */
import type { NewEvent } from '../../../brokers/broker.ts';
import { type MillraceError, problemOf } from '../../../core/errors.ts';
import { notPublished, type OutgoingCall, type OutgoingCalls } from './outgoing-calls.ts';

export interface Shipment {
  readonly events: readonly NewEvent[];
  /** How many of them are of which call. */
  readonly counts: ReadonlyMap<OutgoingCall, number>;
  /** Calls that have no more. */
  readonly through: readonly OutgoingCall[];
}

/** Events produced at a time: making and writing them holds up answers for a millisecond or so. */
export const MOST_EVENTS = 100;

/** The next events of the calls, in the order in which these came. What is larger than `largestBytes` is dropped. */
export const gather = (calls: OutgoingCalls, largestBytes: number): Shipment => {
  const events: NewEvent[] = [];
  /** Whether the call has no more. */
  const takeFrom = (call: OutgoingCall): boolean => {
    while (events.length < MOST_EVENTS) {
      const { value, done } = call.events.next();
      if (done) return true;
      if ((value.value?.length ?? 0) <= largestBytes) events.push(value);
      else {
        calls.drop(call, 'too_large', 1);
        call.problem = notPublished(call.topic, `the event is larger than ${largestBytes} bytes`);
      }
    }
    return false;
  };
  const counts = new Map<OutgoingCall, number>();
  const through: OutgoingCall[] = [];
  for (const call of calls) {
    const before = events.length;
    try {
      if (takeFrom(call)) through.push(call);
    } catch (error) {
      call.problem = notPublished(call.topic, problemOf(error).message);
      through.push(call);
    }
    counts.set(call, events.length - before);
    if (events.length >= MOST_EVENTS) break;
  }
  return { events, counts, through };
};

/** Books what came of a shipment: acknowledged, or given up for a reason. */
export const book = (
  calls: OutgoingCalls,
  { counts, through }: Shipment,
  { failure, wait }: { readonly failure: MillraceError | undefined; readonly wait: boolean },
): void => {
  for (const [call, count] of counts) {
    // One that has waited too long is counted already.
    if (!calls.has(call)) continue;
    if (failure === undefined) calls.published(call, count);
    else if (wait) calls.giveUp(call, 'failed', failure);
    else calls.drop(call, 'stopped', count);
  }
  for (const call of through) {
    // What is left now could not be made an event.
    calls.drop(call, 'failed', calls.has(call) ? call.left : 0);
    calls.remove(call, call.problem);
  }
};
