import { after, before } from 'node:test';
import { models, type Reply, type Served, serve } from './serving.ts';

export interface Tensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly data?: unknown;
  readonly parameters?: Readonly<Record<string, unknown>>;
}

export interface Inferred {
  readonly model_name: string;
  readonly model_version: string;
  readonly id?: string;
  readonly outputs: readonly Tensor[];
  readonly error: string;
  readonly code: string;
}

export interface Metadata {
  readonly name: string;
  readonly versions: readonly string[];
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
}

/** The service that a file of these suites asks, from before its first test to after its last. */
export let served: Served;
const cleanups: (() => unknown)[] = [];
before(async () => {
  const refs = [models.ride, models.columns, models.capitals, models.integers, models.trees];
  served = await serve({ after: (cleanup) => cleanups.push(cleanup as () => unknown) }, refs);
});
after(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
});

export const raw = async (path: string, body: BodyInit, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${served.url}${path}`, { method: 'POST', body, headers });

export const infer = async (model: string, request: unknown): Promise<Reply<Inferred>> => {
  const response = await raw(
    `/v2/models/${model}/infer`,
    typeof request === 'string' ? request : JSON.stringify(request),
  );
  return { status: response.status, headers: response.headers, json: (await response.json()) as Inferred };
};

export const tensor = (name: string, datatype: string, data: readonly unknown[], shape = [data.length]): Tensor => ({
  name,
  datatype,
  shape,
  data,
});

export const capital = (countries: readonly unknown[]): readonly Tensor[] => [
  tensor('country', 'BYTES', countries),
  tensor(
    'score',
    'FP32',
    countries.map((_, at) => at),
  ),
  tensor(
    'member',
    'BOOL',
    countries.map((_, at) => at % 2 === 0),
  ),
];

export const columnsRequest = (rows: number): readonly Tensor[] => {
  const of = (name: string, datatype: string, value: unknown) =>
    tensor(name, datatype, new Array(rows).fill(value), [rows, 1]);
  return [
    of('age', 'FP32', 41),
    of('income', 'FP32', 30_000),
    of('visits', 'INT64', 3),
    of('plan', 'BYTES', 'plus'),
    of('region', 'BYTES', 'north'),
    of('active', 'BOOL', true),
  ];
};
