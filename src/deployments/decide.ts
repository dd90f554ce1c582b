/** Decide deployments: predictions are joined by key, and rules decide on them. */
import { join } from 'node:path';
import { type Decide, type DecideNews, startDecide } from '../modes/decide/decide.ts';
import { type DecideDeployment, prepareDecide } from '../modes/decide/deployment.ts';
import { openMemories } from '../modes/decide/memory.ts';
import { createDecideMetrics } from '../modes/decide/metrics.ts';
import type { Resources } from '../resources/resources.ts';
import { asRunning, perRegistry, type Running, type Surroundings } from './running.ts';

export type RunningDecide = Running<'decide', Decide>;

/** @throws BAD_PROJECT */
export const named = ({ project }: Pick<Resources, 'project'>, name: string): DecideDeployment =>
  prepareDecide(name, project.deploymentIn('decide', name));

const metricsOf = perRegistry(createDecideMetrics);

/** @throws what `startDecide` throws; STORE_FAILED for what it remembers of keys. */
export const start = async (
  resources: Resources,
  deployment: DecideDeployment,
  { registry, news }: Surroundings<DecideNews>,
): Promise<RunningDecide> => {
  const broker = await resources.broker();
  const memories = await openMemories(join(resources.home, 'decisions.db'));
  try {
    const work = await startDecide({ deployment, broker, memories, metrics: metricsOf(registry), onEvent: news });
    return asRunning({
      name: deployment.name,
      mode: 'decide',
      work,
      obstacles: work.obstacles,
      metrics: () => registry.metrics(),
      stop: () => work.stop().finally(memories.close),
    });
  } catch (error) {
    memories.close();
    throw error;
  }
};
