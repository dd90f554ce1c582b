/** From the topics of the parts into the inbox, where all that belongs to a key lies in one partition, in one order. */
import type { NewEvent, StreamEvent } from '../../brokers/broker.ts';
import type { Code, Problem } from '../../core/errors.ts';
import { readEvent } from '../../events/cloud-event.ts';
import { type Origin, originOf, toDeadLetter } from '../../events/dead-letters.ts';
import { keyVariable, noKey, readKey, tooLarge } from '../../events/key.ts';
import type { DecideDeployment } from './deployment.ts';
import { type PartCame, writeRecord } from './inbox-record.ts';

export interface Collected {
  /** Records of the inbox, then dead letters. */
  readonly events: readonly NewEvent[];
  readonly collected: number;
  /** Events that are no part of anything, and tombstones that are passed over. */
  readonly filtered: number;
  readonly dead: ReadonlyMap<Code, number>;
}

export interface FoundPart {
  readonly key: Uint8Array;
  readonly came: PartCame;
}

/** The parts that an event is, most often one; none when no part wants it. */
export const readParts = (
  event: StreamEvent,
  { parts, largestBytes, tombstones }: DecideDeployment,
  origin: Origin,
): { readonly found: readonly FoundPart[]; readonly problem?: undefined } | { readonly problem: Problem } => {
  if (event.value === null && tombstones === 'skip') return { found: [] };
  const large = tooLarge(event, largestBytes);
  if (large) return { problem: large };
  const { problem, incoming } = readEvent(event);
  if (problem) return { problem };
  const { cloudEvent, data } = incoming;
  const id = cloudEvent
    ? `${cloudEvent.source}/${cloudEvent.id}`
    : `${origin.topic}/${origin.partition}/${origin.offset}`;

  const found: FoundPart[] = [];
  for (const { name, topic, when, keyOf } of parts) {
    if (topic !== origin.topic) continue;
    const key = readKey(event, incoming, keyOf);
    if (when) {
      const passed = when({ data, key: keyVariable(key), topic, event: cloudEvent ?? {} });
      if (passed.problem) return passed;
      if (!passed.value) continue;
    }
    if (key === null) return { problem: noKey };
    const { traceparent, tracestate } = cloudEvent ?? {};
    found.push({ key, came: { part: name, id, data, traceparent, tracestate } });
  }
  return { found };
};

/** Events in, records and dead letters out; nothing else happens here. */
export const collect = (events: readonly StreamEvent[], deployment: DecideDeployment): Collected => {
  const { name, inbox, decisions, deadLetters, replay } = deployment;
  const records: NewEvent[] = [];
  const buried: NewEvent[] = [];
  const dead = new Map<Code, number>();
  let filtered = 0;
  for (const event of events) {
    const origin = originOf(event, replay);
    // What comes again is not always a part: a key that could not be decided, a call that was not taken.
    if (origin.topic === inbox) {
      records.push({ topic: inbox, key: event.key, value: event.value });
      continue;
    }
    if (origin.topic === decisions) continue;
    const { problem, found } = { found: [], ...readParts(event, deployment, origin) };
    if (problem) {
      buried.push(toDeadLetter(event, deadLetters, { origin, problem, deployment: name }));
      dead.set(problem.code, (dead.get(problem.code) ?? 0) + 1);
    } else if (found.length === 0) filtered++;
    for (const { key, came } of found) records.push(writeRecord(inbox, key, came));
  }
  return { events: [...records, ...buried], collected: records.length, filtered, dead };
};
