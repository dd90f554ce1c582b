import type { NewEvent, StreamEvent } from '../../brokers/broker.ts';
import type { Code, Problem } from '../../core/errors.ts';
import { toDeadLetter } from '../../events/dead-letters.ts';
import { keyJson, keyName, tooLarge } from '../../events/key.ts';
import { exactJson } from '../../text/exact-json.ts';
import { type Decision, judge, toDecisionEvent } from './decision.ts';
import type { DecideDeployment } from './deployment.ts';
import { type InboxRecord, readRecord } from './inbox-record.ts';
import { type Held, type JoinStep, step, unmade, type WaitingKey } from './join.ts';

/** A decision, and when it was made, in milliseconds since the epoch. */
export interface MadeDecision {
  readonly decision: Decision;
  readonly at: number;
}

export interface Folded {
  /** What is known of the keys that came along, afterwards; by their names. */
  readonly keys: ReadonlyMap<string, Held | undefined>;
  /** Decisions, in the order in which they were made, then dead letters. */
  readonly events: readonly NewEvent[];
  readonly decisions: readonly MadeDecision[];
  /** Ripe keys for which no rule held. */
  readonly undecided: number;
  readonly outcomes: ReadonlyMap<JoinStep['outcome'], number>;
  readonly dead: ReadonlyMap<Code, number>;
}

/** What a record makes of a key: what is known afterwards, and what was decided, or why nothing could be. */
export interface Advanced extends JoinStep {
  readonly decision?: Decision | undefined;
  readonly problem?: Problem | undefined;
}

/** One record of a key at its time, in milliseconds since the epoch. */
export const advance = (
  key: Uint8Array,
  held: Held | undefined,
  { record, at }: { readonly record: InboxRecord; readonly at: number },
  deployment: DecideDeployment,
): Advanced => {
  const stepped = step(held, record, at, deployment);
  if (!stepped.ripe) return stepped;
  const judged = judge(deployment, key, stepped.ripe);
  if (!judged.problem) return { ...stepped, decision: judged.decision };
  return { ...stepped, problem: judged.problem, after: unmade(stepped.ripe.waiting, at, deployment) };
};

/** A key that is ripe, but for which no decision can be made; replayed, it is tried again. */
const bury = (event: StreamEvent, waiting: WaitingKey, problem: Problem, { name, deadLetters }: DecideDeployment) => {
  const value = new TextEncoder().encode(exactJson({ close: waiting.opened, parts: waiting.parts }));
  const { topic, partition, offset } = event;
  return toDeadLetter({ ...event, value }, deadLetters, {
    origin: { topic, partition, offset },
    problem,
    deployment: name,
  });
};

/**
 * Takes records of one partition of the inbox in their order. Nothing but the records, the settings and what was known
 * before goes into it, so that whoever does it again comes to the same.
 */
export const fold = (
  records: readonly StreamEvent[],
  deployment: DecideDeployment,
  load: (key: string) => Held | undefined,
): Folded => {
  const keys = new Map<string, Held | undefined>();
  const decided: NewEvent[] = [];
  const buried: NewEvent[] = [];
  const decisions: MadeDecision[] = [];
  const outcomes = new Map<JoinStep['outcome'], number>();
  const dead = new Map<Code, number>();
  let undecided = 0;

  for (const event of records) {
    const { key, record } = readRecord(event);
    const { at } = event;
    const name = keyName(keyJson(key));
    const held = keys.has(name) ? keys.get(name) : load(name);
    const { after, ripe, outcome, problem, decision } = advance(key, held, { record, at }, deployment);
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    keys.set(name, after);
    if (!ripe) continue;
    const { waiting } = ripe;
    const fails = (why: Problem): void => {
      buried.push(bury(event, waiting, why, deployment));
      dead.set(why.code, (dead.get(why.code) ?? 0) + 1);
      keys.set(name, unmade(waiting, at, deployment));
    };
    if (problem) fails(problem);
    else if (decision === undefined) undecided++;
    else {
      const written = toDecisionEvent(deployment, decision, { waiting, at });
      const large = tooLarge(written, deployment.largestBytes);
      if (large) fails({ ...large, message: 'The decision is too large for an event' });
      else {
        decided.push(written);
        decisions.push({ decision, at });
      }
    }
  }
  return { keys, events: [...decided, ...buried], decisions, undecided, outcomes, dead };
};
