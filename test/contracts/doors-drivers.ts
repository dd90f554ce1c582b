/** Every door by which a row comes in, each as one small function: a row goes in, what became of it comes out. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { credentials, type ServiceError } from '@grpc/grpc-js';
import type { Broker } from '../../src/brokers/broker.ts';
import { type Code, type Problem, problemOf } from '../../src/core/errors.ts';
import type { Scorer } from '../../src/core/types.ts';
import { openDatabase } from '../../src/databases/index.ts';
import { createTableWriter } from '../../src/files/index.ts';
import { makePlan } from '../../src/modes/batch/plan.ts';
import { score } from '../../src/modes/batch/score.ts';
import { predictFile } from '../../src/modes/once/predict-file.ts';
import { InferenceClient } from '../../src/modes/service/grpc/messages.ts';
import { codeKey } from '../../src/modes/service/grpc/status.ts';
import { elementsOfRaw } from '../../src/modes/service/oip/raw.ts';
import { prepareStream } from '../../src/modes/stream/deployment.ts';
import { predict } from '../../src/modes/stream/predict.ts';
import { sqlSource } from '../../src/sources/sql.ts';
import { parseJson } from '../../src/text/json.ts';
import { runCli } from '../run-cli.ts';
import type { DatabaseKind } from './databases.ts';

/** What became of a row: the values that the model saw, by field, or the code with which it was refused. */
export type Seen = { readonly is: Readonly<Record<string, unknown>> } | { readonly code: Code };

/** A value of one field, for doors that have types; `sql` is its column in the words of both databases. */
export interface Typed {
  readonly field: string;
  readonly value: number | boolean | string | null;
  readonly type: 'DOUBLE' | 'BOOLEAN' | 'VARCHAR' | 'BIGINT';
}

/** What a door takes: a row of JSON, one value of JSON, a table of CSV, or a typed value. */
export type Door =
  | { readonly name: string; readonly takes: 'json'; ask(row: Buffer): Promise<Seen> }
  | { readonly name: string; readonly takes: 'literal'; ask(field: string, literal: string): Promise<Seen> }
  | { readonly name: string; readonly takes: 'csv'; ask(table: Buffer): Promise<Seen> }
  | { readonly name: string; readonly takes: 'tensor' | 'column'; ask(value: Typed): Promise<Seen> };

const mark = Buffer.from('\uFEFF');
/** A row within a document; a byte order mark stands in front of all of it. */
const within = (before: string, row: Buffer, behind: string): Buffer =>
  row.subarray(0, 3).equals(mark)
    ? Buffer.concat([mark, Buffer.from(before), row.subarray(3), Buffer.from(behind)])
    : Buffer.concat([Buffer.from(before), row, Buffer.from(behind)]);

interface Told {
  readonly prediction?: Readonly<Record<string, unknown>>;
  readonly predictions?: readonly (Told | Readonly<Record<string, unknown>>)[];
  readonly outputs?: readonly { readonly name: string; readonly data: readonly unknown[] }[];
  readonly error?: Problem | string;
  readonly code?: Code;
}
const seenIn = (told: Told): Seen => {
  if (told.code !== undefined) return { code: told.code };
  if (typeof told.error === 'object') return { code: told.error.code };
  if (told.outputs) return { is: Object.fromEntries(told.outputs.map(({ name, data }) => [name, data[0]])) };
  if (told.prediction) return { is: told.prediction };
  const [first] = told.predictions ?? [];
  if (first === undefined) throw new Error(`nothing came back: ${JSON.stringify(told)}`);
  if ('prediction' in first || 'error' in first) return seenIn(first as Told);
  return { is: first as Readonly<Record<string, unknown>> };
};

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
          if (error) return resolve({ code: String(error.metadata.get(codeKey)[0]) as Code });
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

/** A file that `predict` reads, and one that it writes. */
export const fileDoors = (scorer: Scorer, folder: string, packed: string): readonly Door[] => {
  const file = async (inputFormat: 'csv' | 'json' | 'ndjson' | 'parquet', path: string | Buffer): Promise<Seen> => {
    const output = join(folder, `${randomUUID()}.ndjson`);
    try {
      const input = typeof path === 'string' ? path : Readable.from([path]);
      const { rejected } = await predictFile({ scorer, input, inputFormat, output, columns: [] });
      const [code] = Object.keys(rejected);
      if (code !== undefined) return { code: code as Code };
      return { is: parseJson(readFileSync(output, 'utf8').split('\n')[0]) as Readonly<Record<string, unknown>> };
    } catch (error) {
      return { code: problemOf(error).code };
    }
  };
  return [
    {
      name: '--row',
      takes: 'json',
      ask: async (row) => {
        const { stdout, stderr } = await runCli(['predict', packed, '--row', row.toString(), '--json'], {
          cwd: folder,
        });
        return seenIn(JSON.parse(stdout || stderr) as Told);
      },
    },
    { name: 'a CSV file', takes: 'csv', ask: (table) => file('csv', table) },
    { name: 'a JSON file', takes: 'json', ask: (row) => file('json', within('[', row, ']')) },
    { name: 'an NDJSON file', takes: 'json', ask: (row) => file('ndjson', within('', row, '\n{"a":1}\n')) },
    {
      name: 'a Parquet file',
      takes: 'column',
      ask: async ({ field, value, type }) => {
        const path = join(folder, `${randomUUID()}.parquet`);
        const writer = await createTableWriter(path, { columns: [{ name: field, type }] });
        await writer.write({ rows: 1, columns: { [field]: [type === 'BIGINT' ? BigInt(String(value)) : value] } });
        await writer.close();
        return file('parquet', path);
      },
    },
  ];
};

const sqlTypes = { DOUBLE: 'double precision', BIGINT: 'bigint', BOOLEAN: 'boolean', VARCHAR: 'text' } as const;
const literalOf = ({ value, type }: Typed): string => {
  if (value === null) return 'null';
  if (type === 'VARCHAR') return `'${String(value).replaceAll("'", "''")}'`;
  if (type !== 'DOUBLE' || Number.isFinite(value)) return Object.is(value, -0) ? "'-0.0'" : String(value);
  return value === Infinity ? "'Infinity'" : '9e999';
};

/** A table that batch reads: planned and scored as a run does it. */
export const tableDoor = (scorer: Scorer, { name, url }: DatabaseKind): Door => ({
  name: `a table of ${name}`,
  takes: 'column',
  ask: async (typed) => {
    const database = await openDatabase(await url());
    try {
      const literal = name === 'SQLite' && typed.value === Infinity ? '9e999' : literalOf(typed);
      await database.run(`create table rows (id integer, "${typed.field}" ${sqlTypes[typed.type]})`);
      await database.run(`insert into rows values (1, ${literal})`);
      const sql = 'select * from rows';
      const source = sqlSource({ database, name: 'rows', sql, key: ['id'], span: undefined, chunkRows: 10 });
      const { manifest, digest } = scorer;
      for await (const chunk of source.read()) {
        const about = {
          manifest,
          digest,
          run: 'run',
          source: 'rows',
          cells: source.cells,
          fingerprint: '',
          key: ['id'],
        };
        makePlan({ ...about, columns: [], before: undefined }, chunk);
        const [bad] = chunk.rejects;
        if (bad) return { code: bad.problem.code };
        const { answers } = await score(scorer, chunk, source);
        const problem = answers.errors.get(0);
        if (problem) return { code: problem.code };
        const values = Object.entries(answers.columns).map(([field, column]) => {
          const value = (column as ArrayLike<unknown>)[0];
          return [field, Number.isNaN(value) ? null : value];
        });
        return { is: Object.fromEntries(values) };
      }
      throw new Error('no rows');
    } catch (error) {
      return { code: problemOf(error).code };
    } finally {
      await database.close();
    }
  },
});

/** A topic that a stream reads. */
export const topicDoor = (scorer: Scorer, name: string, broker: Broker): Door => ({
  name: `a topic of ${name}`,
  takes: 'json',
  ask: async (value) => {
    const from = `doors-${randomUUID()}`;
    const deployment = prepareStream('doors', { mode: 'stream', model: 'doors', from, to: `${from}-out` });
    await broker.ensureTopic(from, { partitions: 1 });
    await broker.produce([{ topic: from, key: null, value }]);
    for await (const { events } of broker.read(from, { from: 'earliest', untilEnd: true })) {
      if (events.length === 0) continue;
      const outcome = await predict(events, { deployment, scorer, variant: 'stable', time: new Date(0).toISOString() });
      const [code] = outcome.dead.keys();
      if (code !== undefined) return { code };
      const told = parseJson(Buffer.from(outcome.events[0].value ?? []).toString()) as { data: Told };
      return seenIn(told.data);
    }
    throw new Error('no event came');
  },
});
