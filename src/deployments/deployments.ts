/** What is deployed in this process, in whatever modes: one set of figures, one readiness, one end. */
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { Resources } from '../resources/resources.ts';
import { createAtWork, type Deployed } from './at-work.ts';
import type { HealthServer } from './health-server.ts';
import { labelsSettings } from './labelling/settings.ts';
import { type DeployOptions, type Ground, starterOf, startService } from './starters.ts';
import { isWatched } from './watched.ts';
import type { Watching, WatchNews } from './watching.ts';

export interface Deployments {
  /** Those that are at work. */
  readonly running: readonly Deployed[];
  /**
   * Starts deployments of the project: all of them, or none.
   *
   * @throws BAD_PROJECT; USAGE for one that nothing would run here; what keeps one of them from its work
   */
  start(names: readonly string[]): Promise<void>;
  /** Starts a service of references, as `Resources.open` takes them. @throws what starting a service throws. */
  serve(refs: readonly string[]): Promise<void>;
  /** Answers `/metrics`, `/ready` and `/live` there, and resolves with its URL: a service does of itself. @throws CANNOT_LISTEN */
  openHealth(place: { readonly host: string; readonly port: number }): Promise<string>;
  /** What keeps all of it from being ready, in words; empty when nothing does. */
  obstacles(): readonly string[];
  ready(): boolean;
  /** As Prometheus reads them. */
  metrics(): Promise<string>;
  /** Rejects with why, when one can go on no more: half a project is worse than none. */
  readonly ended: Promise<void>;
  /** Finishes what is under way, and ends. May be called twice. */
  stop(): Promise<void>;
}

/** What runs beside deployments: the watch over them, and labels of their predictions. */
const createBeside = ({ resources, registry, options }: Pick<Ground, 'resources' | 'registry' | 'options'>) => {
  const { project, isReadOnly } = resources;
  const news = (told: WatchNews): void => options.onWatched?.(told);
  const labels: Pick<Watching, 'stop'>[] = [];
  const watches: Watching[] = [];
  const label = async (names: readonly string[]): Promise<void> => {
    if (!names.some((name) => labelsSettings(project, name) !== undefined) || (await isReadOnly())) return;
    const { startLabelling } = await import('./labelling/at-work.ts');
    labels.push(startLabelling(resources, names, news));
  };
  const watch = async (names: readonly string[]): Promise<void> => {
    if (watches.length > 0 || !names.some((name) => isWatched(project, name)) || (await isReadOnly())) return;
    const [{ openMonitor }, { startWatching }] = await Promise.all([import('./monitor.ts'), import('./watching.ts')]);
    watches.push(startWatching(await openMonitor(resources), { registry, news }));
  };
  return {
    /** Begins with what of it these ask for. */
    async start(names: readonly string[]): Promise<void> {
      await watch(names);
      await label(names);
    },
    stop: async (): Promise<void> => {
      await Promise.all([...labels, ...watches].map((one) => one.stop()));
    },
  };
};

export const createDeployments = (resources: Resources, options: DeployOptions = {}): Deployments => {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const atWork = createAtWork();
  const { running, obstacles } = atWork;
  const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
  ended.catch(() => {});
  const ground: Ground = { resources, registry, options, obstacles: atWork.obstaclesBeside };
  const add = async (work: Promise<readonly Deployed[]>): Promise<readonly Deployed[]> => {
    const started = await work;
    atWork.add(started);
    for (const one of started) one.ended.catch(reject);
    try {
      await options.onStarted?.(started);
    } catch (error) {
      await atWork.remove(started);
      throw error;
    }
    return started;
  };

  const doors: HealthServer[] = [];
  const beside = createBeside(ground);
  const stop = async (): Promise<void> => {
    await beside.stop();
    await atWork.stopAll();
    await Promise.all(doors.map((door) => door.close()));
  };
  let stopping: Promise<void> | undefined;
  return {
    running,
    start: async (names) => {
      const byMode = Map.groupBy(names, (name) => resources.project.mode(name));
      const starts = [...byMode].map(([mode, list]) => [starterOf(mode, list), list] as const);
      atWork.expect(names.filter((name) => resources.project.mode(name) !== 'service'));
      const outcomes = await Promise.allSettled(starts.map(([start, list]) => add(start(ground, list))));
      const failed = outcomes.find((outcome) => outcome.status === 'rejected');
      if (failed === undefined) return beside.start(names);
      atWork.drop(names);
      await atWork.remove(outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? outcome.value : [])));
      throw failed.reason;
    },
    serve: async (refs) => {
      const { referredServings } = await import('./service/servings.ts');
      await add(startService(ground, referredServings(resources, refs)));
    },
    openHealth: async ({ host, port }) => {
      const { serveHealth } = await import('./health-server.ts');
      const health = await serveHealth(port, { registry, obstacles }, host);
      doors.push(health);
      return health.url;
    },
    obstacles,
    ready: () => obstacles().length === 0,
    metrics: () => registry.metrics(),
    ended,
    stop: () => {
      stopping ??= stop().finally(resolve);
      return stopping;
    },
  };
};
