/** A project with one batch deployment, on any kind of source and sink, for tests. */

import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { type App, createApp } from '../../../src/app.ts';
import type { Database } from '../../../src/databases/database.ts';
import { openDatabase } from '../../../src/databases/index.ts';
import { createTableWriter, readTable } from '../../../src/files/index.ts';
import { rowAt } from '../../../src/files/scoring.ts';
import type { Performed } from '../../../src/modes/batch/batch.ts';
import { startPostgres } from '../../postgres.ts';
import { until as waitUntil } from '../../until.ts';

export const kinds = ['sqlite', 'postgres', 'parquet', 'csv', 'ndjson'] as const;
export type Kind = (typeof kinds)[number];
const isDatabase = (kind: Kind): boolean => kind === 'sqlite' || kind === 'postgres';

const names = Array.from({ length: 16 }, (_, index) => `f${index}`);
const model = resolve(import.meta.dirname, '..', '..', '..', 'bench', 'models', 'trees-100x6');

export interface Trip {
  readonly id: string;
  readonly at: string;
  readonly city: string;
  readonly [feature: string]: string | number | null;
}

/** One trip a minute from the start of 2026-11-01 in UTC. */
export const trips = (count: number, from = 0): readonly Trip[] =>
  Array.from({ length: count }, (_, index) => {
    const number = from + index;
    const features = names.map((name, place) => [name, ((number * 31 + place * 17) % 1000) / 100 - 5] as const);
    return {
      id: `trip-${String(number).padStart(6, '0')}`,
      at: new Date(Date.UTC(2026, 10, 1) + number * 60_000).toISOString(),
      city: `Città ${number % 7}`,
      ...Object.fromEntries(features),
    };
  });

const types: Readonly<Record<string, string>> = {
  id: 'VARCHAR',
  at: 'VARCHAR',
  city: 'VARCHAR',
  ...Object.fromEntries(names.map((name) => [name, 'DOUBLE'])),
};

/** Writes a model folder: 16 numbers, of which f0 must be at least -100, so that a row can be made to be rejected. */
export const writeModel = (
  folder: string,
  changes: { readonly version?: string; readonly min?: number } = {},
): void => {
  mkdirSync(folder, { recursive: true });
  copyFileSync(join(model, 'model.onnx'), join(folder, 'model.onnx'));
  const { version = '1.0.0', min = -100 } = changes;
  const text = readFileSync(join(model, 'model.yaml'), 'utf8');
  writeFileSync(
    join(folder, 'model.yaml'),
    text
      .replace('name: trees-100x6', 'name: trees')
      .replace('version: 1.0.0', `version: ${version}`)
      .replace('f0: {kind: number}', `f0: {kind: number, min: ${min}}`),
  );
};

export const fillTable = async (url: string, rows: readonly Trip[]): Promise<void> => {
  const database = await openDatabase(url);
  try {
    const sql = database.dialect.typeOf({ name: '', type: 'DOUBLE' });
    const columns = Object.entries(types).map(([name, type]) => `"${name}" ${type === 'DOUBLE' ? sql : 'text'}`);
    await database.run('drop table if exists trips');
    await database.run(`create table trips (${columns.join(', ')})`);
    const specs = Object.entries(types).map(([name, type]) => ({ name, type }));
    const loader = await database.load(['trips'], specs);
    await loader.write(columnsOf(rows));
    await loader.commit(async () => {});
  } finally {
    await database.close();
  }
};

const columnsOf = (rows: readonly Trip[]) => ({
  rows: rows.length,
  columns: Object.fromEntries(Object.keys(types).map((name) => [name, rows.map((row) => row[name] ?? null)])),
});

export const fillFile = async (path: string, rows: readonly Trip[]): Promise<void> => {
  const writer = await createTableWriter(path, {
    columns: Object.entries(types).map(([name, type]) => ({ name, type })),
  });
  await writer.write(columnsOf(rows));
  await writer.close();
};

export type Output = readonly Readonly<Record<string, unknown>>[];

export interface TestProject {
  readonly folder: string;
  readonly source: { readonly kind: Kind; readonly url: string };
  readonly sink: { readonly kind: Kind; readonly url: string };
  /** Changes the deployment `trips`. */
  configure(settings: Readonly<Record<string, unknown>>): void;
  fill(rows: readonly Trip[]): Promise<void>;
  /** What a reader of the sink sees, by key; undefined when there is nothing yet. */
  read(): Promise<Output | undefined>;
  app(): App;
  run(options?: { readonly window?: string; readonly force?: boolean; readonly shadow?: string }): Promise<Performed>;
}

export interface ProjectOptions {
  readonly folder: string;
  readonly from?: Kind;
  readonly to?: Kind;
  readonly rows?: readonly Trip[];
  /** Further settings of the deployment. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly env?: NodeJS.ProcessEnv;
  /** What the time is for its apps. */
  readonly clock?: () => Date;
  /** The folder in it where a SQLite database for predictions lies. */
  readonly databases?: string;
}

const urlOf = async (kind: Kind, folder: string, name: string): Promise<string> =>
  kind === 'postgres' ? (await startPostgres()).database() : `sqlite:${join(folder, `${name}.db`)}`;

const readDatabase = async (url: string): Promise<Output | undefined> => {
  const database: Database = await openDatabase(url);
  try {
    if (!(await database.table(['scores']))) return undefined;
    return await database.query('select * from scores order by 1');
  } finally {
    await database.close();
  }
};

const readFile = async (path: string): Promise<Output | undefined> => {
  if (!existsSync(path)) return undefined;
  const rows: Record<string, unknown>[] = [];
  for await (const chunk of readTable(path)) {
    for (let index = 0; index < chunk.rows; index++) rows.push({ ...rowAt(chunk, index) });
  }
  return rows.sort((a, b) => (String(a.id ?? a.row_key) < String(b.id ?? b.row_key) ? -1 : 1));
};

/** Makes the project: source filled, model beside it, `millrace.yaml` written. */
export const createProject = async (options: ProjectOptions): Promise<TestProject> => {
  const { folder, from = 'sqlite', to = 'sqlite', rows = trips(300), env = {}, clock, databases = '' } = options;
  const [sourceUrl, sinkUrl] = [
    await urlOf(from, folder, 'warehouse'),
    await urlOf(to, join(folder, databases), 'predictions'),
  ];
  writeModel(join(folder, 'model'));
  const base = {
    mode: 'batch',
    model: './model',
    source: isDatabase(from) ? { connection: 'warehouse', table: 'trips' } : { files: `trips.${from}` },
    sink: {
      ...(isDatabase(to) ? { connection: 'predictions', table: 'scores' } : { file: `out/scores.${to}` }),
      key: 'id',
      columns: ['city'],
    },
  };
  const configure = (settings: Readonly<Record<string, unknown>>): void => {
    const connections = { warehouse: sourceUrl, predictions: sinkUrl };
    writeFileSync(
      join(folder, 'millrace.yaml'),
      stringify({ connections, deployments: { trips: { ...base, ...settings } } }),
    );
  };
  const fill = (some: readonly Trip[]): Promise<void> =>
    isDatabase(from) ? fillTable(sourceUrl, some) : fillFile(join(folder, `trips.${from}`), some);
  const app = (): App => createApp({ cwd: folder, env: { HOME: folder, ...env }, clock });
  configure(options.settings ?? {});
  await fill(rows);
  return {
    folder,
    source: { kind: from, url: sourceUrl },
    sink: { kind: to, url: sinkUrl },
    configure,
    fill,
    read: () => (isDatabase(to) ? readDatabase(sinkUrl) : readFile(join(folder, 'out', `scores.${to}`))),
    app,
    async run(request = {}) {
      const opened = app();
      try {
        const batch = await opened.batch();
        return await batch.run({ deployment: 'trips', ...request, signal: new AbortController().signal });
      } finally {
        await opened.close();
      }
    },
  };
};

/** A clock that begins at a time and goes on with the real one. */
export const clockFrom = (text: string): (() => Date) => {
  const offset = Date.parse(text) - Date.now();
  return () => new Date(Date.now() + offset);
};

/** Resolves when `condition` holds; rejects after a while. */
export const until = (holds: () => boolean | Promise<boolean>): Promise<void> =>
  waitUntil('it holds', holds).then(() => {});

/** Output without what differs from run to run. */
export const lasting = (output: Output | undefined): Output | undefined =>
  output?.map(({ run_id: _, scored_at: __, digest: ___, ...rest }) => rest);
