/** The rollouts that the project declares of what is served. */
import type { Logger } from '../../modes/service/log.ts';
import type { Serving } from '../../modes/service/slot.ts';
import type { Resources } from '../../resources/resources.ts';

/** What begins the rollouts that are declared; undefined where there are none, or no store for them. @throws BAD_PROJECT */
export const rolloutsDeclared = async (
  resources: Resources,
  servings: readonly Serving[],
): Promise<((log: Logger) => Promise<void>) | undefined> => {
  const { project } = resources;
  const some = servings.filter(
    ({ deployment }) => deployment !== undefined && project.deploymentIn('service', deployment).rollout !== undefined,
  );
  if (some.length === 0) return undefined;
  const { beginDeclared, declaredRollouts } = await import('../rollouts/declared.ts');
  const declared = declaredRollouts(resources, some);
  return (await resources.isWritable()) ? (log) => beginDeclared(resources, declared, log) : undefined;
};
