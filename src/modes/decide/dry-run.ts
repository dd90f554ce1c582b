import type { Broker, StreamEvent } from '../../brokers/broker.ts';
import type { Code } from '../../core/errors.ts';
import { keyJson, keyName } from '../../events/key.ts';
import { readParts } from './collect.ts';
import type { DecideDeployment } from './deployment.ts';
import { advance, type MadeDecision } from './fold.ts';
import type { InboxRecord } from './inbox-record.ts';
import type { Held, JoinStep } from './join.ts';

export interface DryRun {
  /** What would have been decided, in the order of time. To be read to the end before the totals are looked at. */
  readonly decisions: AsyncIterable<MadeDecision>;
  readonly totals: DryRunTotals;
}

export interface DryRunTotals {
  readonly events: number;
  /** Events that are no part of anything. */
  readonly filtered: number;
  /** Ripe keys for which no rule held. */
  readonly undecided: number;
  readonly late: number;
  readonly dropped: number;
  /** Keys whose deadline is still to come. */
  readonly waiting: number;
  /** Events and keys that would have become dead letters, by the code of their problem, and the first of each. */
  readonly dead: ReadonlyMap<Code, { readonly count: number; readonly message: string }>;
}

export interface DryRunOptions {
  /** Events before this time are left out, in milliseconds since the epoch. */
  readonly since?: number | undefined;
  /** When it is now, in milliseconds since the epoch: deadlines that are over by then are over. */
  readonly now: number;
  readonly signal?: AbortSignal | undefined;
}

/** All events of the topics up to now, in the order of their times as far as the order in each partition allows. */
async function* inOrder(broker: Broker, { topics, groups }: DecideDeployment, options: DryRunOptions) {
  const { since = Number.NEGATIVE_INFINITY, signal } = options;
  async function* eventsOf(topic: string, partition: number, start: number): AsyncGenerator<StreamEvent> {
    const from = new Map([[partition, start]]);
    for await (const { events } of broker.read(topic, { from, untilEnd: true, ...(signal && { signal }) })) {
      for (const event of events) if (event.at >= since) yield event;
    }
  }
  const positions = await broker.positions(groups.collect, topics);
  const sources = positions.map(({ topic, partition, start }) => eventsOf(topic, partition, start));
  const heads = await Promise.all(sources.map(async (source) => ({ source, next: await source.next() })));
  try {
    for (;;) {
      let first: (typeof heads)[number] | undefined;
      for (const head of heads) {
        if (head.next.done) continue;
        if (first === undefined || head.next.value.at < first.next.value.at) first = head;
      }
      if (first === undefined || first.next.done) return;
      yield first.next.value;
      first.next = await first.source.next();
    }
  } finally {
    await Promise.all(sources.map((source) => source.return(undefined)));
  }
}

/**
 * What the rules would have decided on past events. Nothing is written, no group is joined; the times of the events
 * stand for the times of their arrival.
 */
export const dryRun = (broker: Broker, deployment: DecideDeployment, options: DryRunOptions): DryRun => {
  const { withinMs } = deployment;
  const dead = new Map<Code, { count: number; message: string }>();
  const totals = { events: 0, filtered: 0, undecided: 0, late: 0, dropped: 0, waiting: 0, dead };
  const keys = new Map<string, Held | undefined>();
  /** Each key that has begun to wait, with its deadline: always in order, since all wait equally long. */
  const deadlines = new Map<string, { readonly key: Uint8Array; readonly opened: string; readonly deadline: number }>();

  const bury = (code: Code, message: string): void => {
    const known = dead.get(code);
    if (known) known.count++;
    else dead.set(code, { count: 1, message });
  };
  const count = (outcome: JoinStep['outcome']): void => {
    if (outcome === 'late' || outcome === 'dropped') totals[outcome]++;
  };

  const take = (key: Uint8Array, record: InboxRecord, at: number): MadeDecision | undefined => {
    const name = keyName(keyJson(key));
    const { after, outcome, ripe, problem, decision } = advance(key, keys.get(name), { record, at }, deployment);
    keys.set(name, after);
    count(outcome);
    if (after?.deadline === undefined) deadlines.delete(name);
    else if (!deadlines.has(name)) {
      deadlines.set(name, { key, opened: after.waiting?.opened ?? '', deadline: at + withinMs });
    }
    if (problem) bury(problem.code, problem.message);
    else if (ripe && decision === undefined) totals.undecided++;
    return decision && { decision, at };
  };
  const takeDue = function* (now: number): Generator<MadeDecision> {
    for (const { key, opened, deadline } of deadlines.values()) {
      if (deadline > now) return;
      const made = take(key, { close: opened }, deadline);
      if (made) yield made;
    }
  };

  const decide = async function* (): AsyncGenerator<MadeDecision> {
    for await (const event of inOrder(broker, deployment, options)) {
      yield* takeDue(event.at);
      totals.events++;
      const { problem, found } = { found: [], ...readParts(event, deployment, event) };
      if (problem) bury(problem.code, problem.message);
      else if (found.length === 0) totals.filtered++;
      for (const { key, came } of found) {
        const made = take(key, came, event.at);
        if (made) yield made;
      }
    }
    yield* takeDue(options.now);
    totals.waiting = deadlines.size;
  };
  return { decisions: decide(), totals };
};
