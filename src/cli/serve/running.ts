/** One process that answers: its models, its doors, its log and its records. */
import type { App } from '../../app.ts';
import { fail, problemOf } from '../../core/errors.ts';
import { createLog, type Logger } from '../../modes/service/log.ts';
import type { ServiceSource } from '../../modes/service/model.ts';
import type { Serving } from '../../modes/service/models.ts';
import type { Peers } from '../../modes/service/peers.ts';
import type { Publishing } from '../../modes/service/publish/publishing.ts';
import { createService, type Service } from '../../modes/service/service.ts';
import type { Recorder } from '../../monitor/recorder.ts';
import { parseRef } from '../../registry/ref.ts';
import type { Vitals } from '../vitals.ts';
import { defaultModelWorkers, type ServeOptions } from './options.ts';
import { startPublishing } from './publishing.ts';
import { openedBy } from './servings.ts';

const mebi = 2 ** 20;

/** Packages out of a folder, a file or the registry; environments of the registry are followed. */
const sourceOf = (app: App): ServiceSource => ({
  open: app.open,
  load: app.load,
  prove: app.prove,
  isolate: app.isolate,
  resolve: async (ref) => (parseRef(ref).kind === 'environment' ? (await app.lookup()).resolve(ref) : undefined),
});

/** Records in the registry's database. */
const startRecorder = async (app: App, options: ServeOptions, log: Logger): Promise<Recorder | undefined> => {
  if (options.record === 0) {
    if (!options.recordWait) return undefined;
    throw fail('USAGE', '--record-wait belongs to --record.', { expected: '--record all beside it', got: 'none' });
  }
  if (await app.isReadOnly()) {
    if (options.recordWait) {
      throw fail('READ_ONLY', 'The home may only be read, and no answer shall be given that is not recorded.', {
        expected: 'a home that may be written to (MILLRACE_HOME), or no --record-wait',
        got: app.home,
      });
    }
    log.warn({ home: app.home }, 'no records are kept, as the home may only be read');
    return undefined;
  }
  return app.recorder({
    share: options.record,
    wait: options.recordWait,
    days: options.recordDays,
    most: options.recordMost,
    onTrouble(problem) {
      if (problem) log.error({ problem }, 'records are not written at the moment');
      else log.info('records are written again');
    },
  });
};

/** Ends the message of a failure with what to do about it. */
export const advised = async <T>(work: Promise<T>, advice: string): Promise<T> => {
  try {
    return await work;
  } catch (error) {
    const { code, message, ...details } = problemOf(error);
    throw fail(code, `${message} ${advice}`, { ...details, cause: error });
  }
};

/** What a terminal is told of a model in service. */
export interface Told {
  /** The service deployment that it answers for, else the reference that was served. */
  readonly deployment: string;
  readonly name: string;
  readonly version: string;
  readonly digest: string;
  readonly loadMs: number;
  readonly memoryBytes: number;
  readonly isolation: string;
}

/** Where a service listens, and with what. */
export interface Listening {
  readonly url: string;
  readonly grpc: string | undefined;
  /** Where metrics, model control and records are, if not there. */
  readonly admin: string | undefined;
  readonly models: readonly Told[];
}

export interface Running {
  readonly service: Service;
  /** @throws MillraceError CANNOT_LISTEN */
  listen(): Promise<Listening>;
  /** In order, the lame duck's time first when `lame`. */
  close(how: { readonly lame: boolean }): Promise<void>;
}

interface Place {
  readonly host: string;
  readonly port: number;
}
/** Where to listen: gRPC, unless it is not wanted, beside HTTP, so that 8080 has 8081. */
export const placesOf = (
  { host, grpc, grpcPort, adminHost = '127.0.0.1', adminPort }: ServeOptions,
  port: number,
): { readonly http: Place; readonly grpc: Place | undefined; readonly admin: Place | undefined } => ({
  http: { host, port },
  admin: adminPort === undefined ? undefined : { host: adminHost, port: adminPort },
  grpc: grpc ? { host, port: grpcPort ?? (port === 0 ? 0 : (port + 1) % 65_536) } : undefined,
});

/** What to do when one of them is taken. */
export const adviceOf = {
  http: 'Choose another with --port (0 takes any free one) or --host.',
  admin: 'Choose another with --admin-port (0 takes any free one) or --admin-host.',
  grpc: 'Choose the port of gRPC with --grpc-port, or leave gRPC out with --no-grpc.',
} as const;

/** What there is to tell of the models of a service. */
export const toldOf = ({ plane }: Service): readonly Told[] =>
  plane.models.slots.flatMap(({ card, ref, deployment = ref }) => {
    if (card === undefined) return [];
    const { name, version, digest, loadMs, memoryBytes, isolation } = card;
    return [{ deployment, name, version, digest, loadMs, memoryBytes, isolation }];
  });

export interface StartOptions {
  readonly app: App;
  readonly servings: readonly Serving[];
  readonly options: ServeOptions;
  readonly port: number;
  readonly env: NodeJS.ProcessEnv;
  readonly peers?: Peers | undefined;
  /** Other modes in this process. */
  readonly vitals?: Vitals | undefined;
}

/** Loads the models. @throws MillraceError when one of them cannot be served. */
export const startService = async ({
  app,
  servings,
  options,
  port,
  env,
  peers,
  vitals,
}: StartOptions): Promise<Running> => {
  const { log: root, flush } = createLog(options.logLevel);
  const log = peers ? root.child({ pid: process.pid }) : root;
  const recorder = await startRecorder(app, options, log);
  let publishing: Publishing | undefined;
  const end = async (): Promise<void> => {
    await publishing?.close();
    await recorder?.close();
    flush();
  };
  let service: Service;
  try {
    publishing = await startPublishing(app, servings, options, log);
    service = await createService({
      refs: servings,
      source: sourceOf(app),
      limits: {
        bodyBytes: options.maxBody * mebi,
        bodiesBytes: Math.max(options.maxBody, options.maxBodies) * mebi,
        connections: options.maxConnections,
        connectionsPerAddress: options.connectionsPerAddress ?? Math.ceil(options.maxConnections / 2),
        rows: options.maxRows,
        queueRequests: options.maxQueue,
        queueMs: options.maxWait * 1000,
        timeoutMs: options.timeout * 1000,
      },
      maxModels: options.maxModels,
      modelControl: openedBy(app, servings, 'model_control', options.modelControl),
      recordsApi: openedBy(app, servings, 'records_api', options.recordsApi),
      adminDoor: options.adminPort !== undefined,
      origins: options.cors,
      hosts: [
        options.host,
        ...(options.adminHost === undefined ? [] : [options.adminHost]),
        ...(options.allowedHost ?? []),
      ],
      isolation: options.isolation,
      modelWorkers: options.modelWorkers ?? defaultModelWorkers(options.workers),
      peers,
      neighbours: vitals && { metrics: () => vitals.registry.metrics(), obstacles: vitals.obstacles },
      log,
      recorder,
      publishing,
      traceEnv: env,
    });
  } catch (error) {
    await end();
    throw error;
  }

  return {
    service,
    async listen() {
      const { http, grpc, admin } = placesOf(options, port);
      const url = await advised(service.listen(http), adviceOf.http);
      const address = grpc && (await advised(service.listenGrpc(grpc), adviceOf.grpc));
      const own = admin && (await advised(service.listenAdmin(admin), adviceOf.admin));
      return { url, grpc: address, admin: own, models: toldOf(service) };
    },
    async close({ lame }) {
      await service.close({ lameDuckMs: lame ? options.lameDuck * 1000 : 0 });
      await end();
    },
  };
};
