/** Every door by which a row comes in, each as one small function: a row goes in, what became of it comes out. */
import { credentials, type ServiceError } from '@grpc/grpc-js';
import type { Code } from '../../src/core/errors.ts';
import { InferenceClient } from '../../src/modes/service/grpc/messages.ts';
import { CODE_KEY } from '../../src/modes/service/grpc/status.ts';
import { elementsOfRaw } from '../../src/modes/service/oip/raw.ts';
import { type Door, type Seen, seenIn, type Told, type Typed, within } from './door.ts';

export const post = async (url: string, body: Buffer, headers: Readonly<Record<string, string>>): Promise<Seen> => {
  const response = await fetch(url, {
    method: 'POST',
    headers: { accept: 'application/json', ...headers },
    body: new Uint8Array(body),
  });
  return seenIn((await response.json()) as Told);
};

const json = { 'content-type': 'application/json' };
const csv = { 'content-type': 'text/csv' };

const datatypes = { DOUBLE: 'FP64', BIGINT: 'INT64', BOOLEAN: 'BOOL', VARCHAR: 'BYTES' } as const;

const rawValue = ({ value, type }: Typed): Buffer => {
  if (type === 'BOOLEAN') return Buffer.of(Number(value));
  if (type === 'DOUBLE') return Buffer.from(Float64Array.of(Number(value)).buffer);
  if (type === 'BIGINT') return Buffer.from(BigInt64Array.of(BigInt(String(value))).buffer);
  const text = Buffer.from(String(value));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  return Buffer.concat([length, text]);
};

/** The doors of a service. `kinds` are the datatypes of the model's tensors by field. */
export const serviceDoors = (url: string, kinds: Readonly<Record<string, string>>): readonly Door[] => {
  const predictUrl = `${url}/predict/doors`;
  const invocations = `${url}/invocations`;
  const infer = `${url}/v2/models/doors/infer`;
  const wrapped = (name: string, at: string, before: string, behind: string): Door => ({
    name,
    takes: 'json',
    ask: (row) => post(at, within(before, row, behind), json),
  });
  const valued = (name: string, at: string, write: (field: string, literal: string) => string): Door => ({
    name,
    takes: 'literal',
    ask: (field, literal) => post(at, Buffer.from(write(JSON.stringify(field), literal)), json),
  });
  return [
    wrapped('/predict, a row', predictUrl, '', ''),
    wrapped('/predict, rows', predictUrl, '{"rows":[', ']}'),
    { name: '/predict, CSV', takes: 'csv', ask: (table) => post(predictUrl, table, csv) },
    wrapped('/invocations, dataframe_records', invocations, '{"dataframe_records":[', ']}'),
    wrapped('/invocations, instances', invocations, '{"instances":[', ']}'),
    valued(
      '/invocations, dataframe_split',
      invocations,
      (f, v) => `{"dataframe_split":{"columns":[${f}],"data":[[${v}]]}}`,
    ),
    valued('/invocations, inputs', invocations, (f, v) => `{"inputs":{${f}:[${v}]}}`),
    { name: '/invocations, CSV', takes: 'csv', ask: (table) => post(invocations, table, csv) },
    valued('V2, JSON', infer, (f, v) => {
      const datatype = kinds[JSON.parse(f) as string] ?? 'BYTES';
      return `{"inputs":[{"name":${f},"datatype":"${datatype}","shape":[1],"data":[${v}]}]}`;
    }),
    {
      name: 'V2, binary',
      takes: 'tensor',
      ask: (typed) => {
        const raw = rawValue(typed);
        const parameters = { binary_data_size: raw.length };
        const head = JSON.stringify({
          inputs: [{ name: typed.field, datatype: datatypes[typed.type], shape: [1], parameters }],
        });
        const body = Buffer.concat([Buffer.from(head), raw]);
        return post(infer, body, { 'inference-header-content-length': `${Buffer.byteLength(head)}` });
      },
    },
  ];
};

const contents = {
  DOUBLE: 'fp64_contents',
  BIGINT: 'int64_contents',
  BOOLEAN: 'bool_contents',
  VARCHAR: 'bytes_contents',
} as const;

export const grpcDoors = (address: string): { readonly doors: readonly Door[]; close(): void } => {
  const client = new InferenceClient(address, credentials.createInsecure());
  interface Output {
    readonly name: string;
    readonly datatype: 'FP64' | 'BYTES';
    readonly contents: Readonly<Record<string, readonly unknown[]>> | null;
  }
  const ask = (request: object): Promise<Seen> =>
    new Promise((resolve) => {
      const call = (client as unknown as Record<string, (...args: readonly unknown[]) => unknown>).ModelInfer.bind(
        client,
      );
      call(
        { model_name: 'doors', ...request },
        (
          error: ServiceError | null,
          answer: { outputs: readonly Output[]; raw_output_contents: readonly Buffer[] },
        ) => {
          if (error) return resolve({ code: String(error.metadata.get(CODE_KEY)[0]) as Code });
          const values = answer.outputs.map(({ name, datatype, contents: given }, at) => {
            const raw = answer.raw_output_contents[at];
            const value = raw
              ? elementsOfRaw(name, datatype, new Uint8Array(raw), 1)[0]
              : (given?.[datatype === 'FP64' ? 'fp64_contents' : 'bytes_contents'] ?? [])[0];
            return [name, value instanceof Uint8Array ? Buffer.from(value).toString() : value] as const;
          });
          resolve({ is: Object.fromEntries(values) });
        },
      );
    });
  const input = ({ field, type }: Typed) => ({ name: field, datatype: datatypes[type], shape: [1] });
  return {
    close: () => client.close(),
    doors: [
      {
        name: 'gRPC, typed',
        takes: 'tensor',
        ask: (typed) => {
          const value = typed.type === 'VARCHAR' ? Buffer.from(String(typed.value)) : typed.value;
          return ask({ inputs: [{ ...input(typed), contents: { [contents[typed.type]]: [value] } }] });
        },
      },
      {
        name: 'gRPC, raw',
        takes: 'tensor',
        ask: (typed) => ask({ inputs: [input(typed)], raw_input_contents: [rawValue(typed)] }),
      },
    ],
  };
};
