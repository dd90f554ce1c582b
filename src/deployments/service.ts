/** Services: models that answer over HTTP and gRPC, in this process or in several behind one port. */
import type { Registry } from 'prom-client';
import { createLog } from '../modes/service/log.ts';
import type { Serving } from '../modes/service/slot.ts';
import type { Resources } from '../resources/resources.ts';
import { asRunning, type Running } from './running.ts';
import { startAnswering } from './service/answering.ts';
import { checkExposed } from './service/exposure.ts';
import type { ServeOptions } from './service/options.ts';
import type { Listening } from './service/places.ts';

export type RunningService = Running<'service', Listening>;

export interface ServiceSurroundings {
  /** Where its figures are; those of several processes are each process's own. */
  readonly registry: Registry;
  /** What keeps others in this process from being ready: then the service is not either. */
  readonly obstacles: () => readonly string[];
}

const TIMEOUT_MS = 60_000;
/** Milliseconds that the processes of a service have to end, beyond what a request may take. */
const ENDING_MS = 5000;

/**
 * Loads the models and opens the doors; `stop` keeps them open for the lame duck's time first.
 *
 * @throws USAGE where others than this machine may call, and nobody has said with or without keys; CANNOT_LISTEN, with the option in `field` that says where; READ_ONLY; what keeps a model from being served
 */
export const start = async (
  resources: Resources,
  servings: readonly Serving[],
  options: ServeOptions,
  surroundings: ServiceSurroundings,
): Promise<RunningService> => {
  const name = servings.map(({ ref, deployment = ref }) => deployment).join(', ');
  checkExposed(options);
  const given: Given = { name, resources, servings, options };
  return (options.workers ?? 1) > 1 ? startSeveral(given) : startOne(given, surroundings);
};

interface Given {
  readonly name: string;
  readonly resources: Resources;
  readonly servings: readonly Serving[];
  readonly options: ServeOptions;
}

const startOne = async (
  { name, ...given }: Given,
  { registry, obstacles }: ServiceSurroundings,
): Promise<RunningService> => {
  const answering = await startAnswering({ ...given, registry, obstacles });
  const { service } = answering;
  const work = await answering.listen().catch(async (error) => {
    await answering.close({ lameDuckMs: 0 });
    throw error;
  });
  return asRunning({
    name,
    mode: 'service',
    work,
    obstacles: service.obstacles,
    metrics: () => registry.metrics(),
    stop: () => answering.close({ lameDuckMs: given.options.lameDuckMs ?? 0 }),
  });
};

const startSeveral = async ({ name, resources, servings, options }: Given): Promise<RunningService> => {
  const { cwd, env, project } = resources;
  const { workers: size = 1, lameDuckMs = 0, limits, logLevel = 'info' } = options;
  const { startMembers } = await import('./service/members.ts');
  const { log, flush } = createLog(logLevel);
  const members = await startMembers({
    size,
    env,
    start: { cwd, file: project.file, servings, options },
    onLost: (pid, how) => log.error({ pid, how }, 'a process of the service has ended; another is started'),
  }).catch((error: unknown) => {
    flush();
    throw error;
  });
  return asRunning({
    name,
    mode: 'service',
    work: members.listening,
    obstacles: () => (members.there > 0 ? [] : ['no process of the service answers']),
    metrics: members.metrics,
    stop: async () => {
      await members.stop({ lameDuckMs, patienceMs: (limits?.timeoutMs ?? TIMEOUT_MS) + ENDING_MS });
      flush();
    },
  });
};
