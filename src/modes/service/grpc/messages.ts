/** The messages of open-inference.proto as they come and go, and the service that they belong to. */
import type { ServiceDefinition } from '@grpc/grpc-js';
import { loadProtocol, type Malformed } from './protocol.ts';

/** 64-bit integers are texts, so that none of their digits is lost. */
export type Int64 = string;

export interface Parameter {
  readonly bool_param?: boolean;
  readonly int64_param?: Int64;
  readonly string_param?: string;
  readonly double_param?: number;
  readonly uint64_param?: Int64;
}
export type Parameters = Readonly<Record<string, Parameter>>;

export interface Contents {
  readonly bool_contents?: readonly boolean[];
  readonly int_contents?: readonly number[];
  readonly int64_contents?: readonly Int64[];
  readonly uint_contents?: readonly number[];
  readonly uint64_contents?: readonly Int64[];
  readonly fp32_contents?: readonly number[];
  readonly fp64_contents?: readonly number[];
  readonly bytes_contents?: readonly Uint8Array[];
}

export interface TensorMessage {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly Int64[];
  readonly parameters: Parameters;
  readonly contents?: Contents | null;
}

export interface InferMessage {
  readonly model_name: string;
  readonly model_version: string;
  readonly id: string;
  readonly parameters: Parameters;
  readonly inputs: readonly TensorMessage[];
  readonly outputs: readonly { readonly name: string; readonly parameters: Parameters }[];
  readonly raw_input_contents: readonly Buffer[];
}
export interface InferAnswer {
  readonly model_name: string;
  readonly model_version: string;
  readonly id: string;
  readonly parameters: Parameters;
  readonly outputs: readonly {
    readonly name: string;
    readonly datatype: string;
    readonly shape: readonly number[];
    readonly contents?: Contents;
  }[];
  readonly raw_output_contents: readonly Uint8Array[];
}
export interface StreamAnswer {
  readonly error_message: string;
  readonly infer_response?: InferAnswer;
}

export interface NameAndVersion {
  readonly name: string;
  readonly version: string;
}
export interface RepositoryModel {
  readonly name_or_repository: string;
  readonly model_name: string;
  readonly parameters: Readonly<Record<string, { readonly string_param?: string }>>;
}

export const inferenceProtocol = loadProtocol('open-inference.proto', 'inference.GRPCInferenceService');

const asItCame = (bytes: Buffer): Buffer => bytes;
const { ModelInfer, ModelStreamInfer } = inferenceProtocol.service;

/** The service, for servers. Requests of inference are bytes yet: a large one is read where it holds up nobody. */
export const inferenceService: ServiceDefinition = {
  ...inferenceProtocol.service,
  ModelInfer: { ...ModelInfer, requestDeserialize: asItCame },
  ModelStreamInfer: { ...ModelStreamInfer, requestDeserialize: asItCame },
};
/** A request of inference out of its bytes. */
export const inferMessage = (bytes: Buffer): InferMessage | Malformed =>
  ModelInfer.requestDeserialize(bytes) as InferMessage | Malformed;
/** A client of it. */
export const InferenceClient = inferenceProtocol.Client;
