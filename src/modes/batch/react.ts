/** What follows a run: webhooks and commands. Each is done at least once, under a key that stays. */
import { nameOfCommand, runCommand } from '../../channels/run-command.ts';
import { parseDuration } from '../../core/duration.ts';
import { MillraceError, type Problem, problemOf } from '../../core/errors.ts';
import type { Manifest } from '../../core/types.ts';
import type { Judgement } from '../../monitor/drift/judgement.ts';
import { sentenceOf } from '../../monitor/drift/sentence.ts';
import { meanOf, stdOf } from '../../monitor/profile/exact.ts';
import type { FieldProfile, Profile } from '../../monitor/profile/profile.ts';
import type { ReactionSettings } from '../../project/deployments/batch.ts';
import { createWebhook } from '../../webhook/webhook.ts';
import { type Condition, compileSummaryCondition, type JudgedSummary } from './condition.ts';

const WEBHOOK_TRIES = 6;
const WEBHOOK_TIMEOUT = '10s';

export interface ReactionContext {
  /** Where commands run. */
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  /** Paths of the report. */
  readonly report: { readonly html: string; readonly json: string };
  readonly signal: AbortSignal;
}

export interface Reacted {
  /** What it was, for people: the origin of the webhook, or the first word of the command. */
  readonly name: string;
  readonly what: 'done' | 'not due' | 'failed';
  readonly problem?: Problem | undefined;
}

/** One reaction made ready. */
export interface Reaction {
  readonly name: string;
  act(run: JudgedSummary, key: string, context: ReactionContext): Promise<Reacted>;
}

const toldField = (profile: FieldProfile) => {
  const { kind, count, missing } = profile;
  if (profile.kind === 'category') return { kind, count, missing, counts: profile.counts };
  const { min, max } = profile;
  return { kind, count, missing, min, max, mean: meanOf(profile), std: stdOf(profile) };
};
const toldProfile = (profile: Profile) =>
  Object.fromEntries(Object.entries(profile).map(([name, field]) => [name, toldField(field)]));

/** What drifts, for whoever is told; each field with what has changed of it. */
const toldDrift = (judgement: Judgement) => ({
  state: judgement.state,
  sentence: sentenceOf(judgement),
  fields: judgement.fields
    .filter(({ state }) => state === 'drift')
    .map(({ field, is, holmP, effect, words }) => ({ field, is, p: holmP, effect, words })),
});

/** A summary as it is sent: without bins. */
export const told = ({ summary, judgement }: JudgedSummary, report: ReactionContext['report']) => {
  const { inputs, outputs, bins: _, ...rest } = summary;
  return {
    ...rest,
    inputs: toldProfile(inputs),
    outputs: toldProfile(outputs),
    ...(judgement && { drift: toldDrift(judgement) }),
    report,
  };
};

const failed = (name: string, error: unknown): Reacted => ({
  name,
  what: 'failed',
  problem:
    error instanceof MillraceError
      ? error.problem
      : {
          ...problemOf(error),
          code: 'REACTION_FAILED',
          message: `${name}: ${error instanceof Error ? error.message : error}`,
        },
});

/** Makes the reactions of a deployment ready. @throws MillraceError BAD_PROJECT for one that cannot be. */
export const createReactions = (
  settings: readonly ReactionSettings[],
  manifest: Manifest,
  deployment: string,
): readonly Reaction[] =>
  settings.map(({ on = 'success', when, webhook, command }, index): Reaction => {
    const field = `deployments.${deployment}.react[${index}]`;
    const condition: Condition | undefined =
      when === undefined ? undefined : compileSummaryCondition(when, manifest, `${field}.when`);
    const hook =
      webhook &&
      createWebhook({
        url: webhook.url,
        secret: webhook.secret,
        attempts: webhook.tries ?? WEBHOOK_TRIES,
        timeoutMs: parseDuration(webhook.timeout ?? WEBHOOK_TIMEOUT, `${field}.webhook.timeout`),
      });
    const words = command ?? '';
    const name = hook ? hook.place : nameOfCommand(words);
    return {
      name,
      async act(run, key, context) {
        const { summary } = run;
        if ((on === 'success') !== (summary.status === 'finished')) return { name, what: 'not due' };
        if (condition) {
          const answer = condition(run);
          if ('problem' in answer) return { name, what: 'failed', problem: answer.problem };
          if (!answer.holds) return { name, what: 'not due' };
        }
        const body = told(run, context.report);
        try {
          if (hook) {
            const event = summary.status === 'finished' ? 'batch.finished' : 'batch.failed';
            await hook.send({
              event,
              at: Date.parse(summary.finished_at),
              body,
              idempotencyKey: key,
              signal: context.signal,
            });
          } else {
            const env = {
              ...context.env,
              MILLRACE_RUN: summary.run,
              MILLRACE_DEPLOYMENT: summary.deployment,
              MILLRACE_REPORT: context.report.html,
              MILLRACE_IDEMPOTENCY_KEY: key,
            };
            await runCommand(words, JSON.stringify(body), { ...context, env });
          }
          return { name, what: 'done' };
        } catch (error) {
          return failed(name, error);
        }
      },
    };
  });
