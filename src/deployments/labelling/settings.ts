/** Which deployments of a project say where their labels are, and how long these are waited for. */
import { parseDuration } from '../../core/duration.ts';
import { LABELS_WAIT_MS } from '../../monitor/labels/labels.ts';
import type { LabelsSettings } from '../../project/deployments/labels.ts';
import type { Project } from '../../project/project.ts';

const MODES = ['service', 'stream', 'batch'] as const;

/** Undefined for a deployment without `labels:`. @throws BAD_PROJECT */
export const labelsSettings = (project: Project, name: string): LabelsSettings | undefined => {
  const mode = MODES.find((one) => project.namesIn(one).includes(name));
  return mode === undefined ? undefined : project.deploymentIn(mode, name).labels;
};

/** How long a label waits for its prediction, in milliseconds. @throws BAD_PROJECT */
export const labelsWaitMs = (project: Project, name: string): number => {
  const { wait } = labelsSettings(project, name) ?? {};
  return wait === undefined ? LABELS_WAIT_MS : parseDuration(wait, 'wait');
};
