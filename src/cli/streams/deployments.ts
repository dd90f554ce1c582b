import type { App } from '../../app.ts';
import { fail } from '../../core/errors.ts';
import { prepareStream, type StreamDeployment } from '../../modes/stream/deployment.ts';

export const streamOf = (app: App, name: string): StreamDeployment =>
  prepareStream(name, app.project.deploymentIn('stream', name));

/** The deployments that were named, or all of this mode. @throws MillraceError USAGE when there is none */
export const chosen = (app: App, names: readonly string[], mode: 'stream' | 'decide'): readonly string[] => {
  const all = names.length > 0 ? names : app.project.namesIn(mode);
  if (all.length > 0) return all;
  throw fail('USAGE', `The project has no deployment with mode: ${mode}`, {
    expected: `a deployment with mode: ${mode} in millrace.yaml`,
    got: 'none',
  });
};
