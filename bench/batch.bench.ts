/** What a batch run costs beside the bare runtime, from Parquet to Parquet and from database to database. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as ort from 'onnxruntime-node';
import { createApp } from '../src/app.ts';
import type { Scorer } from '../src/core/types.ts';
import type { Database } from '../src/databases/database.ts';
import { openDatabase } from '../src/databases/index.ts';
import { createTableWriter, readTable } from '../src/files/index.ts';
import type { Summary } from '../src/modes/batch/types.ts';
import { startPostgres, stopPostgres } from '../test/postgres.ts';
import { modelFolder, runProject, writeProject } from './batch-project.ts';
import { type BenchOptions, type BenchResult, keepCompiled } from './bench.ts';

export const summary =
  'Batch runs, 100 trees of depth 6 on 16 numbers: beside the bare ONNX Runtime, and between databases';

const BATCH = 8192;
const names = Array.from({ length: 16 }, (_, index) => `f${index}`);
const specs = [{ name: 'id', type: 'BIGINT' }, ...names.map((name) => ({ name, type: 'DOUBLE' }))];

/** Uniform numbers from 0 to 1, always the same ones (mulberry32). */
const random = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
};

type Columns = Readonly<Record<string, Float64Array>>;

function* pieces(rows: number): Generator<Columns> {
  for (let start = 0; start < rows; start += BATCH) {
    const length = Math.min(BATCH, rows - start);
    const next = random(start + 1);
    const columns: Record<string, Float64Array> = { id: Float64Array.from({ length }, (_, row) => start + row) };
    for (const name of names) columns[name] = Float64Array.from({ length }, () => next() * 10 - 5);
    yield columns;
  }
}

const writeParquet = async (path: string, rows: number): Promise<void> => {
  const writer = await createTableWriter(path, { columns: specs });
  for (const columns of pieces(rows)) await writer.write({ rows: columns.id.length, columns });
  await writer.close();
};

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1];

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const start = performance.now();
  await work();
  return performance.now() - start;
};

/** The ways in turns, so that a busy moment of the machine meets all alike; the first turn only warms up. */
const interleave = async (turns: number, ways: Readonly<Record<string, () => Promise<unknown>>>) => {
  const times: Record<string, number[]> = Object.fromEntries(Object.keys(ways).map((name) => [name, []]));
  for (let turn = -1; turn < turns; turn++) {
    for (const [name, way] of Object.entries(ways)) {
      const ms = await timed(way);
      if (turn >= 0) times[name].push(ms);
    }
  }
  return Object.fromEntries(Object.entries(times).map(([name, values]) => [name, median(values)]));
};

/** A digest of the bits of all scores, in the order of the file. */
const bitsOf = async (path: string): Promise<string> => {
  const hash = createHash('sha256');
  for await (const { stored } of readTable(path, { wanted: [] }))
    hash.update(stored?.score.data as unknown as Uint8Array);
  return hash.digest('hex');
};

const peakMemory = async (folder: string): Promise<number> => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    join(import.meta.dirname, 'batch-project.ts'),
    folder,
  ]);
  return Number(stdout);
};

const fill = async (database: Database, rows: number): Promise<void> => {
  const number = database.dialect.typeOf({ name: '', type: 'DOUBLE' });
  await database.run(
    `create table rows (id bigint primary key, ${names.map((name) => `${name} ${number}`).join(', ')})`,
  );
  const loader = await database.load(['rows'], specs);
  for (const columns of pieces(rows)) await loader.write({ rows: columns.id.length, columns });
  await loader.commit(async () => {});
};

/** What somebody writes in an hour: all rows at once, then one by one. */
const obviousScript = async (url: string, scorer: Scorer): Promise<void> => {
  const database = await openDatabase(url);
  try {
    await database.run('drop table if exists obvious');
    await database.run('create table obvious (id bigint primary key, score double precision)');
    for (const row of await database.query('select * from rows order by id')) {
      const [answer] = await scorer.score([row]);
      await database.run('insert into obvious values (?, ?)', [row.id, answer.output?.score]);
    }
  } finally {
    await database.close();
  }
};

const share = (part: number, { waits }: Summary): number => {
  const all = waits.read + waits.score + waits.write;
  return all === 0 ? 0 : Math.round((part / all) * 100);
};

const row = (way: string, rows: number, ms: number, extra: Readonly<Record<string, number | null>> = {}) => ({
  way,
  rows,
  ms: Math.round(ms),
  'rows/s': Math.round((rows / ms) * 1000),
  'read %': null,
  'score %': null,
  'write %': null,
  'peak MB': null,
  ...extra,
});
const shares = (told: Summary) => ({
  'read %': share(told.waits.read, told),
  'score %': share(told.waits.score, told),
  'write %': share(told.waits.write, told),
});

const files = async (work: string, short: boolean) => {
  const [small, large] = short ? [20_000, 60_000] : [1_000_000, 10_000_000];
  const [one, two, big] = await Promise.all(['one', 'two', 'big'].map((name) => mkdtemp(join(work, `${name}-`))));
  await writeParquet(join(work, 'small.parquet'), small);
  const source = { files: join(work, 'small.parquet') };
  const sink = { file: 'out.parquet', key: 'id' };
  await writeProject(one, { source, sink });
  await writeProject(two, { source, sink, workers: 2 });

  const session = await ort.InferenceSession.create(await readFile(join(modelFolder, 'model.onnx')), {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
  });
  const arrays = [...pieces(small)];
  const bare = async (): Promise<void> => {
    for (const columns of arrays) {
      const rows = columns.id.length;
      const input = new Float32Array(rows * names.length);
      names.forEach((name, column) => {
        const values = columns[name];
        for (let index = 0; index < rows; index++) input[index * names.length + column] = values[index];
      });
      await session.run({ input: new ort.Tensor('float32', input, [rows, names.length]) });
    }
  };
  const told: Record<string, Summary> = {};
  const times = await interleave(short ? 1 : 5, {
    bare,
    one: async () => {
      told.one = await runProject(one);
    },
    two: async () => {
      told.two = await runProject(two);
    },
  });
  await session.release();
  arrays.length = 0;
  const same = (await bitsOf(join(one, 'out.parquet'))) === (await bitsOf(join(two, 'out.parquet')));

  const smallPeak = await peakMemory(one);
  await writeParquet(join(work, 'large.parquet'), large);
  await writeProject(big, { source: { files: join(work, 'large.parquet') }, sink });
  const largePeak = await peakMemory(big);
  const megabytes = (bytes: number): number => Math.round(bytes / 1e6);
  const memory = `MB more for ${large / 1e6} M rows than for ${small / 1e6} M`;
  return {
    rows: [
      row('bare loop in memory, batches of 8,192', small, times.bare),
      row('Parquet → Parquet, 1 worker', small, times.one, { ...shares(told.one), 'peak MB': megabytes(smallPeak) }),
      row('Parquet → Parquet, 2 workers', small, times.two, shares(told.two)),
    ],
    ratios: {
      'Parquet → Parquet, 1 worker : bare loop': times.bare / times.one,
      '2 workers : 1 worker': times.one / times.two,
      'same bits with 2 workers': Number(same),
      [memory]: (largePeak - smallPeak) / 1e6,
    },
    goals: {
      'Parquet → Parquet, 1 worker : bare loop': { atLeast: 0.85 },
      '2 workers : 1 worker': { atLeast: 1.6 },
      'same bits with 2 workers': { atLeast: 1 },
      [memory]: { atMost: 64 },
    },
  };
};

const databases = async (work: string, scorer: Scorer, short: boolean) => {
  const rows = short ? 3000 : 300_000;
  const few = short ? 300 : 5000;
  const found = [];
  const ratios: Record<string, number> = {};
  for (const kind of ['SQLite', 'PostgreSQL'] as const) {
    const urlOf = async (name: string): Promise<string> =>
      kind === 'SQLite' ? `sqlite:${join(work, `${name}.db`)}` : (await startPostgres()).database();
    const [url, script] = [await urlOf('many'), await urlOf('few')];
    for (const [one, count] of [
      [url, rows],
      [script, few],
    ] as const) {
      const database = await openDatabase(one);
      await fill(database, count);
      await database.close();
    }
    const folder = await mkdtemp(join(work, 'project-'));
    await writeProject(folder, {
      connections: { main: url },
      source: { connection: 'main', table: 'rows' },
      sink: { connection: 'main', table: 'scores', key: 'id' },
    });
    let told = await runProject(folder);
    const ms = await timed(async () => {
      told = await runProject(folder);
    });
    const obvious = await timed(() => obviousScript(script, scorer));
    found.push(row(`${kind} → ${kind}`, rows, ms, shares(told)));
    found.push(row(`obvious script on ${kind}`, few, obvious));
    ratios[`${kind} → ${kind} : obvious script`] = rows / ms / (few / obvious);
  }
  return { rows: found, ratios };
};

export const run = async ({ short }: BenchOptions): Promise<BenchResult> => {
  keepCompiled();
  const work = await mkdtemp(join(tmpdir(), 'millrace-bench-'));
  const app = createApp({ cwd: modelFolder, env: { MILLRACE_HOME: join(work, 'home') } });
  const scorer = await app.scorer('.');
  try {
    const parquet = await files(work, short);
    const sql = await databases(work, scorer, short);
    return {
      rows: [...parquet.rows, ...sql.rows],
      ratios: { ...parquet.ratios, ...sql.ratios },
      goals: parquet.goals,
    };
  } finally {
    await Promise.all([scorer.close(), app.close(), stopPostgres()]);
    await rm(work, { recursive: true, force: true });
  }
};
