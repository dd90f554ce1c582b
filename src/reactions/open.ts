/** Which reactions settings mean. */
import { parseDuration } from '../core/duration.ts';
import { fail } from '../core/errors.ts';
import type { AlertReactionSettings } from '../project/deployments/alert-reaction.ts';
import { commandWork } from './command.ts';
import type { AlertReaction, ReactionWork } from './reaction.ts';
import { type RetrainWorld, retrainWork } from './retrain.ts';
import { type RollbackWorld, rollbackWork } from './rollback.ts';
import { webhookWork } from './webhook.ts';
import { compileWhen } from './when.ts';

export interface ReactionWorld extends RollbackWorld, RetrainWorld {
  readonly environments: readonly string[];
}

/** Of what reactions are made. */
export interface ReactingDeployment {
  readonly deployment: string;
  /** The environment that it follows; undefined where it names one version for good. */
  readonly environment: string | undefined;
  readonly react: readonly AlertReactionSettings[];
}

const REST = '24h';

const noEnvironment = (deployment: string, field: string) =>
  fail('BAD_PROJECT', `${field}: ${deployment} follows no environment that could be rolled back`, {
    field,
    expected: 'a deployment whose model is name@environment',
    got: 'rollback',
  });

const workOf = (
  { deployment, environment, react }: ReactingDeployment,
  index: number,
  world: ReactionWorld,
): readonly [name: string, work: ReactionWork] => {
  const field = `deployments.${deployment}.monitor.react[${index}].do`;
  const { do: what } = react[index];
  if (what === 'rollback') {
    if (environment === undefined) throw noEnvironment(deployment, field);
    return [what, rollbackWork(environment, world)];
  }
  if (what.command !== undefined) return ['command', commandWork(what.command, world)];
  if (what.webhook !== undefined) return ['webhook', webhookWork(what.webhook)];
  if (what.retrain === undefined) throw new TypeError('settings of a reaction name none');
  const { to = 'staging' } = what.retrain;
  if (world.environments.includes(to)) return ['retrain', retrainWork(what.retrain, to, world, `${field}.retrain`)];
  const expected = `to: one of ${world.environments.join(', ')}`;
  throw fail('BAD_PROJECT', `${field}: the project has no environment ${to}`, { field, expected, got: to });
};

/** @throws MillraceError BAD_PROJECT for what cannot be done, or not be told of alerts */
export const openReactions = (given: ReactingDeployment, world: ReactionWorld): readonly AlertReaction[] =>
  given.react.map(({ when, rest = REST }, index): AlertReaction => {
    const { deployment } = given;
    const field = `deployments.${deployment}.monitor.react[${index}]`;
    const isMeant = compileWhen(when, `${field}.when`);
    const [name, work] = workOf(given, index, world);
    return {
      ...work,
      channel: `react:${deployment}:${index}:${name}`,
      deployment,
      restMs: parseDuration(rest, `${field}.rest`),
      isDue: (alert) => alert.telling === 'fired' && isMeant(alert),
    };
  });
