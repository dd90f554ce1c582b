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

export const cleanups: (() => unknown)[] = [];
/** What a file's `after` calls: its process ends when nothing is open. */
export const cleanUp = async (): Promise<void> => {
  for (const cleanup of cleanups.reverse()) await cleanup();
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
