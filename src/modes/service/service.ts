/** The web service as a whole: models, dataplane, transports, from the first load to the last answer. */
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { problemOf } from '../../core/errors.ts';
import { type Answered, createDataplane, type Dataplane } from './dataplane.ts';
import type { Grpc } from './grpc/server.ts';
import { defaultLimits, type Limits } from './limits.ts';
import { cannotListen } from './listen.ts';
import { type Logger, silent } from './log.ts';
import { createMetrics } from './metrics.ts';
import type { ModelSource } from './model.ts';
import { createModels } from './models.ts';
import { followPromotions } from './promotions.ts';
import { createRest } from './rest/server.ts';

export interface ServiceOptions {
  /** What to serve; the first reference of a name is what the bare name answers with. */
  readonly refs: readonly string[];
  readonly source: ModelSource;
  readonly limits?: Partial<Limits> | undefined;
  /** Models kept loaded at a time; no limit unless given. */
  readonly maxModels?: number | undefined;
  /** Callers may load and unload models, as the protocol has it; true unless given. */
  readonly modelControl?: boolean | undefined;
  /** Milliseconds between two looks at where environments point; a second unless given. */
  readonly followMs?: number | undefined;
  readonly log?: Logger | undefined;
  /** Called after each answered call: it must be quick, and never throw. */
  readonly onAnswered?: ((answered: Answered) => void) | undefined;
}

interface At {
  readonly host: string;
  readonly port: number;
}

export interface Service {
  readonly plane: Dataplane;
  /** Listens, and resolves with `http://host:port`. Port 0 takes any free one. @throws MillraceError CANNOT_LISTEN */
  listen(at: At): Promise<string>;
  /** Listens for gRPC, and resolves with `host:port`. Port 0 takes any free one. @throws MillraceError CANNOT_LISTEN */
  listenGrpc(at: At): Promise<string>;
  /** Not ready first; then, after `lameDuckMs`, finishes what is in flight, and stops. */
  close(options?: { readonly lameDuckMs?: number }): Promise<void>;
}

/** Loads the models. @throws MillraceError when one of them cannot be served. */
export const createService = async (options: ServiceOptions): Promise<Service> => {
  const { refs, source, maxModels, modelControl = true, followMs = 1000, log = silent(), onAnswered } = options;
  const limits: Limits = Object.freeze({ ...defaultLimits, ...options.limits });
  const metrics = createMetrics();
  const models = createModels({ source, limits, maxModels, onRun: metrics.ran });
  try {
    for (const ref of refs) await models.add(ref);
  } catch (error) {
    await models.close();
    throw error;
  }
  const plane = createDataplane({ models, limits, metrics, onAnswered });
  const health = { ready: true, reason: undefined as string | undefined };
  metrics.watch({ slots: () => models.slots, ready: () => health.ready });
  const rest = await createRest({ plane, health, log, modelControl });
  const stopFollowing = followPromotions({
    source,
    models,
    everyMs: followMs,
    onReplaced({ ref }, { version, digest }) {
      metrics.promoted('replaced');
      log.info({ ref, version, digest }, 'a new version has taken over');
    },
    onRefused({ ref, card }, version, error) {
      metrics.promoted('refused');
      log.error(
        { ref, version, stays: card?.version, problem: problemOf(error), err: error },
        'a new version is refused',
      );
    },
    onUnreachable({ ref }, message) {
      metrics.promoted('unreachable');
      log.warn({ ref, message }, 'the registry cannot be asked; what is loaded goes on');
    },
  });

  const stop = async (lameDuckMs: number): Promise<void> => {
    health.ready = false;
    health.reason = 'the service is stopping';
    await pause(lameDuckMs);
    await stopFollowing();
    await Promise.all([rest.close(), grpc?.close()]);
    await models.close();
    metrics.registry.clear();
  };
  let stopping: Promise<void> | undefined;
  let grpc: Grpc | undefined;
  const shown = (host: string, port: number): string => `${host.includes(':') ? `[${host}]` : host}:${port}`;

  return {
    plane,
    async listen({ host, port }) {
      try {
        await rest.listen({ host, port });
      } catch (cause) {
        throw cannotListen(host, port, cause);
      }
      const address = rest.server.address() as AddressInfo;
      return `http://${shown(address.address, address.port)}`;
    },
    async listenGrpc({ host, port }) {
      // Read when it is asked for: HTTP is ready earlier by that.
      const { createGrpc } = await import('./grpc/server.ts');
      grpc = createGrpc({ plane, health, log, modelControl });
      return shown(host, await grpc.listen({ host, port }));
    },
    close({ lameDuckMs = 0 } = {}) {
      stopping ??= stop(lameDuckMs);
      return stopping;
    },
  };
};
