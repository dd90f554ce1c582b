import type { App } from '../../app.ts';
import { usage } from '../usage.ts';

/** The deployments that were named, or all of this mode. @throws USAGE when there is none; BAD_PROJECT for one of another mode */
export const chosen = ({ project }: App, names: readonly string[], mode: 'stream' | 'decide'): readonly string[] => {
  for (const name of names) project.deploymentIn(mode, name);
  const all = names.length > 0 ? names : project.namesIn(mode);
  if (all.length > 0) return all;
  const what = `deployment with mode: ${mode}`;
  throw usage(`The project has no ${what}`, `a ${what} in millrace.yaml`, 'none');
};
