/** What is put into service, under the names of the project's deployments. */
import { resolve } from 'node:path';
import type { App } from '../../app.ts';
import type { Opened } from '../../modes/service/access.ts';
import type { Serving } from '../../modes/service/models.ts';
import { parseRef } from '../../registry/ref.ts';

/** Service deployments by their names, in that order. @throws MillraceError BAD_PROJECT */
export const deployedServings = (app: App, names: readonly string[]): readonly Serving[] =>
  names.map((deployment) => ({ ref: app.placedRef(app.project.deploymentIn('service', deployment).model), deployment }));

/** Of which deployments something is open that their settings may open, if the command line says nothing of it. */
export const openedBy = (
  app: App,
  servings: readonly Serving[],
  setting: 'records_api' | 'model_control',
  typed: boolean | undefined,
): Opened =>
  typed ??
  new Set(
    servings.flatMap(({ deployment }) =>
      deployment !== undefined && app.project.deploymentIn('service', deployment)[setting] === true ? [deployment] : [],
    ),
  );

/**
 * References as somebody in `cwd` has typed them, each once. Those that a service deployment has too are that deployment:
 * the first of them, as it is the first that answers.
 */
export const typedServings = (app: App, refs: readonly string[], cwd: string): readonly Serving[] => {
  const deployed = deployedServings(app, app.project.namesIn('service'));
  return [...new Set(refs)].map((ref) => {
    const placed = parseRef(ref).kind === 'path' ? resolve(cwd, ref) : ref;
    return { ref, deployment: deployed.find((one) => one.ref === placed)?.deployment };
  });
};
