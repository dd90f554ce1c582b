import type { App } from '../../app.ts';
import { fail } from '../../core/errors.ts';
import { prepareStream, type StreamDeployment } from '../../modes/stream/deployment.ts';
import type { StreamSettings } from '../../project/deployments/stream.ts';

/** The names of the project's deployments in one mode. */
export const namesInMode = ({ project }: App, mode: 'stream' | 'decide'): readonly string[] =>
  project.deploymentNames.filter((name) => project.deployment(name).mode === mode);

/**
 * The settings of a deployment in this mode.
 *
 * @throws MillraceError BAD_PROJECT when there is none of this name, or it is of another mode.
 */
export const settingsOf = <T>({ project }: App, name: string, mode: 'stream' | 'decide'): T => {
  const settings = project.deployment(name);
  if (settings.mode === mode) return settings as unknown as T;
  throw fail('BAD_PROJECT', `The deployment '${name}' is not of mode ${mode}`, {
    field: `deployments.${name}.mode`,
    expected: mode,
    got: settings.mode,
  });
};

export const streamOf = (app: App, name: string): StreamDeployment =>
  prepareStream(name, settingsOf<StreamSettings>(app, name, 'stream'));

/** The deployments that were named, or all of this mode. @throws MillraceError USAGE when there is none */
export const chosen = (app: App, names: readonly string[], mode: 'stream' | 'decide'): readonly string[] => {
  const all = names.length > 0 ? names : namesInMode(app, mode);
  if (all.length > 0) return all;
  throw fail('USAGE', `The project has no deployment with mode: ${mode}`, {
    expected: `a deployment with mode: ${mode} in millrace.yaml`,
    got: 'none',
  });
};
