import type { App } from '../../app.ts';
import { fail } from '../../core/errors.ts';

/** The deployments that were named, or all of this mode. @throws USAGE when there is none; BAD_PROJECT for one of another mode */
export const chosen = ({ project }: App, names: readonly string[], mode: 'stream' | 'decide'): readonly string[] => {
  for (const name of names) project.deploymentIn(mode, name);
  const all = names.length > 0 ? names : project.namesIn(mode);
  if (all.length > 0) return all;
  throw fail('USAGE', `The project has no deployment with mode: ${mode}`, {
    expected: `a deployment with mode: ${mode} in millrace.yaml`,
    got: 'none',
  });
};
