/** Which deployments of a project are watched: those whose profiles the store has. */
import type { MonitorSettings } from '../project/deployments/monitor.ts';
import type { Project } from '../project/project.ts';

const WATCHED = ['service', 'stream'] as const;

/** Undefined for a deployment that is not watched. */
export const watchedSettings = (project: Project, name: string): MonitorSettings | undefined => {
  const mode = WATCHED.find((one) => project.namesIn(one).includes(name));
  if (mode === undefined) return undefined;
  const { monitor = {} } = project.deploymentIn(mode, name);
  return monitor === false ? undefined : monitor;
};

export const isWatched = (project: Project, name: string): boolean => watchedSettings(project, name) !== undefined;

export const watchedNames = (project: Project): readonly string[] =>
  project.deploymentNames.filter((name) => isWatched(project, name));
