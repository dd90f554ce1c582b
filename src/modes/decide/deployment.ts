import { parseDuration } from '../../core/duration.ts';
import { fail } from '../../core/errors.ts';
import type { EventFormat } from '../../events/cloud-event.ts';
import { compileCondition, compileExpression, type Expression } from '../../events/condition.ts';
import { compilePath, type ReadPath } from '../../events/path.ts';
import type { DecideSettings } from '../../project/deployments/decide.ts';
import type { WebhookOptions } from '../../webhook/webhook.ts';

/** What a condition over a single event may name. */
const eventVariables = ['data', 'key', 'topic', 'event'] as const;

/** One of the things that a decision looks at. */
export interface Part {
  readonly name: string;
  readonly topic: string;
  readonly when: Expression<boolean> | undefined;
  readonly keyOf: ReadPath | undefined;
}

/** An expression of a rule, and the parts that it looks at. */
export interface Term<T> {
  readonly evaluate: Expression<T>;
  readonly mentions: ReadonlySet<string>;
}

export interface Rule {
  readonly name: string;
  readonly holds: Term<boolean>;
  readonly carries: readonly (readonly [name: string, value: Term<unknown>])[];
}

/** A decide deployment, made ready once. */
export interface DecideDeployment {
  readonly name: string;
  readonly parts: readonly Part[];
  /** The topics of the parts, each once. */
  readonly topics: readonly string[];
  /** The parts that are waited for. */
  readonly required: readonly string[];
  /** How long they are. */
  readonly withinMs: number;
  readonly late: 'decide' | 'drop';
  readonly rules: readonly Rule[];
  readonly otherwise: string | undefined;
  /** How long a decided key is remembered. */
  readonly keepMs: number;
  /** Where the parts of a key meet: a topic of this deployment alone. */
  readonly inbox: string;
  readonly decisions: string;
  readonly deadLetters: string;
  /** What becomes of events without a value. */
  readonly tombstones: 'skip' | 'dead-letter';
  readonly replay: string;
  readonly groups: { readonly collect: string; readonly join: string; readonly webhook: string };
  readonly webhook: WebhookOptions | undefined;
  readonly start: 'earliest' | 'latest';
  readonly format: EventFormat;
  readonly partitions: number | undefined;
  /** The largest event that is taken or made. */
  readonly largestBytes: number;
  /** A partition that waits longer without progress is not ready. */
  readonly stallMs: number;
}

const LARGEST_BYTES = 900_000;
const STALL_MS = 30_000;
/** What rules may name beside the parts. */
const ownNames = ['key', 'came'] as const;

/**
 * Makes the settings of a deployment ready.
 *
 * @throws BAD_PROJECT for what cannot be read, or cannot work as it is written.
 */
export const prepareDecide = (name: string, settings: DecideSettings): DecideDeployment => {
  const { from, rules, to, webhook } = settings;
  const field = (setting: string): string => `deployments.${name}.${setting}`;
  const wrong = (setting: string, message: string, expected: string, got: string) =>
    fail('BAD_PROJECT', `The deployment '${name}' ${message}`, { field: field(setting), expected, got });

  const given = Object.entries(from).map(([part, one]) => ({
    part,
    ...(typeof one === 'string' ? { topic: one } : one),
  }));
  const parts = given.map(({ part, topic, when, key = settings.key }): Part => {
    if ((ownNames as readonly string[]).includes(part) || part in {}) {
      throw wrong(`from.${part}`, `has a part of a reserved name`, `another name than ${ownNames.join(' and ')}`, part);
    }
    return {
      name: part,
      topic,
      when: when === undefined ? undefined : compileCondition(when, eventVariables, field(`from.${part}.when`)),
      keyOf: key === undefined ? undefined : compilePath(key, field(`from.${part}.key`)),
    };
  });
  const required = given.filter(({ optional }) => optional !== true).map(({ part }) => part);
  if (required.length === 0) {
    throw wrong('from', 'waits for nothing', 'a part that is not optional', `${parts.length} optional parts`);
  }
  if (to === undefined && webhook === undefined) {
    throw wrong('to', 'tells its decisions to nobody', `'to', 'webhook' or both`, 'neither');
  }
  const topics = [...new Set(parts.map(({ topic }) => topic))];
  if (to !== undefined && topics.includes(to)) {
    throw wrong('to', 'would read its own decisions', 'a topic that no part comes from', to);
  }
  const variables = [...parts.map((part) => part.name), ...ownNames];
  const term = <T>(text: string, evaluate: Expression<T>): Term<T> => {
    const words = new Set(text.match(/[A-Za-z_]\w*/g));
    return { evaluate, mentions: new Set(parts.map((part) => part.name).filter((part) => words.has(part))) };
  };
  const group = settings.group ?? `millrace-${name}`;

  return Object.freeze({
    name,
    parts,
    topics,
    required,
    withinMs: parseDuration(settings.within ?? '1m', field('within')),
    late: settings.late ?? 'decide',
    rules: rules.map(
      (rule, i): Rule => ({
        name: rule.name,
        holds: term(rule.if, compileCondition(rule.if, variables, field(`rules[${i}].if`))),
        carries: Object.entries(rule.with ?? {}).map(([one, text]) => [
          one,
          term(text, compileExpression(text, variables, field(`rules[${i}].with.${one}`))),
        ]),
      }),
    ),
    otherwise: settings.otherwise,
    keepMs: parseDuration(settings.keep ?? '7d', field('keep')),
    inbox: `${name}.inbox`,
    decisions: to ?? `${name}.decisions`,
    deadLetters: settings.deadLetters ?? `${name}.dead-letters`,
    tombstones: settings.tombstones ?? 'dead-letter',
    replay: `${name}.replay`,
    groups: { collect: group, join: `${group}.join`, webhook: `${group}.webhook` },
    webhook: webhook && {
      url: webhook.url,
      secret: webhook.secret,
      timeoutMs: parseDuration(webhook.timeout ?? '10s', field('webhook.timeout')),
      attempts: webhook.tries ?? 10,
      retry: { firstMs: 1000, mostMs: 60_000 },
    },
    start: settings.start ?? 'earliest',
    format: settings.format ?? 'structured',
    partitions: settings.partitions,
    largestBytes: LARGEST_BYTES,
    stallMs: STALL_MS,
  });
};
