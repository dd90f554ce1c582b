import type { AssignedPartition, NewEvent, StreamEvent } from '../../brokers/broker.ts';
import { MillraceError, type Problem, problemOf } from '../../core/errors.ts';
import { readEvent } from '../../events/cloud-event.ts';
import { originOf, toDeadLetter } from '../../events/dead-letters.ts';
import type { Webhook } from '../../webhook/webhook.ts';
import { DECISION_TYPE, sourceOf } from './decision.ts';
import type { DecideDeployment } from './deployment.ts';

/** How many calls are under way at once in a partition. */
const MOST_CALLS = 32;

export interface Delivered {
  readonly delivered: number;
  /** Calls that became dead letters. */
  readonly failed: readonly Problem[];
}

/** The call that a decision of this deployment asks for; nothing for events of others in the same topic. */
const callOf = (event: StreamEvent, deployment: DecideDeployment) => {
  if (originOf(event, deployment.replay).topic !== deployment.decisions) return undefined;
  const { incoming } = { incoming: undefined, ...readEvent(event) };
  const { cloudEvent, data } = incoming ?? {};
  if (cloudEvent?.source !== sourceOf(deployment) || cloudEvent.type !== DECISION_TYPE) return undefined;
  const at = Date.parse(cloudEvent.time ?? '');
  return {
    event: DECISION_TYPE,
    body: data,
    idempotencyKey: cloudEvent.id ?? '',
    at: Number.isNaN(at) ? event.at : at,
  };
};

/**
 * Calls the webhook for decisions of one partition, for as long as it is here: each at least once, under the id of the
 * decision. What is refused, or not taken in all tries, becomes a dead letter; what is under way when the partition is
 * wanted back is called again by its next owner.
 */
export const deliver = async (
  partition: AssignedPartition,
  webhook: Webhook,
  deployment: DecideDeployment,
  onDelivered: (delivered: Delivered) => void,
): Promise<void> => {
  const { signal } = partition;
  const call = async (event: StreamEvent): Promise<Problem | 'delivered' | 'skipped'> => {
    const wanted = callOf(event, deployment);
    if (wanted === undefined) return 'skipped';
    try {
      await webhook.send({ ...wanted, signal });
      return 'delivered';
    } catch (error) {
      if (error instanceof MillraceError && error.code === 'CANCELLED') throw error;
      return problemOf(error);
    }
  };
  const bury = (event: StreamEvent, problem: Problem): NewEvent => {
    const { name, deadLetters, replay } = deployment;
    return toDeadLetter(event, deadLetters, { origin: originOf(event, replay), problem, deployment: name });
  };

  while (!signal.aborted) {
    const { events, position } = await partition.take(MOST_CALLS);
    if (signal.aborted) return;
    const calls = await Promise.allSettled(events.map(call));
    const stopped = calls.find((one) => one.status === 'rejected');
    const done = stopped === undefined ? events.length : calls.indexOf(stopped);
    const letters: NewEvent[] = [];
    const failed: Problem[] = [];
    let delivered = 0;
    for (const [i, one] of calls.slice(0, done).entries()) {
      if (one.status === 'rejected' || one.value === 'skipped') continue;
      if (one.value === 'delivered') delivered++;
      else {
        letters.push(bury(events[i], one.value));
        failed.push(one.value);
      }
    }
    if (done > 0 || events.length === 0) await partition.commit(events[done]?.offset ?? position, letters);
    onDelivered({ delivered, failed });
    if (stopped && !signal.aborted) throw stopped.reason;
  }
};
