/** The methods of the Open Inference Protocol: what they do is the dataplane's. */
import type { UntypedServiceImplementation } from '@grpc/grpc-js';
import { checkModel } from '../../../access/doorkeeper.ts';
import { problemOf } from '../../../core/errors.ts';
import type { Dataplane } from '../dataplane.ts';
import type { Health } from '../health.ts';
import { createRequestIds } from '../ids.ts';
import type { Logger } from '../log.ts';
import { modelMetadata, repositoryIndex, serverMetadata } from '../oip/metadata.ts';
import type { ModelControl } from '../peers.ts';
import { passOf } from './admission.ts';
import type { AnyCall, GrpcCalls } from './calls.ts';
import { infer } from './inference.ts';
import type { InferAnswer, NameAndVersion, RepositoryModel } from './messages.ts';
import { answerStream, type InferStream } from './stream.ts';

export interface OpenInferenceOptions {
  readonly plane: Dataplane;
  readonly health: Health;
  readonly log: Logger;
  /** What callers load and unload models with, as far as they may. */
  readonly control: ModelControl;
}

export interface OpenInference {
  readonly implementation: UntypedServiceImplementation;
  /** Ends the streams that callers have open, after what has been read. */
  endStreams(): void;
}

type Options = OpenInferenceOptions;

const nameOf = ({ name_or_repository, model_name }: RepositoryModel): string => model_name || name_or_repository;

/** Logs who took a model in or out of service, and what came of it. */
const accessLog = (log: Logger) => {
  const newId = createRequestIds();
  return async (what: 'load' | 'unload', call: AnyCall, work: () => Promise<void>): Promise<void> => {
    let code: string = 'ok';
    try {
      await work();
    } catch (error) {
      ({ code } = problemOf(error));
      throw error;
    } finally {
      const used = { id: newId(), address: call.getPeer(), transport: 'grpc', what, outcome: code };
      if (code !== 'FORBIDDEN') log.info(used, 'access');
    }
  };
};

const repositoryMethods = ({ plane: { models }, control, log }: Options, { unary }: GrpcCalls) => {
  const logged = accessLog(log);
  return {
    RepositoryIndex: unary('RepositoryIndex', ({ ready }: { readonly ready: boolean }, { metadata }) => ({
      models: repositoryIndex(models, ready, passOf(metadata)?.touches),
    })),
    RepositoryModelLoad: unary('RepositoryModelLoad', async (request: RepositoryModel, call) => {
      const model_name = nameOf(request);
      checkModel(passOf(call.metadata), model_name);
      await logged('load', call, () => control.load(model_name));
      return { model_name, done: true };
    }),
    RepositoryModelUnload: unary('RepositoryModelUnload', async (request: RepositoryModel, call) => {
      const model_name = nameOf(request);
      checkModel(passOf(call.metadata), model_name);
      await logged('unload', call, () => control.unload(model_name, request.parameters.version?.string_param));
      return { model_name, done: true };
    }),
  };
};

const stateMethods = ({ plane: { models }, health }: Options, { unary }: GrpcCalls) => ({
  ServerLive: unary('ServerLive', () => ({ live: true })),
  ServerReady: unary('ServerReady', () => ({ ready: health.ready })),
  ModelReady: unary('ModelReady', async ({ name, version }: NameAndVersion, { metadata }) => {
    checkModel(passOf(metadata), name);
    await models.get(name, version || undefined);
    return { ready: health.ready };
  }),
  ServerMetadata: unary('ServerMetadata', serverMetadata),
  ModelMetadata: unary('ModelMetadata', ({ name, version }: NameAndVersion, { metadata }) => {
    checkModel(passOf(metadata), name);
    return modelMetadata(models, name, version || undefined);
  }),
});

export const createOpenInference = (options: OpenInferenceOptions, calls: GrpcCalls): OpenInference => {
  const { plane } = options;
  const streams = new Set<() => void>();
  const inferenceMethods = {
    ModelInfer: calls.unary('ModelInfer', (bytes: Buffer, call, span) => infer(plane, call, bytes, span)),
    ModelStreamInfer: (call: InferStream) => {
      const answer = (bytes: Buffer): Promise<InferAnswer> =>
        calls.traced('ModelStreamInfer', call, (span) => {
          // Who asks was let in with the stream, and may have been refused since.
          passOf(call.metadata)?.enter();
          return infer(plane, call, bytes, span);
        });
      const end = answerStream(call, answer, calls.refused);
      streams.add(end);
      const forget = () => streams.delete(end);
      call.once('close', forget).once('cancelled', forget);
    },
  };
  return {
    implementation: { ...stateMethods(options, calls), ...inferenceMethods, ...repositoryMethods(options, calls) },
    endStreams() {
      for (const end of streams) end();
    },
  };
};
