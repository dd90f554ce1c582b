/** Stream deployments: events of topics are predicted as they come. */
import { availableParallelism } from 'node:os';
import { prepareStream, type StreamDeployment } from '../modes/stream/deployment.ts';
import { createStreamMetrics } from '../modes/stream/metrics.ts';
import type { PredictionSink } from '../modes/stream/prediction-sink.ts';
import { type Stream, type StreamNews, startStream } from '../modes/stream/stream.ts';
import { watchRecords } from '../monitor/record-metrics.ts';
import type { Resources } from '../resources/resources.ts';
import type { ModelSource } from '../serving/source.ts';
import { rolloutActs } from './rollouts/acts.ts';
import { asRunning, perRegistry, type Running, type Surroundings } from './running.ts';

export type RunningStream = Running<'stream', Stream>;

/** @throws BAD_PROJECT */
export const named = ({ project }: Pick<Resources, 'project'>, name: string): StreamDeployment =>
  prepareStream(name, project.deploymentIn('stream', name));

const metricsOf = perRegistry(createStreamMetrics);

const sinkOf = async (
  { project, database }: Resources,
  { name, sink }: StreamDeployment,
): Promise<PredictionSink | undefined> => {
  if (sink === undefined) return undefined;
  const [{ openSink }, { tablePredictions }] = await Promise.all([
    import('../sinks/index.ts'),
    import('../modes/stream/table.ts'),
  ]);
  const opened = await openSink(sink, { folder: project.folder, span: undefined, database });
  return tablePredictions(opened, name);
};

/** A version is proven with the time that a row may take here, and runs where it can end nothing but itself. */
const sourceOf = (
  { open, placedRef, prove, loadSafely, resolve }: Resources,
  { rowMs, concurrency }: StreamDeployment,
): ModelSource => ({
  open: (ref) => open(placedRef(ref)),
  prove: (found, { signal }) => prove(found, { rowMs, signal }),
  load: (found) => loadSafely(found, { rowMs, processes: Math.min(concurrency, availableParallelism()) }),
  resolve,
});

/** Throws what `startStream` throws, and what keeps its sink from being opened. */
export const start = async (
  resources: Resources,
  deployment: StreamDeployment,
  { registry, news }: Surroundings<StreamNews>,
): Promise<RunningStream> => {
  const broker = await resources.broker();
  const leave = await resources.leave(deployment.record);
  if (leave && deployment.record > 0) watchRecords(registry, resources.leaveFigures);
  const sink = await sinkOf(resources, deployment);
  const source = sourceOf(resources, deployment);
  const rollouts = rolloutActs(resources);
  const parts = { deployment, broker, source, metrics: metricsOf(registry), sink, leave, rollouts, onEvent: news };
  const work = await startStream(parts).catch(async (error) => {
    await sink?.close();
    throw error;
  });
  return asRunning({
    name: deployment.name,
    mode: 'stream',
    work,
    obstacles: work.obstacles,
    metrics: () => registry.metrics(),
    stop: work.stop,
  });
};
