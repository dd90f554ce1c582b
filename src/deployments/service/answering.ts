/** One process that answers: its models, its doors, its log, its records. */
import { availableParallelism } from 'node:os';
import type { Registry } from 'prom-client';
import type { Doorkeeper } from '../../access/doorkeeper.ts';
import { createLog } from '../../modes/service/log.ts';
import type { Peers } from '../../modes/service/peers.ts';
import type { Publishing } from '../../modes/service/publish/publishing.ts';
import { createService, type Service } from '../../modes/service/service.ts';
import type { Serving } from '../../modes/service/slot.ts';
import type { Standing } from '../../monitor/watch/standing.ts';
import type { Resources } from '../../resources/resources.ts';
import { rolloutActs } from '../rollouts/acts.ts';
import { watchedNames } from '../watched.ts';
import { actsOf } from './acts.ts';
import { startDoorkeeper } from './doorkeeper.ts';
import type { ServeOptions } from './options.ts';
import { atDoor, type Listening, placesOf, toldOf } from './places.ts';
import { startPublishing } from './publishing.ts';
import { startRecorder } from './recording.ts';
import { rolloutsDeclared } from './rollouts-declared.ts';
import { openedBy } from './servings.ts';

export interface AnsweringOptions {
  readonly resources: Resources;
  readonly servings: readonly Serving[];
  readonly options: ServeOptions;
  /** The other processes of the same service; it has none unless given. */
  readonly peers?: Peers | undefined;
  /** Where its figures are, beside those of others in this process; a registry of its own unless given. */
  readonly registry?: Registry | undefined;
  /** What keeps others in this process from being ready; nothing unless given. */
  readonly obstacles?: (() => readonly string[]) | undefined;
}

export interface AnsweringProcess {
  readonly service: Service;
  /** @throws CANNOT_LISTEN */
  listen(): Promise<Listening>;
  /** In order; for `lameDuckMs` first, all is answered as before while readiness says no. */
  close(how: { readonly lameDuckMs: number }): Promise<void>;
}

/** Loads the models. @throws what keeps one of them from being served. */
export const startAnswering = async (given: AnsweringOptions): Promise<AnsweringProcess> => {
  const { resources, servings, options, peers, registry, obstacles } = given;
  const beginRollouts = await rolloutsDeclared(resources, servings);
  const { log: root, flush } = createLog(options.logLevel ?? 'info');
  const log = peers ? root.child({ pid: process.pid }) : root;
  const recorder = await startRecorder(resources, options.record, log);
  const counter = recorder === undefined ? await resources.counter() : undefined;
  let publishing: Publishing | undefined;
  let doorkeeper: Doorkeeper | undefined;
  const end = async (): Promise<void> => {
    await publishing?.close();
    await recorder?.close();
    await counter?.close();
    await doorkeeper?.close();
    flush();
  };
  const places = placesOf(options);
  let service: Service;
  try {
    doorkeeper = await startDoorkeeper(resources, options, log);
    publishing = await startPublishing(resources, servings, options.publish, log);
    service = await createService({
      refs: servings,
      source: resources,
      limits: options.limits,
      maxModels: options.maxModels,
      modelControl: openedBy(resources, servings, 'model_control', options.modelControl),
      recordsApi: openedBy(resources, servings, 'records_api', options.recordsApi),
      adminDoor: places.admin !== undefined,
      origins: options.origins,
      hosts: [places.http.host, ...(places.admin ? [places.admin.host] : []), ...(options.allowedHosts ?? [])],
      isolation: options.isolation ?? 'auto',
      modelWorkers: options.modelWorkers ?? modelWorkersOf(options),
      peers,
      registry,
      obstacles,
      log,
      recorder,
      counter,
      publishing,
      doorkeeper,
      acts: doorkeeper && actsOf(resources),
      standing: standingOf(resources),
      rollouts: rolloutActs(resources),
      traceEnv: resources.env,
    });
  } catch (error) {
    await end();
    throw error;
  }
  await beginRollouts?.(log);
  return {
    service,
    async listen() {
      const { http, grpc, admin } = places;
      const url = await atDoor('http', service.listen(http));
      const address = grpc && (await atDoor('grpc', service.listenGrpc(grpc)));
      const own = admin && (await atDoor('admin', service.listenAdmin(admin)));
      return { url, grpc: address, admin: own, models: toldOf(service) };
    },
    async close(how) {
      await service.close(how);
      await end();
    },
  };
};

/** How deployments stand that are watched, where there are any; opened when somebody asks. */
const standingOf = (resources: Resources): (() => Promise<Standing>) | undefined => {
  if (watchedNames(resources.project).length === 0) return undefined;
  let opened: Promise<Standing> | undefined;
  return () => {
    opened ??= import('../monitor.ts').then(({ openMonitor }) => openMonitor(resources));
    return opened;
  };
};

/** Processes for a model that has its own, where each process of the service has some. */
const modelWorkersOf = ({ workers = 1 }: ServeOptions): number =>
  Math.max(1, Math.floor(availableParallelism() / workers));
