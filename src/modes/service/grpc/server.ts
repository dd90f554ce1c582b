/** The gRPC side of the service: messages to the dataplane's calls and back; what they do is the dataplane's. */
import { type AddressInfo, createServer, type Socket } from 'node:net';
import {
  logVerbosity,
  Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type sendUnaryData,
  setLogVerbosity,
  status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { problemOf } from '../../../core/errors.ts';
import { timerMs } from '../../../threads/ended.ts';
import type { Bodies } from '../bodies.ts';
import type { Connections } from '../connections.ts';
import type { Call, Dataplane } from '../dataplane.ts';
import type { Health } from '../health.ts';
import { httpStatus } from '../http-status.ts';
import { createRequestIds } from '../ids.ts';
import type { Caller } from '../job.ts';
import { cannotListen } from '../listen.ts';
import type { Logger } from '../log.ts';
import { modelMetadata, repositoryIndex, serverMetadata } from '../oip/metadata.ts';
import type { ModelControl } from '../peers.ts';
import { LARGE_BYTES } from '../reading/reader.ts';
import { isOfPlaces } from '../told.ts';
import type { RequestSpan, Tracing } from '../traces.ts';
import { createArrivals } from './arrivals.ts';
import { createHealth, healthProtocol } from './health.ts';
import { readInfer, timeoutOf, writeInfer } from './infer.ts';
import {
  type InferAnswer,
  inferenceProtocol,
  inferenceService,
  type NameAndVersion,
  type RepositoryModel,
} from './messages.ts';
import { Malformed, malformed } from './protocol.ts';
import { createReflection, reflectionProtocols } from './reflection.ts';
import { grpcError } from './status.ts';
import { answerStream, type InferStream } from './stream.ts';

export interface GrpcOptions {
  readonly plane: Dataplane;
  readonly health: Health;
  readonly log: Logger;
  readonly bodies: Bodies;
  /** Places for the connections of this door. */
  readonly places: Connections;
  /** What callers load and unload models with, as far as they may. */
  readonly control: ModelControl;
  readonly tracing?: Tracing | undefined;
}

export interface Grpc {
  /** Takes a connection that another process has accepted. */
  accept(socket: Socket): void;
  /** Resolves with the port. @throws MillraceError CANNOT_LISTEN */
  listen(at: { readonly host: string; readonly port: number }): Promise<number>;
  /** Takes no new calls, and resolves when those under way are answered. */
  close(): Promise<void>;
}

// What goes wrong is told by this service's own errors and log.
setLogVerbosity(logVerbosity.NONE);

const { name: serviceName } = inferenceProtocol;
const protocols = [inferenceProtocol, healthProtocol, ...reflectionProtocols] as const;

/** Calls under way at a time on one connection; more wait with the caller. */
const CALLS_PER_CONNECTION = 256;

const streamingPaths: ReadonlySet<string> = new Set(
  protocols.flatMap(({ service }) =>
    Object.values(service).flatMap(({ path, requestStream }) => (requestStream ? path : [])),
  ),
);
const isStreaming = (path: string): boolean => streamingPaths.has(path);

interface AnyCall extends Pick<InferStream, 'cancelled' | 'getDeadline' | 'getPeer' | 'metadata'> {}

/** The context of a span, for callers who want to find the trace. */
const contextOf = ({ traceparent }: RequestSpan): Metadata => {
  const metadata = new Metadata();
  metadata.set('traceparent', traceparent);
  return metadata;
};

export const createGrpc = ({ plane, health, log, bodies, places, control, tracing }: GrpcOptions): Grpc => {
  const { models, limits, metrics } = plane;
  const streams = new Set<() => void>();

  const refused = (error: unknown): void => {
    const { code } = problemOf(error);
    metrics.rejected(code);
    const level = httpStatus(code) === 500 || isOfPlaces(code) ? 'error' : 'debug';
    log[level]({ transport: 'grpc', code, ...(level === 'error' && { err: error }) }, 'refused');
  };

  /** The earlier of what gRPC's own deadline and the request's parameter say, on the clock of `performance.now()`. */
  const deadlineOf = (call: AnyCall, timeoutMs: number | undefined): number | undefined => {
    const now = performance.now();
    const deadline = now + Number(call.getDeadline()) - Date.now();
    const least = Math.min(deadline, now + (timeoutMs ?? Number.POSITIVE_INFINITY));
    return Number.isFinite(least) ? least : undefined;
  };

  /** Every message comes through here, whether it is one. */
  const wellFormed = <T>(message: T | Malformed): T => {
    if (message instanceof Malformed) throw malformed();
    return message;
  };

  /** Work under a span of its own, which is a child of the caller's if its metadata names one. */
  const traced = async <T>(
    method: string,
    call: AnyCall,
    work: (span: RequestSpan | undefined) => T | Promise<T>,
  ): Promise<T> => {
    const attributes = { 'rpc.system': 'grpc', 'rpc.service': serviceName, 'rpc.method': method };
    const span = tracing?.begin(`${serviceName}/${method}`, call.metadata.getMap(), attributes);
    let code: status = status.OK;
    try {
      return await work(span);
    } catch (error) {
      ({ code } = grpcError(error));
      throw error;
    } finally {
      span?.end({ 'rpc.grpc.status_code': code }, code === status.INTERNAL || code === status.UNAVAILABLE);
    }
  };

  const infer = async (call: AnyCall, bytes: Buffer, span: RequestSpan | undefined): Promise<InferAnswer> => {
    const caller: Caller = {
      get destroyed() {
        return call.cancelled;
      },
    };
    const { rows } = limits;
    const reading =
      bytes.length > LARGE_BYTES
        ? await plane.reader.read('grpc', { bytes, rows }, caller, deadlineOf(call, undefined))
        : undefined;
    const { asked, request } = reading ?? readInfer(bytes, rows);
    const given: Call = {
      id: plane.newId(),
      bytes: asked.bytes,
      deadline: deadlineOf(call, timeoutOf(asked)),
      caller,
      span,
    };
    return writeInfer(asked, given.id, await plane.infer(request, given));
  };

  const unary =
    <Request, Response>(
      method: string,
      answer: (request: Request, call: AnyCall, span: RequestSpan | undefined) => Response | Promise<Response>,
    ) =>
    async (call: ServerUnaryCall<Request | Malformed, Response>, callback: sendUnaryData<Response>): Promise<void> => {
      let response: Response;
      try {
        response = await traced(method, call, (span) => {
          if (span) call.sendMetadata(contextOf(span));
          return answer(wellFormed(call.request), call, span);
        });
      } catch (error) {
        refused(error);
        return callback(grpcError(error));
      }
      callback(null, response);
    };

  const newRequestId = createRequestIds();
  /** Who took a model in or out of service, and what came of it. */
  const logged = async (what: 'load' | 'unload', call: AnyCall, work: () => Promise<void>): Promise<void> => {
    let code: string = 'ok';
    try {
      await work();
    } catch (error) {
      ({ code } = problemOf(error));
      throw error;
    } finally {
      const used = { id: newRequestId(), address: call.getPeer(), transport: 'grpc', what, outcome: code };
      if (code !== 'FORBIDDEN') log.info(used, 'access');
    }
  };

  const nameOf = ({ name_or_repository, model_name }: RepositoryModel): string => model_name || name_or_repository;

  const implementation: UntypedServiceImplementation = {
    ServerLive: unary('ServerLive', () => ({ live: true })),
    ServerReady: unary('ServerReady', () => ({ ready: health.ready })),
    ModelReady: unary('ModelReady', async ({ name, version }: NameAndVersion) => {
      await models.get(name, version || undefined);
      return { ready: health.ready };
    }),
    ServerMetadata: unary('ServerMetadata', serverMetadata),
    ModelMetadata: unary('ModelMetadata', ({ name, version }: NameAndVersion) =>
      modelMetadata(models, name, version || undefined),
    ),
    ModelInfer: unary('ModelInfer', (bytes: Buffer, call, span) => infer(call, bytes, span)),
    ModelStreamInfer: (call: InferStream) => {
      const answer = (bytes: Buffer): Promise<InferAnswer> =>
        traced('ModelStreamInfer', call, (span) => infer(call, bytes, span));
      const end = answerStream(call, answer, refused);
      streams.add(end);
      const forget = () => streams.delete(end);
      call.once('close', forget).once('cancelled', forget);
    },
    RepositoryIndex: unary('RepositoryIndex', ({ ready }: { readonly ready: boolean }) => ({
      models: repositoryIndex(models, ready),
    })),
    RepositoryModelLoad: unary('RepositoryModelLoad', async (request: RepositoryModel, call) => {
      const model_name = nameOf(request);
      await logged('load', call, () => control.load(model_name));
      return { model_name, done: true };
    }),
    RepositoryModelUnload: unary('RepositoryModelUnload', async (request: RepositoryModel, call) => {
      const model_name = nameOf(request);
      await logged('unload', call, () => control.unload(model_name, request.parameters.version?.string_param));
      return { model_name, done: true };
    }),
  };

  const server = new Server({
    'grpc.max_receive_message_length': limits.bodyBytes,
    'grpc.max_send_message_length': -1,
    'grpc.max_concurrent_streams': CALLS_PER_CONNECTION,
    'grpc.enable_channelz': 0,
    // Connections whose caller is gone without a word, or has nothing to ask, are closed.
    'grpc.keepalive_time_ms': limits.arrivalMs * 2,
    'grpc.keepalive_timeout_ms': limits.arrivalMs,
    'grpc.max_connection_idle_ms': limits.timeoutMs + limits.arrivalMs,
  });
  const healthAnswers = createHealth(health, models, [serviceName]);
  server.addService(inferenceService, implementation);
  server.addService(healthProtocol.service, healthAnswers.implementation);
  for (const { service } of reflectionProtocols) server.addService(service, createReflection(protocols));
  const connections = server.createConnectionInjector(ServerCredentials.createInsecure());
  const arrivals = createArrivals({ limits, bodies, isStreaming, onCut: metrics.rejected });
  const accept = (socket: Socket): void => {
    if (!places.admit(socket)) return;
    arrivals.watch(socket);
    connections.injectConnection(socket);
  };
  const door = createServer(accept);

  return {
    accept,
    listen: ({ host, port }) =>
      new Promise((resolve, reject) => {
        door.once('error', (error) => reject(cannotListen(host, port, error)));
        door.listen({ host, port }, () => resolve((door.address() as AddressInfo).port));
      }),
    async close() {
      // A caller who does not read its answers would keep its connection open for ever.
      const timer = setTimeout(() => server.forceShutdown(), timerMs(limits.timeoutMs));
      const shut = new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
      for (const end of streams) end();
      healthAnswers.close();
      door.close();
      await shut;
      clearTimeout(timer);
      arrivals.close();
    },
  };
};
