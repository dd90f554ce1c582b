/** Which deployments of a project say where their labels are. */
import type { LabelsSettings } from '../../project/deployments/labels.ts';
import type { Project } from '../../project/project.ts';

const MODES = ['service', 'stream', 'batch'] as const;

/** Undefined for a deployment without `labels:`. @throws BAD_PROJECT */
export const labelsSettings = (project: Project, name: string): LabelsSettings | undefined => {
  const mode = MODES.find((one) => project.namesIn(one).includes(name));
  return mode === undefined ? undefined : project.deploymentIn(mode, name).labels;
};
