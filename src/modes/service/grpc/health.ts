/** The gRPC Health Checking Protocol, of the service and of each model: what probes of Kubernetes and load balancers ask. */
import {
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
  status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import type { Health } from '../health.ts';
import type { ModelTable } from '../models.ts';
import { loadProtocol, Malformed } from './protocol.ts';

export const healthProtocol = loadProtocol('health.proto', 'grpc.health.v1.Health');

interface Asked {
  readonly service: string;
}
interface Told {
  readonly status: 'SERVING' | 'NOT_SERVING' | 'SERVICE_UNKNOWN';
}
type WatchCall = ServerWritableStream<Asked | Malformed, Told>;

/** Milliseconds after which a change is told to who watches, at most. */
const LOOK_MS = 250;

export interface HealthAnswers {
  readonly implementation: UntypedServiceImplementation;
  /** Tells those who watch that the service stops, and ends their calls. */
  close(): void;
}

/** `services` are the names under which the service as a whole is known. */
export const createHealth = (
  health: Pick<Health, 'ready'>,
  { slots }: Pick<ModelTable, 'slots'>,
  services: readonly string[],
): HealthAnswers => {
  const statusOf = (name: string): Told['status'] => {
    const isModel = slots.some(({ card }) => card?.name === name);
    if (name !== '' && !services.includes(name) && !isModel) return 'SERVICE_UNKNOWN';
    const isLoaded = !isModel || slots.some(({ card, state }) => card?.name === name && state !== 'unloaded');
    return health.ready && isLoaded ? 'SERVING' : 'NOT_SERVING';
  };

  const watchers = new Map<WatchCall, { readonly name: string; last: Told['status'] }>();
  const look = (): void => {
    for (const [call, watcher] of watchers) {
      const now = statusOf(watcher.name);
      if (now === watcher.last) continue;
      watcher.last = now;
      call.write({ status: now });
    }
  };
  let timer: NodeJS.Timeout | undefined;
  const forget = (call: WatchCall): void => {
    watchers.delete(call);
    if (watchers.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };

  return {
    implementation: {
      Check({ request }: ServerUnaryCall<Asked | Malformed, Told>, callback: sendUnaryData<Told>) {
        const malformed = { code: status.INVALID_ARGUMENT, details: 'These bytes are not a HealthCheckRequest.' };
        const found = request instanceof Malformed ? undefined : statusOf(request.service);
        if (found === undefined) callback(malformed);
        else if (found === 'SERVICE_UNKNOWN')
          callback({ code: status.NOT_FOUND, details: 'Nothing of that name is here.' });
        else callback(null, { status: found });
      },
      Watch(call: WatchCall) {
        const name = call.request instanceof Malformed ? '?' : call.request.service;
        const last = statusOf(name);
        watchers.set(call, { name, last });
        call.once('close', () => forget(call)).once('cancelled', () => forget(call));
        call.write({ status: last });
        timer ??= setInterval(look, LOOK_MS).unref();
      },
    },
    close() {
      look();
      for (const call of watchers.keys()) call.end();
      watchers.clear();
      clearInterval(timer);
    },
  };
};
