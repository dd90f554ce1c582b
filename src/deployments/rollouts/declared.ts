/** Rollouts that millrace.yaml declares: begun when their deployments start, whichever process is first, and never twice. */
import { problemOf } from '../../core/errors.ts';
import type { Logger } from '../../modes/service/log.ts';
import type { Serving } from '../../modes/service/slot.ts';
import { comparedIn, type RolloutSettings } from '../../project/deployments/rollout.ts';
import type { Resources } from '../../resources/resources.ts';
import { isAtWork, type RolloutPlan } from '../../serving/rollouts/rollout.ts';
import { checkedPlan, planOf, type StartRollout } from './plan.ts';

/** Who is named in the history of what the project's file has begun. */
export const FILE = 'millrace.yaml';

interface DeclaredRollout {
  readonly deployment: string;
  readonly what: StartRollout;
  readonly why: string | undefined;
}

const asStarted = (settings: RolloutSettings): StartRollout => {
  const { why: _, ...rest } = settings;
  return { ...rest, compare: comparedIn(settings) };
};

/** Those of the deployments that are served. @throws BAD_PROJECT for steps, a unit or metrics that are none */
export const declaredRollouts = ({ project }: Resources, servings: readonly Serving[]): readonly DeclaredRollout[] =>
  servings.flatMap(({ deployment }) => {
    const settings = deployment === undefined ? undefined : project.deploymentIn('service', deployment).rollout;
    if (deployment === undefined || settings === undefined) return [];
    const what = asStarted(settings);
    checkedPlan(what, 'BAD_PROJECT');
    return [{ deployment, what, why: settings.why }];
  });

/** Whether two plans ask for the same. */
const isSamePlan = (one: RolloutPlan, other: RolloutPlan): boolean => {
  const told = ({ stable, candidate, steps, unit, compare, tolerated, policy, floor }: RolloutPlan) =>
    JSON.stringify([stable.digest, candidate.digest, steps, unit, compare, tolerated, policy, floor]);
  return told(one) === told(other);
};

/** What is in place needs no rollout. */
const isInPlace = async (resources: Resources, { deployment, what }: DeclaredRollout): Promise<boolean> => {
  const { project, placedRef, lookup } = resources;
  const registry = await lookup();
  const stable = await registry.resolve(placedRef(project.deploymentIn('service', deployment).model));
  return stable.digest === (await registry.resolve(what.candidate)).digest;
};

const begin = async (resources: Resources, declared: DeclaredRollout, log: Logger): Promise<void> => {
  const { deployment, what, why } = declared;
  if (await isInPlace(resources, declared)) return log.info({ deployment }, 'the candidate of the rollout is in place');
  const plan = await planOf(resources, deployment, what);
  const rollouts = await resources.rollouts();
  const [last] = await rollouts.list(deployment);
  const told = { deployment, candidate: plan.candidate.version };
  if (last !== undefined && isAtWork(last)) {
    if (isSamePlan(last, plan)) log.info({ ...told, rollout: last.id }, 'the rollout goes on');
    else
      log.warn(
        { ...told, rollout: last.id },
        'another rollout is at work: abort it, and start again, for what is declared',
      );
  } else if (last !== undefined && isSamePlan(last, plan)) {
    log.warn(
      { ...told, rollout: last.id, status: last.status },
      'the rollout has ended, and is not begun again by itself',
    );
  } else {
    const { id } = await rollouts.start(plan, { who: FILE, why });
    log.info({ ...told, rollout: id }, 'the rollout begins');
  }
};

/** Nothing keeps the service from answering: what cannot be begun is logged. */
export const beginDeclared = async (
  resources: Resources,
  declared: readonly DeclaredRollout[],
  log: Logger,
): Promise<void> => {
  for (const one of declared) {
    try {
      await begin(resources, one, log);
    } catch (error) {
      const problem = problemOf(error);
      // Another process was first.
      if (problem.code === 'ROLLOUT_RUNS') continue;
      log.error({ deployment: one.deployment, problem }, 'the rollout that is declared cannot begin');
    }
  }
};
