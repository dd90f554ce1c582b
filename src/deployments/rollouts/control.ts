/** What people do with rollouts: start one beside a deployment, look, pause, resume, abort, finish. */
import { fail } from '../../core/errors.ts';
import type { Resources } from '../../resources/resources.ts';
import type { Measures } from '../../serving/rollouts/measures.ts';
import {
  isAtWork,
  type Rollout,
  type RolloutMove,
  type RolloutStatus,
  type StepCounts,
} from '../../serving/rollouts/rollout.ts';
import type { RolloutChange, RolloutSigned, Rollouts } from '../../serving/rollouts/rollouts.ts';
import { environmentOf, planOf, type StartRollout } from './plan.ts';
import type { RehearseRollout, RolloutRehearsal } from './rehearse.ts';

/** How a rollout stands. */
export interface RolloutStanding {
  readonly rollout: Rollout;
  /** By step. */
  readonly counts: readonly StepCounts[];
  /** What truths have said of its metrics. */
  readonly measures: Measures;
  readonly moves: readonly RolloutMove[];
}

export interface RolloutControl {
  /**
   * @throws BAD_PROJECT, BAD_REF and what `Registry.resolve` throws for what is not there; BAD_ROLLOUT for a candidate that
   *   cannot stand beside it; USAGE for steps or a unit that are none; ROLLOUT_RUNS
   */
  start(deployment: string, what: StartRollout, signed: RolloutSigned): Promise<Rollout>;
  /** On the last recorded rows, without anybody being answered. @throws as `start`; BAD_ROLLOUT where nothing is recorded */
  rehearse(deployment: string, what: RehearseRollout): Promise<RolloutRehearsal>;
  /** The last one of each deployment, or of one; the latest first. */
  status(deployment?: string): Promise<readonly RolloutStanding[]>;
  /** @throws NO_ROLLOUT */
  pause(deployment: string, signed: RolloutSigned): Promise<Rollout>;
  resume(deployment: string, signed: RolloutSigned): Promise<Rollout>;
  abort(deployment: string, signed: RolloutSigned): Promise<Rollout>;
  /** Lets the environment of the deployment point at the candidate, as `promote` does, and ends it. @throws NO_ROLLOUT; what `promote` throws */
  finish(deployment: string, signed: RolloutSigned): Promise<Rollout>;
}

const noRollout = (deployment: string, found: Rollout | undefined, expected: string) =>
  fail('NO_ROLLOUT', `${deployment} has no rollout that is ${expected}`, {
    expected: `a rollout that is ${expected} (millrace rollout status)`,
    got: found === undefined ? 'none' : found.status,
  });

/** Moves the rollout of a deployment on, whoever else moves it meanwhile. @throws NO_ROLLOUT */
const moveOn = async (
  rollouts: Rollouts,
  deployment: string,
  from: readonly RolloutStatus[],
  change: RolloutChange,
): Promise<Rollout> => {
  for (;;) {
    const [found] = await rollouts.list(deployment);
    if (found === undefined || !from.includes(found.status)) throw noRollout(deployment, found, from.join(' or '));
    const moved = await rollouts.move(found, change);
    if (moved !== undefined) return moved;
  }
};

export const openControl = (resources: Resources): RolloutControl => {
  const standing = async (rollouts: Rollouts, rollout: Rollout): Promise<RolloutStanding> => {
    const [counts, moves] = [await rollouts.counts(rollout.id), await rollouts.moves(rollout.id)];
    return { rollout, counts, measures: await rollouts.measured(rollout.id), moves };
  };
  const move = async (deployment: string, from: readonly RolloutStatus[], change: RolloutChange): Promise<Rollout> =>
    moveOn(await resources.rollouts(), deployment, from, change);

  return {
    async start(deployment, what, signed) {
      const plan = await planOf(resources, deployment, what);
      return (await resources.rollouts()).start(plan, signed);
    },
    rehearse: async (deployment, what) => (await import('./rehearse.ts')).rehearseRollout(resources, deployment, what),
    async status(deployment) {
      const rollouts = await resources.rollouts();
      const last = new Map<string, Rollout>();
      for (const one of await rollouts.list(deployment)) if (!last.has(one.deployment)) last.set(one.deployment, one);
      return Promise.all([...last.values()].map((one) => standing(rollouts, one)));
    },
    pause: (deployment, signed) => move(deployment, ['running'], { action: 'pause', status: 'paused', ...signed }),
    resume: (deployment, signed) => move(deployment, ['paused'], { action: 'resume', status: 'running', ...signed }),
    abort: (deployment, signed) =>
      move(deployment, ['running', 'paused'], { action: 'abort', status: 'aborted', ...signed }),
    async finish(deployment, signed) {
      const rollouts = await resources.rollouts();
      const [found] = await rollouts.list(deployment);
      if (found === undefined || !isAtWork(found)) throw noRollout(deployment, found, 'running or paused');
      const { promoteProven } = await import('../../resources/promote.ts');
      const { who, why } = signed;
      await promoteProven(resources, `${found.model}@${found.candidate.digest}`, {
        to: environmentOf(found.ref),
        who,
        why,
      });
      return moveOn(rollouts, deployment, ['running', 'paused'], { action: 'finish', status: 'finished', ...signed });
    },
  };
};
