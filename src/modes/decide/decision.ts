import { createHash } from 'node:crypto';
import type { NewEvent } from '../../brokers/broker.ts';
import type { Problem } from '../../core/errors.ts';
import { writeEvent } from '../../events/cloud-event.ts';
import type { Evaluated } from '../../events/condition.ts';
import { type KeyJson, keyAttributes, keyJson, keyOfJson, keyVariable } from '../../events/key.ts';
import type { DecideDeployment, Term } from './deployment.ts';
import type { WaitingKey, Why } from './join.ts';

/** What the decision saw of one part: its event, and for a prediction, which model said what. */
export interface SeenPart {
  readonly id: string;
  readonly model?: unknown;
  readonly version?: unknown;
  readonly digest?: unknown;
  readonly prediction?: unknown;
}

/** The data of an event of decisions. */
export interface Decision {
  readonly key: KeyJson;
  readonly deployment: string;
  readonly decision: string;
  /** What the rule carries. */
  readonly with?: Readonly<Record<string, unknown>>;
  readonly because: Why;
  readonly missing: readonly string[];
  readonly parts: Readonly<Record<string, SeenPart>>;
}

/** What the rules say of a key; no decision when none of them holds and nothing is said otherwise. */
export type Judged =
  | { readonly decision: Decision | undefined; readonly problem?: undefined }
  | { readonly problem: Problem };

const seen = ({ id, data }: { readonly id: string; readonly data: unknown }): SeenPart => {
  if (typeof data !== 'object' || data === null || !('prediction' in data)) return { id };
  const { model, version, digest, prediction } = data as Omit<SeenPart, 'id'>;
  return { id, model, version, digest, prediction };
};

/**
 * Holds the rules against what has come for a key: the first that is true is the decision. What cannot be evaluated
 * because a part that it looks at has not come is not true, or null; any other failure is a problem.
 */
export const judge = (
  { name, parts, rules, otherwise }: DecideDeployment,
  key: Uint8Array,
  { waiting, why }: { readonly waiting: WaitingKey; readonly why: Why },
): Judged => {
  const came = Object.keys(waiting.parts);
  const missing = parts.flatMap((part) => (came.includes(part.name) ? [] : part.name));
  const variables: Record<string, unknown> = { key: keyVariable(key), came };
  // A part that has not come has no fields, so that `has(tip.prediction)` can be asked of it.
  for (const part of parts) variables[part.name] = waiting.parts[part.name]?.data ?? {};

  const evaluate = <T, E>({ evaluate: run, mentions }: Term<T>, otherwise: E): Evaluated<T | E> => {
    const evaluated = run(variables);
    return evaluated.problem && missing.some((part) => mentions.has(part)) ? { value: otherwise } : evaluated;
  };
  const decide = (decision: string, carried: Readonly<Record<string, unknown>> | undefined): Judged => ({
    decision: {
      key: keyJson(key),
      deployment: name,
      decision,
      ...(carried && { with: carried }),
      because: why,
      missing,
      parts: Object.fromEntries(Object.entries(waiting.parts).map(([part, one]) => [part, seen(one)])),
    },
  });

  for (const rule of rules) {
    const holds = evaluate(rule.holds, false);
    if (holds.problem) return holds;
    if (!holds.value) continue;
    const carried: Record<string, unknown> = {};
    for (const [one, term] of rule.carries) {
      const evaluated = evaluate(term, null);
      if (evaluated.problem) return evaluated;
      carried[one] = evaluated.value;
    }
    return decide(rule.name, rule.carries.length > 0 ? carried : undefined);
  }
  return otherwise === undefined ? { decision: undefined } : decide(otherwise, undefined);
};

/** The same for the same key and the same first event, whoever decides, and however often it is told. */
export const decisionId = (deployment: string, key: KeyJson, opened: string): string =>
  createHash('sha256')
    .update(JSON.stringify([deployment, key, opened]))
    .digest('hex')
    .slice(0, 32);

export const DECISION_TYPE = 'millrace.decision';

export const sourceOf = ({ name }: Pick<DecideDeployment, 'name'>): string => `/millrace/${name}`;

/** @param at when it was decided, in milliseconds since the epoch. */
export const toDecisionEvent = (
  deployment: DecideDeployment,
  decision: Decision,
  { waiting, at }: { readonly waiting: WaitingKey; readonly at: number },
): NewEvent => {
  const key = keyOfJson(decision.key);
  const attributes = {
    specversion: '1.0',
    id: decisionId(deployment.name, decision.key, waiting.opened),
    source: sourceOf(deployment),
    type: DECISION_TYPE,
    ...keyAttributes(key),
    time: new Date(at).toISOString(),
    traceparent: waiting.traceparent,
    tracestate: waiting.tracestate,
  };
  return writeEvent({ topic: deployment.decisions, key, attributes, data: decision }, deployment.format);
};
