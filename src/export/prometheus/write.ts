/** What is written of a project's deployment for those who watch by Prometheus and Grafana. */
import { fail } from '../../core/errors.ts';
import type { Project } from '../../project/project.ts';
import { parseRef } from '../../registry/ref.ts';
import type { ExportedDeployment } from './exported.ts';

const writers = {
  grafana: async (exported: ExportedDeployment) => (await import('./grafana.ts')).writeDashboard(exported),
  'alert-rules': async (exported: ExportedDeployment) => (await import('./alert-rules.ts')).writeAlertRules(exported),
} as const;

export type MonitoringExport = keyof typeof writers;

const exportedOf = (project: Project, deployment: string): ExportedDeployment => {
  const { mode } = project.deployment(deployment);
  if (mode !== 'service' && mode !== 'stream' && mode !== 'batch') {
    throw fail('BAD_PROJECT', `The deployment '${deployment}' has no figures of its own`, {
      expected: 'a service, stream or batch deployment',
      got: `mode: ${mode}`,
    });
  }
  const ref = parseRef(project.deploymentIn(mode, deployment).model);
  return { deployment, mode, model: ref.kind === 'path' ? deployment : ref.name };
};

/** @throws BAD_PROJECT for a deployment that nothing is told of */
export const writeExport = (what: MonitoringExport, project: Project, deployment: string): Promise<string> =>
  writers[what](exportedOf(project, deployment));
