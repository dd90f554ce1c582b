/** What people do with rollouts: start one beside a deployment, look, pause, resume, abort, finish. */
import { fail } from '../../core/errors.ts';
import { nearest } from '../../core/nearest.ts';
import type { Manifest } from '../../core/types.ts';
import { parseMetric } from '../../monitor/comparison/loss.ts';
import { parseRef } from '../../registry/ref.ts';
import type { Resources } from '../../resources/resources.ts';
import { type Compared, checkCompared, isOfLabels } from '../../serving/rollouts/compared.ts';
import type { Measures } from '../../serving/rollouts/measures.ts';
import {
  isAtWork,
  type Rollout,
  type RolloutMove,
  type RolloutPlan,
  type RolloutStatus,
  type StepCounts,
  type ToleratedShares,
} from '../../serving/rollouts/rollout.ts';
import type { RolloutChange, RolloutSigned, Rollouts } from '../../serving/rollouts/rollouts.ts';
import { DEFAULT_STEPS, parseSteps } from '../../serving/rollouts/steps.ts';
import { parseUnit, type RolledMode, rolledModes } from '../../serving/rollouts/unit.ts';

export interface StartRollout {
  readonly candidate: string;
  /** `shadow 1000 rows, 5 %, 25 %, 100 %` unless given. */
  readonly steps?: string | undefined;
  /** `field:rider`; each call by itself unless given. */
  readonly unit?: string | undefined;
  /** What else is compared, such as `absolute_error(minutes)`; nothing unless given. */
  readonly compare?: readonly Compared[] | undefined;
  /** By how much more of all calls may fail (0.02 unless given), or be slow (0.1). */
  readonly tolerate?: Partial<ToleratedShares> | undefined;
}

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
  /** The last one of each deployment, or of one; the latest first. */
  status(deployment?: string): Promise<readonly RolloutStanding[]>;
  /** @throws NO_ROLLOUT */
  pause(deployment: string, signed: RolloutSigned): Promise<Rollout>;
  resume(deployment: string, signed: RolloutSigned): Promise<Rollout>;
  abort(deployment: string, signed: RolloutSigned): Promise<Rollout>;
  /** Lets the environment of the deployment point at the candidate, as `promote` does, and ends it. @throws NO_ROLLOUT; what `promote` throws */
  finish(deployment: string, signed: RolloutSigned): Promise<Rollout>;
}

/** What a deployment is, and its reference; what is served by its reference alone goes by that. @throws BAD_PROJECT */
const rolledOf = (
  { project, placedRef }: Resources,
  name: string,
): { readonly mode: RolledMode; readonly ref: string } => {
  for (const mode of rolledModes) {
    if (project.namesIn(mode).includes(name)) return { mode, ref: placedRef(project.deploymentIn(mode, name).model) };
  }
  if (name.includes('@') && parseRef(name).kind === 'environment') return { mode: 'service', ref: name };
  const names = rolledModes.flatMap((mode) => project.namesIn(mode));
  const meant = nearest(name, names);
  throw fail(
    'BAD_PROJECT',
    `'${name}' is no service and no stream of this project${meant ? `, did you mean '${meant}'?` : ''}`,
    {
      expected:
        names.length === 0 ? 'a deployment in millrace.yaml, or name@environment' : `one of ${names.join(', ')}`,
      got: name,
    },
  );
};

/** The environment that a reference names, which is what can be moved to the candidate. @throws BAD_ROLLOUT */
export const environmentOf = (ref: string): string => {
  const parsed = parseRef(ref);
  if (parsed.kind === 'environment') return parsed.environment;
  throw fail('BAD_ROLLOUT', `${ref} never moves, so that nothing can take its place`, {
    expected: 'a deployment whose model is name@environment',
    got: ref,
  });
};

/** A metric that is misspelt would never be known of. @throws USAGE */
const checkOutputs = (compare: readonly Compared[], { outputs }: Manifest): void => {
  for (const { metric } of compare.filter(isOfLabels)) {
    const { field } = parseMetric(metric, 'USAGE');
    if (Object.hasOwn(outputs, field)) continue;
    const known = Object.keys(outputs);
    const meant = nearest(field, known);
    throw fail('USAGE', `${metric}: ${field} is no output${meant ? `, did you mean ${meant}?` : ''}`, {
      expected: `one of ${known.join(', ')}`,
      got: field,
    });
  }
};

const planOf = async (resources: Resources, deployment: string, what: StartRollout): Promise<RolloutPlan> => {
  const { candidate, steps, unit, compare, tolerate } = what;
  const { mode, ref } = rolledOf(resources, deployment);
  environmentOf(ref);
  const parsed = parseSteps(steps ?? DEFAULT_STEPS, 'USAGE');
  if (unit !== undefined) parseUnit(unit, 'USAGE', mode);
  if (compare !== undefined) checkCompared(compare, 'USAGE');
  if (compare !== undefined) checkOutputs(compare, (await resources.open(candidate)).manifest);
  if (mode === 'stream' && parsed[0].share === 0 && compare?.some(isOfLabels)) {
    throw fail('USAGE', 'What labels say of the shadow of a stream is not known: it leaves no records', {
      expected: 'steps that begin with a share, such as 5 %, 25 %, 100 %',
      got: steps ?? DEFAULT_STEPS,
    });
  }
  const registry = await resources.lookup();
  const [stable, next] = [await registry.resolve(ref), await registry.resolve(candidate)];
  if (stable.name !== next.name) {
    throw fail('BAD_ROLLOUT', `${candidate} is another model than ${deployment} answers with`, {
      expected: `a version of ${stable.name}`,
      got: next.name,
    });
  }
  if (stable.digest === next.digest) {
    throw fail('BAD_ROLLOUT', `${deployment} answers with ${stable.name} ${stable.version} already`, {
      expected: `another version of ${stable.name}`,
      got: next.version,
    });
  }
  return {
    ...(mode !== 'service' && { mode }),
    deployment,
    ref,
    model: stable.name,
    stable: { version: stable.version, digest: stable.digest },
    candidate: { version: next.version, digest: next.digest },
    steps: parsed,
    unit,
    ...(compare !== undefined && compare.length > 0 && { compare }),
    ...(tolerate !== undefined && { tolerated: tolerate }),
  };
};

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
