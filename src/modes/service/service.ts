/** The web service as a whole: models, dataplane, doors, from the first load to the last answer. */
import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Registry } from 'prom-client';
import type { Doorkeeper } from '../../access/doorkeeper.ts';
import { fail } from '../../core/errors.ts';
import type { Counter } from '../../monitor/counter.ts';
import type { Recorder } from '../../monitor/recorder.ts';
import type { Standing } from '../../monitor/watch/standing.ts';
import type { RolloutActs } from '../../serving/rollouts/acts.ts';
import { type Opened, openedControl } from './access.ts';
import type { Acts } from './acts.ts';
import { createBodies } from './bodies.ts';
import { type Connections, createConnections } from './connections.ts';
import { createDataplane, type Dataplane } from './dataplane.ts';
import { createGrpcDoor } from './grpc/grpc-door.ts';
import { createOwnHealth } from './health.ts';
import type { Isolation } from './isolation.ts';
import { keepAnswers } from './keep-answers.ts';
import { defaultLimits, type Limits } from './limits.ts';
import { type Logger, silent } from './log.ts';
import { createMetrics } from './metrics.ts';
import type { LoadModelOptions, ServiceSource } from './model.ts';
import { createModels, type ModelTable } from './models.ts';
import type { Peers } from './peers.ts';
import { followPromotions } from './promotions.ts';
import type { Publishing } from './publish/publishing.ts';
import { createReader } from './reading/reader.ts';
import { createHttpDoor, type HttpDoor } from './rest/http-door.ts';
import type { ListenPlace } from './rest/listen.ts';
import type { Behind } from './rest/routes.ts';
import { followRollouts } from './rollouts/follow-rollouts.ts';
import type { Serving } from './slot.ts';
import type { Tracing } from './traces.ts';

export interface ServiceOptions {
  /** What to serve; the first of a name is what the bare name answers with. */
  readonly refs: readonly (string | Serving)[];
  readonly source: ServiceSource;
  readonly limits?: Partial<Limits> | undefined;
  /** Models kept loaded at a time; no limit unless given. */
  readonly maxModels?: number | undefined;
  /** Callers may load and unload models, as the protocol has it; false unless given. */
  readonly modelControl?: Opened | undefined;
  /** Callers may read what was recorded or published, and label it; false unless given. */
  readonly recordsApi?: Opened | undefined;
  /** These two, and metrics, are behind a door of their own (`listenAdmin`); false unless given. */
  readonly adminDoor?: boolean | undefined;
  /** Names beside loopback under which these two may be used; none unless given. */
  readonly hosts?: readonly string[] | undefined;
  /** Origins whose pages may call, `*` for all; these two take only those that are named. None unless given. */
  readonly origins?: readonly string[] | undefined;
  /** Milliseconds between two looks at where environments point; a second unless given. */
  readonly followMs?: number | undefined;
  /** Where models run; `auto`, which decides by how long a row takes, unless given. */
  readonly isolation?: Isolation | undefined;
  /** Processes of a model that does not run inline; one unless given. */
  readonly modelWorkers?: number | undefined;
  /** The other processes of the same service; it has none unless given. */
  readonly peers?: Peers | undefined;
  readonly log?: Logger | undefined;
  /** The environment whose OTEL_EXPORTER_OTLP_ENDPOINT says where traces go; without one nothing is traced. */
  readonly traceEnv?: NodeJS.ProcessEnv | undefined;
  /** Who keeps records of the answers; nobody unless given. It is closed by whoever made it, after the service. */
  readonly recorder?: Recorder | undefined;
  /** Who counts all answers, where that is not the recorder; nobody unless given. Closed as that is. */
  readonly counter?: Counter | undefined;
  /** Where its figures are, beside those of others in this process; a registry of its own unless given. */
  readonly registry?: Registry | undefined;
  /** What keeps others in this process from being ready, in words; nothing unless given. */
  readonly obstacles?: (() => readonly string[]) | undefined;
  /** How watched deployments stand; nothing is told of that unless given. */
  readonly standing?: (() => Promise<Standing>) | undefined;
  /** The rollouts that it follows, opened with the first look; none unless given. */
  readonly rollouts?: (() => Promise<RolloutActs | undefined>) | undefined;
  /** Who publishes the answers; nobody unless given. It is closed by whoever made it, after the service. */
  readonly publishing?: Publishing | undefined;
  /** Who lets callers in; everybody comes in unless given. It is closed by whoever made it, after the service. */
  readonly doorkeeper?: Doorkeeper | undefined;
  /** What may be done to the registry by those who have a key; nothing unless given, or without a doorkeeper. */
  readonly acts?: Acts | undefined;
}

export interface CloseOptions {
  /** Milliseconds in which all is answered as before while readiness says no; 0 unless given. */
  readonly lameDuckMs?: number;
  /** Milliseconds for which a quiet connection is kept, as a request may be under way; 500 unless given. */
  readonly lingerMs?: number;
}

/** Where connections of other processes come in. */
export interface Doors {
  readonly http: (socket: Socket) => void;
  readonly grpc: ((socket: Socket) => void) | undefined;
  readonly admin: ((socket: Socket) => void) | undefined;
}

export interface Service {
  readonly plane: Dataplane;
  /** The places that each door has for callers. */
  readonly places: Readonly<Record<'http' | 'grpc' | 'admin', Pick<Connections, 'open'>>>;
  /** Listens, and resolves with `http://host:port`. Port 0 takes any free one. @throws CANNOT_LISTEN */
  listen(place: ListenPlace): Promise<string>;
  /** Opens the door for those who run the service, where it has one. @throws CANNOT_LISTEN */
  listenAdmin(place: ListenPlace): Promise<string>;
  /** Listens for gRPC, and resolves with `host:port`. Port 0 takes any free one. @throws CANNOT_LISTEN */
  listenGrpc(place: ListenPlace): Promise<string>;
  /** Takes connections that another process accepts, instead of listening. */
  takeIn(doors: { readonly grpc: boolean }): Promise<Doors>;
  /** What keeps the service itself from being ready, in words; empty when nothing does. */
  obstacles(): readonly string[];
  /** Says that it is not ready from now on, and goes on answering. */
  unready(): void;
  /** Not ready first; after the lame duck's time takes no more connections, finishes what is in flight, and stops. */
  close(options?: CloseOptions): Promise<void>;
}

/** How each model is loaded. */
const loadOptions = (
  { source, isolation, modelWorkers: workers, log = silent() }: ServiceOptions,
  limits: Limits,
  onRun: LoadModelOptions['onRun'],
): LoadModelOptions => {
  const onWorkerLost: LoadModelOptions['onWorkerLost'] = (ref, pid, how) =>
    log.error({ ref, pid, how }, 'a worker has ended; another is started');
  return { source, limits, isolation, workers, onRun, onWorkerLost };
};

/** Loads all that is to be served, or nothing. @throws when one of them cannot be served */
const loadModels = async (
  options: ServiceOptions,
  limits: Limits,
  onRun: LoadModelOptions['onRun'],
): Promise<readonly [LoadModelOptions, ModelTable]> => {
  const { refs, maxModels } = options;
  const load = loadOptions(options, limits, onRun);
  const models = createModels({ ...load, maxModels });
  try {
    for (const given of refs) await models.add(typeof given === 'string' ? { ref: given } : given);
    return [load, models];
  } catch (error) {
    await models.close();
    throw error;
  }
};

/** Read only where traces are wanted: it takes longer to load than the rest of the service. */
const tracingOf = async (env: NodeJS.ProcessEnv | undefined): Promise<Tracing | undefined> =>
  env?.OTEL_EXPORTER_OTLP_ENDPOINT ? (await import('./traces.ts')).createTracing(env) : undefined;

/** What people ask of a service beside predictions; what changes something, only where they are known. */
const controlled = ({ standing, doorkeeper, acts }: ServiceOptions) => ({ standing, acts: doorkeeper && acts });

/** Loads the models. @throws when one of them cannot be served */
export const createService = async (options: ServiceOptions): Promise<Service> => {
  const { followMs = 1000, log = silent(), recorder, peers, publishing, registry, adminDoor = false } = options;
  const { modelControl = false, recordsApi = false, hosts = [], origins = [] } = options;
  const limits: Limits = Object.freeze({ ...defaultLimits, ...options.limits });
  const metrics = createMetrics(registry);
  const bodies = createBodies(limits.bodiesBytes);
  const newPlaces = (): Connections => createConnections(limits, metrics.rejected);
  const places = { http: newPlaces(), grpc: newPlaces(), admin: newPlaces() };
  const [load, models] = await loadModels(options, limits, metrics.ran);
  const reader = createReader(limits);
  const { counter = recorder } = options;
  const onAnswered = keepAnswers({ recorder, counter, publishing }, limits);
  const plane = createDataplane({ models, limits, metrics, reader, onAnswered, onFailed: counter?.failed });
  const tracing = await tracingOf(options.traceEnv);
  const health = createOwnHealth(models, options.obstacles);
  metrics.watch({ slots: () => models.slots, ready: () => health.ready, bodies, reader, places, recorder, publishing });

  const controlOf = (opened: Opened) => openedControl(peers ?? models, models, opened);
  const shared = { plane, health, log, bodies, tracing, doorkeeper: options.doorkeeper };
  const opened = { records: recordsApi, control: modelControl };
  const given = { hosts, origins, peers, recorder, publishing, ...controlled(options) };
  const own = { control: controlOf(modelControl), opened, ...given };
  const openDoor = (behind: Behind, door: 'http' | 'admin'): Promise<HttpDoor> =>
    createHttpDoor({ ...shared, ...own, behind, places: places[door] });
  const http = await openDoor(adminDoor ? 'callers' : 'all', 'http');
  const admin = adminDoor ? await openDoor('operators', 'admin') : undefined;
  const grpc = createGrpcDoor({ ...shared, places: places.grpc, control: controlOf(modelControl && !adminDoor) });
  const stopFollowing = followPromotions({ models, metrics, log, everyMs: followMs });
  const leaveRollouts = followRollouts({ models, open: options.rollouts, load, log, recorder, everyMs: followMs });

  const stop = async ({ lameDuckMs = 0, lingerMs = 500 }: CloseOptions): Promise<void> => {
    health.stop();
    await pause(lameDuckMs);
    health.close();
    publishing?.better?.hangUp();
    const followed = stopFollowing();
    const patience = { lingerMs, mostMs: limits.timeoutMs + lingerMs };
    await Promise.all([http.drain(patience), admin?.drain(patience), grpc.close()]);
    await Promise.all([http.close(), admin?.close()]);
    await leaveRollouts();
    await models.close();
    await followed;
    await reader.close();
    await tracing?.close().catch((error: unknown) => log.warn({ err: error }, 'the last traces could not be sent'));
    if (registry === undefined) metrics.registry.clear();
  };
  let stopping: Promise<void> | undefined;

  return {
    plane,
    places,
    listen: http.listen,
    async listenAdmin(place) {
      if (admin === undefined) throw fail('INTERNAL', 'this service has no door of that kind');
      return admin.listen(place);
    },
    listenGrpc: grpc.listen,
    takeIn: async (wanted) => ({
      http: await http.takeIn(),
      admin: await admin?.takeIn(),
      grpc: wanted.grpc ? grpc.accept : undefined,
    }),
    obstacles: health.obstacles,
    unready: health.stop,
    close(how = {}) {
      stopping ??= stop(how);
      return stopping;
    },
  };
};
