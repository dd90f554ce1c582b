/** The gRPC side of the service: messages to the dataplane's calls and back; what they do is the dataplane's. */
import {
  logVerbosity,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type sendUnaryData,
  setLogVerbosity,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { fail, problemOf } from '../../../core/errors.ts';
import type { Caller } from '../batcher.ts';
import type { Call, Dataplane } from '../dataplane.ts';
import type { Health } from '../health.ts';
import { httpStatus } from '../http-status.ts';
import { cannotListen } from '../listen.ts';
import type { Logger } from '../log.ts';
import { modelMetadata, repositoryIndex, serverMetadata } from '../oip/metadata.ts';
import type { ModelControl } from '../peers.ts';
import { readInfer, timeoutOf, writeInfer } from './infer.ts';
import {
  type InferAnswer,
  type InferMessage,
  inferenceService,
  type NameAndVersion,
  type RepositoryModel,
} from './messages.ts';
import { grpcError } from './status.ts';
import { answerStream, type InferStream } from './stream.ts';

export interface GrpcOptions {
  readonly plane: Dataplane;
  readonly health: Health;
  readonly log: Logger;
  /** What callers may load and unload models with; undefined when they may not. */
  readonly control: ModelControl | undefined;
}

export interface Grpc {
  /** Resolves with the port. @throws MillraceError CANNOT_LISTEN */
  listen(at: { readonly host: string; readonly port: number }): Promise<number>;
  /** Takes no new calls, and resolves when those under way are answered. */
  close(): Promise<void>;
}

// What goes wrong is told by this service's own errors and log.
setLogVerbosity(logVerbosity.NONE);

/** Calls under way at a time on one connection; more wait with the caller. */
const callsPerConnection = 256;

interface AnyCall extends Pick<InferStream, 'cancelled' | 'getDeadline'> {}

/** About how many bytes a message takes: what it brings in tensors. */
const bytesOf = ({ raw_input_contents, inputs }: InferMessage): number => {
  let bytes = raw_input_contents.reduce((sum, { length }) => sum + length, 0);
  for (const { contents } of inputs) {
    for (const list of Object.values(contents ?? {}) as (readonly unknown[])[]) bytes += list.length * 8;
  }
  return bytes;
};

export const createGrpc = ({ plane, health, log, control }: GrpcOptions): Grpc => {
  const { models, limits, metrics } = plane;
  const streams = new Set<() => void>();

  const refused = (error: unknown): void => {
    const { code } = problemOf(error);
    metrics.rejected(code);
    const level = httpStatus(code) === 500 ? 'error' : 'debug';
    log[level]({ transport: 'grpc', code, ...(level === 'error' && { err: error }) }, 'refused');
  };

  /** The earlier of what gRPC's own deadline and the request's parameter say, on the clock of `performance.now()`. */
  const deadlineOf = (call: AnyCall, timeoutMs: number | undefined): number | undefined => {
    const now = performance.now();
    const deadline = now + Number(call.getDeadline()) - Date.now();
    const least = Math.min(deadline, now + (timeoutMs ?? Number.POSITIVE_INFINITY));
    return Number.isFinite(least) ? least : undefined;
  };

  const infer = async (call: AnyCall, message: InferMessage): Promise<InferAnswer> => {
    const caller: Caller = {
      get destroyed() {
        return call.cancelled;
      },
    };
    const given: Call = {
      id: plane.newId(),
      bytes: bytesOf(message),
      deadline: deadlineOf(call, timeoutOf(message)),
      caller,
    };
    return writeInfer(message, given.id, await plane.infer(readInfer(message), given));
  };

  const unary =
    <Request, Response>(answer: (request: Request, call: AnyCall) => Response | Promise<Response>) =>
    async (call: ServerUnaryCall<Request, Response>, callback: sendUnaryData<Response>): Promise<void> => {
      let response: Response;
      try {
        response = await answer(call.request, call);
      } catch (error) {
        refused(error);
        return callback(grpcError(error));
      }
      callback(null, response);
    };

  const allowed = (): ModelControl => {
    if (control !== undefined) return control;
    throw fail('BAD_REQUEST', 'This service does not let callers load and unload models.', {
      expected: 'a service started without --no-model-control',
    });
  };

  const nameOf = ({ name_or_repository, model_name }: RepositoryModel): string => model_name || name_or_repository;

  const implementation: UntypedServiceImplementation = {
    ServerLive: unary(() => ({ live: true })),
    ServerReady: unary(() => ({ ready: health.ready })),
    ModelReady: unary(async ({ name, version }: NameAndVersion) => {
      await models.get(name, version || undefined);
      return { ready: health.ready };
    }),
    ServerMetadata: unary(serverMetadata),
    ModelMetadata: unary(({ name, version }: NameAndVersion) => modelMetadata(models, name, version || undefined)),
    ModelInfer: unary((message: InferMessage, call) => infer(call, message)),
    ModelStreamInfer: (call: InferStream) => {
      const end = answerStream(call, (message) => infer(call, message), refused);
      streams.add(end);
      const forget = () => streams.delete(end);
      call.once('close', forget).once('cancelled', forget);
    },
    RepositoryIndex: unary(({ ready }: { readonly ready: boolean }) => ({ models: repositoryIndex(models, ready) })),
    RepositoryModelLoad: unary(async (request: RepositoryModel) => {
      const model_name = nameOf(request);
      await allowed().load(model_name);
      return { model_name, done: true };
    }),
    RepositoryModelUnload: unary(async (request: RepositoryModel) => {
      const model_name = nameOf(request);
      await allowed().unload(model_name, request.parameters.version?.string_param);
      return { model_name, done: true };
    }),
  };

  const server = new Server({
    'grpc.max_receive_message_length': limits.bodyBytes,
    'grpc.max_send_message_length': -1,
    'grpc.max_concurrent_streams': callsPerConnection,
    'grpc.enable_channelz': 0,
  });
  server.addService(inferenceService, implementation);

  return {
    listen: ({ host, port }) =>
      new Promise((resolve, reject) => {
        const address = `${host.includes(':') ? `[${host}]` : host}:${port}`;
        server.bindAsync(address, ServerCredentials.createInsecure(), (error, bound) => {
          if (error) reject(cannotListen(host, port, error));
          else resolve(bound);
        });
      }),
    close: () =>
      new Promise((resolve) => {
        server.tryShutdown(() => resolve());
        for (const end of streams) end();
      }),
  };
};
