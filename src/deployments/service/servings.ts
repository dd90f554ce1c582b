/** What is put into service, under the names of the project's deployments. */
import { resolve } from 'node:path';
import type { Opened } from '../../modes/service/access.ts';
import type { Serving } from '../../modes/service/slot.ts';
import { parseRef } from '../../registry/ref.ts';
import type { Resources } from '../../resources/resources.ts';

/** Service deployments by their names, in that order. @throws BAD_PROJECT */
export const deployedServings = ({ project, placedRef }: Resources, names: readonly string[]): readonly Serving[] =>
  names.map((deployment) => ({ ref: placedRef(project.deploymentIn('service', deployment).model), deployment }));

/**
 * References, each once; paths start from the caller's folder. Those that a service deployment has too are that deployment:
 * the first of them, as it is the first that answers.
 */
export const referredServings = (resources: Resources, refs: readonly string[]): readonly Serving[] => {
  const deployed = deployedServings(resources, resources.project.namesIn('service'));
  return [...new Set(refs)].map((ref) => {
    const placed = parseRef(ref).kind === 'path' ? resolve(resources.cwd, ref) : ref;
    return { ref, deployment: deployed.find((one) => one.ref === placed)?.deployment };
  });
};

/** Of which deployments something is open that their settings may open, unless it is `given` for all of them. */
export const openedBy = (
  { project }: Pick<Resources, 'project'>,
  servings: readonly Serving[],
  setting: 'records_api' | 'model_control',
  given: boolean | undefined,
): Opened =>
  given ??
  new Set(
    servings.flatMap(({ deployment }) =>
      deployment !== undefined && project.deploymentIn('service', deployment)[setting] === true ? [deployment] : [],
    ),
  );
