/** The web service as a whole: models, dataplane, transports, from the first load to the last answer. */
import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';
import { fail, type MillraceError, messageOf, problemOf } from '../../core/errors.ts';
import type { Answered } from '../../monitor/answered.ts';
import type { Recorder } from '../../monitor/recorder.ts';
import { follow } from '../../serving/follow.ts';
import type { News } from '../../serving/live.ts';
import { type Opened, openedControl } from './access.ts';
import { createBodies } from './bodies.ts';
import { type Connections, createConnections } from './connections.ts';
import { createDataplane, type Dataplane, type DataplaneOptions } from './dataplane.ts';
import type { Grpc } from './grpc/server.ts';
import { inTime } from './in-time.ts';
import { type Isolation, lackOf } from './isolation.ts';
import { defaultLimits, type Limits } from './limits.ts';
import { type Logger, silent } from './log.ts';
import { createMetrics } from './metrics.ts';
import type { Model, ServiceSource } from './model.ts';
import { createModels } from './models.ts';
import type { Peers } from './peers.ts';
import type { Publishing } from './publish/publishing.ts';
import { createReader } from './reading/reader.ts';
import { createIntake, drain, type Intake, type ListenPlace, listen } from './rest/listen.ts';
import type { Behind } from './rest/routes.ts';
import { createRest } from './rest/server.ts';
import type { Serving, Slot } from './slot.ts';

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
  /** Where its figures are, beside those of others in this process; a registry of its own unless given. */
  readonly registry?: Registry | undefined;
  /** What keeps others in this process from being ready, in words; nothing unless given. */
  readonly obstacles?: (() => readonly string[]) | undefined;
  /** Who publishes the answers; nobody unless given. It is closed by whoever made it, after the service. */
  readonly publishing?: Publishing | undefined;
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
  /** Listens, and resolves with `http://host:port`. Port 0 takes any free one. @throws MillraceError CANNOT_LISTEN */
  listen(place: ListenPlace): Promise<string>;
  /** Opens the door for those who run the service, where it has one. @throws MillraceError CANNOT_LISTEN */
  listenAdmin(place: ListenPlace): Promise<string>;
  /** Listens for gRPC, and resolves with `host:port`. Port 0 takes any free one. @throws MillraceError CANNOT_LISTEN */
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

/** What becomes of an answer. One that waits to be published, and is not, was not given: there is no record of it. */
const keepAnswers = (
  recorder: Recorder | undefined,
  publishing: Publishing | undefined,
  { timeoutMs }: Limits,
): DataplaneOptions['onAnswered'] => {
  if (recorder === undefined && publishing === undefined) return undefined;
  const record = (answered: Answered): Promise<void> | undefined => {
    const recorded = recorder?.record(answered);
    if (recorded === undefined) return undefined;
    const now = performance.now();
    // A little earlier than the caller gives up, who is to hear why.
    const left = ((answered.deadline ?? now + timeoutMs) - now) * 0.9;
    return inTime(recorded, now + left, notRecorded);
  };
  return (answered) => {
    const acknowledged = publishing?.publish(answered);
    return acknowledged === undefined ? record(answered) : acknowledged.then(() => record(answered));
  };
};

const notRecorded = (): MillraceError =>
  fail('STORE_FAILED', 'The answer is not given, as it was not recorded in time; it may be recorded later.', {
    expected: 'a record of each answer',
  });

/** Loads the models. @throws MillraceError when one of them cannot be served. */
export const createService = async (options: ServiceOptions): Promise<Service> => {
  const { refs, source, maxModels, followMs = 1000, log = silent(), recorder, traceEnv } = options;
  const { isolation, modelWorkers: workers, peers, publishing, registry, obstacles, adminDoor = false } = options;
  const { modelControl = false, recordsApi = false, hosts = [], origins = [] } = options;
  const limits: Limits = Object.freeze({ ...defaultLimits, ...options.limits });
  const metrics = createMetrics(registry);
  const bodies = createBodies(limits.bodiesBytes);
  const newPlaces = (): Connections => createConnections(limits, metrics.rejected);
  const places = { http: newPlaces(), grpc: newPlaces(), admin: newPlaces() };
  const models = createModels({
    source,
    limits,
    maxModels,
    isolation,
    workers,
    onRun: metrics.ran,
    onWorkerLost: (ref, pid, how) => log.error({ ref, pid, how }, 'a worker has ended; another is started'),
  });
  try {
    for (const given of refs) await models.add(typeof given === 'string' ? { ref: given } : given);
  } catch (error) {
    await models.close();
    throw error;
  }
  const reader = createReader(limits);
  const onAnswered = keepAnswers(recorder, publishing, limits);
  const plane = createDataplane({ models, limits, metrics, reader, onAnswered });
  // Read only where traces are wanted: it takes longer to load than the rest of the service.
  const tracing = traceEnv?.OTEL_EXPORTER_OTLP_ENDPOINT
    ? (await import('./traces.ts')).createTracing(traceEnv)
    : undefined;
  let stopped: string | undefined;
  const lack = (): string | undefined =>
    models.slots.map(({ model }) => model && lackOf(model.name, model.pool)).find((text) => text !== undefined);
  const own = (): string | undefined => stopped ?? lack();
  const health = {
    closing: false,
    get ready() {
      return health.reason === undefined;
    },
    get reason(): string | undefined {
      return own() ?? obstacles?.()[0];
    },
  };
  metrics.watch({ slots: () => models.slots, ready: () => health.ready, bodies, reader, places, recorder, publishing });
  const controlOf = (opened: Opened) => openedControl(peers ?? models, models, opened);
  const openDoor = (behind: Behind) =>
    createRest({
      plane,
      health,
      log,
      bodies,
      places: behind === 'operators' ? places.admin : places.http,
      behind,
      control: controlOf(modelControl),
      opened: { records: recordsApi, control: modelControl },
      hosts,
      origins,
      peers,
      recorder,
      publishing,
      tracing,
    });
  const rest = await openDoor(adminDoor ? 'callers' : 'all');
  const admin = adminDoor ? await openDoor('operators') : undefined;
  const doors: { readonly app: FastifyInstance; intake?: Intake }[] = [rest, admin].flatMap((app) =>
    app ? [{ app }] : [],
  );
  const hear = ({ ref, card }: Slot, news: News<Model>): void => {
    if (news.kind === 'replaced') {
      const { version, digest } = news.to;
      metrics.promoted('replaced');
      log.info({ ref, version, digest }, 'a new version has taken over');
    } else if (news.kind === 'refused') {
      const { version, error } = news;
      metrics.promoted('refused');
      log.error(
        { ref, version, stays: card?.version, problem: problemOf(error), err: error },
        'a new version is refused',
      );
    } else if (news.isNew) {
      metrics.promoted('unreachable');
      log.warn({ ref, message: messageOf(news.error) }, 'the registry cannot be asked; what is loaded goes on');
    }
  };
  const ready = () => models.slots.filter(({ state }) => state === 'ready');
  const stopFollowing = follow(
    () => ready().map((slot) => ({ live: slot.live, hear: (news: News<Model>) => hear(slot, news) })),
    followMs,
  );

  const unready = (): void => {
    stopped = 'the service is stopping';
  };
  const stop = async ({ lameDuckMs = 0, lingerMs = 500 }: CloseOptions): Promise<void> => {
    unready();
    await pause(lameDuckMs);
    health.closing = true;
    publishing?.better?.hangUp();
    const followed = stopFollowing();
    const patience = { lingerMs, mostMs: limits.timeoutMs + lingerMs };
    await Promise.all([...doors.map(({ app, intake }) => drain(app.server, patience, intake)), grpc?.close()]);
    await Promise.all(doors.map(({ app }) => app.close()));
    await models.close();
    await followed;
    await reader.close();
    await tracing?.close().catch((error: unknown) => log.warn({ err: error }, 'the last traces could not be sent'));
    if (registry === undefined) metrics.registry.clear();
  };
  let stopping: Promise<void> | undefined;
  let grpc: Grpc | undefined;
  /** Read when it is asked for: HTTP is ready earlier by that. */
  const openGrpc = async (): Promise<Grpc> => {
    const { createGrpc } = await import('./grpc/server.ts');
    const control = controlOf(modelControl && !adminDoor);
    grpc = createGrpc({ plane, health, log, bodies, places: places.grpc, control, tracing });
    return grpc;
  };
  const shown = (host: string, port: number): string => `${host.includes(':') ? `[${host}]` : host}:${port}`;

  return {
    plane,
    places,
    async listen(place) {
      await rest.ready();
      return listen(rest.server, place);
    },
    async listenAdmin(place) {
      if (admin === undefined) throw fail('INTERNAL', 'this service has no door of that kind');
      await admin.ready();
      return listen(admin.server, place);
    },
    async listenGrpc({ host, port }) {
      return shown(host, await (await openGrpc()).listen({ host, port }));
    },
    async takeIn(wanted) {
      const [http, own] = await Promise.all(
        doors.map(async (door) => {
          await door.app.ready();
          door.intake = createIntake(door.app.server);
          return door.intake;
        }),
      );
      return { http: http.accept, admin: own?.accept, grpc: wanted.grpc ? (await openGrpc()).accept : undefined };
    },
    obstacles: () => {
      const found = own();
      return found === undefined ? [] : [found];
    },
    unready,
    close(how = {}) {
      stopping ??= stop(how);
      return stopping;
    },
  };
};
