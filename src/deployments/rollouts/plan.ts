/** What a rollout of a deployment is to be: who stands beside whom, and by which steps. */
import { type Code, fail } from '../../core/errors.ts';
import { nearest } from '../../core/nearest.ts';
import type { Manifest } from '../../core/types.ts';
import { parseMetric } from '../../monitor/comparison/loss.ts';
import { parseRef } from '../../registry/ref.ts';
import type { Resources } from '../../resources/resources.ts';
import { checkTrust } from '../../resources/trust.ts';
import { type Compared, checkCompared, isOfLabels } from '../../serving/rollouts/compared.ts';
import type { RolloutPlan, ToleratedShares } from '../../serving/rollouts/rollout.ts';
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
  /** `thompson`: between the shadow and 100 %, shares follow results; fixed unless given. */
  readonly policy?: 'fixed' | 'thompson' | undefined;
  /** What neither version gets less than then; 0.05 unless given. */
  readonly floor?: number | undefined;
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

/** What is said of it, but who stands beside whom. @throws `code` for steps, a unit or metrics that are none */
export const checkedPlan = (
  { steps, unit, compare, tolerate, policy, floor }: Omit<StartRollout, 'candidate'>,
  code: Code,
  mode: RolledMode = 'service',
) => {
  const parsed = parseSteps(steps ?? DEFAULT_STEPS, code);
  if (unit !== undefined) parseUnit(unit, code, mode);
  if (compare !== undefined) checkCompared(compare, code);
  if (mode === 'stream' && parsed[0].share === 0 && compare?.some(isOfLabels)) {
    throw fail(code, 'What labels say of the shadow of a stream is not known: it leaves no records', {
      expected: 'steps that begin with a share, such as 5 %, 25 %, 100 %',
      got: steps ?? DEFAULT_STEPS,
    });
  }
  return {
    steps: parsed,
    unit,
    ...(compare !== undefined && compare.length > 0 && { compare }),
    ...(tolerate !== undefined && { tolerated: tolerate }),
    ...(policy === 'thompson' && { policy, floor }),
  };
};

/** @throws what `RolloutControl.start` throws, but ROLLOUT_RUNS */
export const planOf = async (
  resources: Resources,
  deployment: string,
  { candidate, ...what }: StartRollout,
): Promise<RolloutPlan> => {
  const { compare } = what;
  const { mode, ref } = rolledOf(resources, deployment);
  environmentOf(ref);
  const checked = checkedPlan(what, 'USAGE', mode);
  if (compare !== undefined) checkOutputs(compare, (await resources.open(candidate)).manifest);
  // Who is not trusted in an environment answers nobody in it, not even a part of them.
  await checkTrust(resources.project, ref, await resources.open(candidate));
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
    ...checked,
  };
};
