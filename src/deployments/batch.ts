/** Batch deployments: windows of tables and files, by hand or by a schedule. */
import { fail } from '../core/errors.ts';
import type { BatchDeployments } from '../modes/batch/batch.ts';
import { createBatch } from '../modes/batch/create.ts';
import { type BatchDeployment, readDeployment } from '../modes/batch/deployment.ts';
import { type ScheduleEvent, startScheduler } from '../modes/batch/scheduler.ts';
import { watchRecords } from '../monitor/record-metrics.ts';
import { placedUrl } from '../resources/placed.ts';
import type { Resources } from '../resources/resources.ts';
import { asRunning, type Running, type Surroundings } from './running.ts';

/** A deployment whose schedule is kept here. */
export interface Scheduled {
  readonly deployment: BatchDeployment;
  /** The next tick, in milliseconds since the epoch. */
  next(): number;
}

export type RunningBatch = Running<'batch', Scheduled>;

/** @throws BAD_PROJECT */
export const named = ({ project }: Pick<Resources, 'project'>, name: string): BatchDeployment =>
  readDeployment(name, project.deploymentIn('batch', name));

/** All that can be done with the batch deployments of the project, by their names. */
export const openBatch = (resources: Resources): BatchDeployments => {
  const { project, home, who, env, clock, open, placedRef } = resources;
  return createBatch({
    folder: project.folder,
    home,
    who,
    env,
    clock,
    names: project.namesIn('batch'),
    deployment: (name) => named(resources, name),
    store: resources.ledgerStore,
    database: resources.database,
    open: (ref) => open(placedRef(ref)),
    load: resources.loadSafely,
    leave: resources.leaveRecords,
    lineage: () => {
      const settings = project.openlineage();
      return settings && { settings, connection: (name) => placedUrl(project.connection(name), project.folder) };
    },
  });
};

/** @throws USAGE for a deployment without a schedule, whose runs are started by hand */
export const start = async (
  resources: Resources,
  deployment: BatchDeployment,
  { registry, news }: Surroundings<ScheduleEvent>,
): Promise<RunningBatch> => {
  const { name, schedule } = deployment;
  if (schedule === undefined) {
    throw fail('USAGE', `The deployment '${name}' has no schedule`, {
      field: `deployments.${name}.schedule`,
      expected: 'when to run, such as "0 2 * * *"',
      got: 'nothing',
    });
  }
  if (deployment.record > 0) watchRecords(registry, resources.leaveFigures);
  const stopping = new AbortController();
  const { next, ended } = startScheduler({
    batch: openBatch(resources),
    deployment,
    clock: resources.clock,
    signal: stopping.signal,
    onEvent: news,
  });
  return asRunning({
    name,
    mode: 'batch',
    work: { deployment, next },
    obstacles: () => [],
    metrics: () => registry.metrics(),
    failure: ended,
    stop: async () => {
      stopping.abort();
      await ended.catch(() => {});
    },
  });
};
