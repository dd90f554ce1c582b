/** The gRPC side of the service: its server, and the services on it. */
import type { Socket } from 'node:net';
import { logVerbosity, Server, ServerCredentials, type ServerInterceptor, setLogVerbosity } from '@grpc/grpc-js';
import type { Doorkeeper } from '../../../access/doorkeeper.ts';
import { neededAt } from '../../../access/doors.ts';
import { timerMs } from '../../../threads/ended.ts';
import type { Bodies } from '../bodies.ts';
import type { Limits } from '../limits.ts';
import type { Tracing } from '../traces.ts';
import { createAdmission, doorOf } from './admission.ts';
import { createArrivals } from './arrivals.ts';
import { createCalls } from './calls.ts';
import { createHealth, healthProtocol } from './health.ts';
import { inferenceProtocol, inferenceService } from './messages.ts';
import { createOpenInference, type OpenInferenceOptions } from './open-inference.ts';
import { createReflection, reflectionProtocols } from './reflection.ts';

export interface GrpcOptions extends OpenInferenceOptions {
  readonly bodies: Bodies;
  /** Nothing is traced unless given. */
  readonly tracing?: Tracing | undefined;
  /** Who lets callers in; everybody comes in unless given. */
  readonly doorkeeper?: Doorkeeper | undefined;
}

export interface Grpc {
  /** Takes a connection that has a place. */
  accept(socket: Socket): void;
  /** Takes no new calls, and resolves when those under way are answered. */
  close(): Promise<void>;
}

// What goes wrong is told by this service's own errors and log.
setLogVerbosity(logVerbosity.NONE);

const protocols = [inferenceProtocol, healthProtocol, ...reflectionProtocols] as const;

/** Calls under way at a time on one connection; more wait with the caller. */
const CALLS_PER_CONNECTION = 256;

const streamingPaths: ReadonlySet<string> = new Set(
  protocols.flatMap(({ service }) =>
    Object.values(service).flatMap(({ path, requestStream }) => (requestStream ? path : [])),
  ),
);
const isStreaming = (path: string): boolean => streamingPaths.has(path);

const newServer = ({ bodyBytes, arrivalMs, timeoutMs }: Limits, interceptors: ServerInterceptor[]): Server =>
  new Server({
    interceptors,
    'grpc.max_receive_message_length': bodyBytes,
    'grpc.max_send_message_length': -1,
    'grpc.max_concurrent_streams': CALLS_PER_CONNECTION,
    'grpc.enable_channelz': 0,
    // Connections whose caller is gone without a word, or has nothing to ask, are closed.
    'grpc.keepalive_time_ms': arrivalMs * 2,
    'grpc.keepalive_timeout_ms': arrivalMs,
    'grpc.max_connection_idle_ms': timeoutMs + arrivalMs,
  });

export const createGrpc = (options: GrpcOptions): Grpc => {
  const { plane, health, log, bodies, tracing, doorkeeper } = options;
  const { models, limits, metrics } = plane;
  for (const { service } of protocols) for (const { path } of Object.values(service)) neededAt(doorOf(path));
  const calls = createCalls({ metrics, log, tracing });
  const openInference = createOpenInference(options, calls);
  const healthAnswers = createHealth(health, models, [inferenceProtocol.name]);
  const server = newServer(limits, doorkeeper ? [createAdmission(doorkeeper, calls.refused)] : []);
  server.addService(inferenceService, openInference.implementation);
  server.addService(healthProtocol.service, healthAnswers.implementation);
  for (const { service } of reflectionProtocols) server.addService(service, createReflection(protocols));
  const connections = server.createConnectionInjector(ServerCredentials.createInsecure());
  const arrivals = createArrivals({ limits, bodies, isStreaming, onCut: metrics.rejected });

  return {
    accept(socket) {
      arrivals.watch(socket);
      connections.injectConnection(socket);
    },
    async close() {
      // A caller who does not read its answers would keep its connection open for ever.
      const timer = setTimeout(() => server.forceShutdown(), timerMs(limits.timeoutMs));
      const shut = new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
      openInference.endStreams();
      healthAnswers.close();
      await shut;
      clearTimeout(timer);
      arrivals.close();
    },
  };
};
