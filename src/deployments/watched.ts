/** Which deployments of a project are watched: those whose profiles the store has. */
import type { MonitorSettings } from '../project/deployments/monitor.ts';
import type { Project } from '../project/project.ts';

const WATCHED = ['service', 'stream', 'batch'] as const;

const deploymentOf = (project: Project, name: string) => {
  const mode = WATCHED.find((one) => project.namesIn(one).includes(name));
  return mode === undefined ? undefined : project.deploymentIn(mode, name);
};

/** Undefined for a deployment that is not watched. */
export const watchedSettings = (project: Project, name: string): MonitorSettings | undefined => {
  const { monitor = {} } = deploymentOf(project, name) ?? { monitor: false };
  return monitor === false ? undefined : monitor;
};

/** The reference to the model of a deployment that is watched. */
export const watchedModel = (project: Project, name: string): string => deploymentOf(project, name)?.model ?? name;

export const isWatched = (project: Project, name: string): boolean => watchedSettings(project, name) !== undefined;

export const watchedNames = (project: Project): readonly string[] =>
  project.deploymentNames.filter((name) => isWatched(project, name));
