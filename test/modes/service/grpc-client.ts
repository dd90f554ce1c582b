import assert from 'node:assert/strict';
import { type ClientDuplexStream, credentials, type ServiceError, status } from '@grpc/grpc-js';
import type { Row } from '../../../src/core/types.ts';
import {
  type Contents,
  type InferAnswer,
  InferenceClient,
  type StreamAnswer,
} from '../../../src/modes/service/grpc/messages.ts';
import { CODE_KEY } from '../../../src/modes/service/grpc/status.ts';
import { type Served, serve } from './serving.ts';

interface Input {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly contents?: Contents;
  readonly parameters?: object;
}

export interface InferCall {
  readonly model_name: string;
  readonly id?: string;
  readonly model_version?: string;
  readonly inputs?: readonly Input[];
  readonly outputs?: readonly { readonly name: string; readonly parameters?: object }[];
  readonly raw_input_contents?: readonly Uint8Array[];
  readonly parameters?: object;
}
export type Answer = Omit<InferAnswer, 'raw_output_contents'> & { readonly raw_output_contents: readonly Buffer[] };

export interface Client {
  readonly address: string;
  call<T = Readonly<Record<string, unknown>>>(method: string, request?: object, deadlineMs?: number): Promise<T>;
  infer(request: InferCall, deadlineMs?: number): Promise<Answer>;
  stream(): ClientDuplexStream<InferCall, StreamAnswer>;
  close(): void;
}

const connect = (address: string): Client => {
  const client = new InferenceClient(address, credentials.createInsecure());
  const method = (name: string) =>
    (client as unknown as Record<string, (...args: readonly unknown[]) => unknown>)[name].bind(client);
  const call: Client['call'] = (name, request = {}, deadlineMs = 30_000) =>
    new Promise((resolve, reject) => {
      method(name)(request, { deadline: Date.now() + deadlineMs }, (error: unknown, response: never) =>
        error ? reject(error) : resolve(response),
      );
    });
  return {
    address,
    call,
    infer: (request, deadlineMs) => call('ModelInfer', request, deadlineMs),
    stream: () => method('ModelStreamInfer')() as ClientDuplexStream<InferCall, StreamAnswer>,
    close: () => client.close(),
  };
};

type Options = Parameters<typeof serve>[2] & object;
type Hooks = { after(cleanup: () => unknown): void };

export const open = async (
  t: Hooks,
  refs: readonly string[],
  options: Options = {},
): Promise<Served & { client: Client }> => {
  // On a machine that is busy with other things nobody shall be refused for it.
  const limits = { queueMs: 60_000, ...options.limits };
  const after = (cleanup: unknown) => t.after(cleanup as () => unknown);
  const served = await serve({ after }, refs, { ...options, limits });
  const client = connect(await served.service.listenGrpc({ host: '127.0.0.1', port: 0 }));
  t.after(() => client.close());
  return { ...served, client };
};

export const names = Array.from({ length: 16 }, (_, at) => `f${at}`);

export const rowsOf = (count: number): readonly Row[] =>
  Array.from({ length: count }, (_, row) =>
    Object.fromEntries(names.map((name, at) => [name, Math.sin(row * 16 + at)])),
  );
const columnOf = (rows: readonly Row[], name: string) => Float64Array.from(rows, (row) => row[name] as number);
export const bytesOf = ({ buffer }: { readonly buffer: ArrayBufferLike }) => new Uint8Array(buffer);

export const raw = (rows: readonly Row[]): Pick<InferCall, 'model_name' | 'inputs' | 'raw_input_contents'> => ({
  model_name: 'trees-100x6',
  inputs: names.map((name) => ({ name, datatype: 'FP64', shape: [rows.length] })),
  raw_input_contents: names.map((name) => bytesOf(columnOf(rows, name))),
});

export const typed = (rows: readonly Row[]): Pick<InferCall, 'model_name' | 'inputs'> => ({
  model_name: 'trees-100x6',
  inputs: names.map((name) => ({
    name,
    datatype: 'FP64',
    shape: [rows.length],
    contents: { fp64_contents: [...columnOf(rows, name)] },
  })),
});

export const refusal = async (
  answer: Promise<unknown>,
): Promise<readonly [code: string, millrace: unknown, text: string]> => {
  const error = (await answer.then(
    () => assert.fail('it was answered'),
    (reason) => reason,
  )) as ServiceError;
  return [status[error.code], error.metadata.get(CODE_KEY)[0], error.details];
};
