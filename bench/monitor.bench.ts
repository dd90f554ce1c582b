/** What it costs that all rows are counted: a service and a batch run, with profiles and without, in turns. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { createTableWriter } from '../src/files/index.ts';
import { seeded } from '../src/monitor/statistics/random.ts';
import { writeProject } from './batch-project.ts';
import { type BenchOptions, type BenchResult, keepCompiled } from './bench.ts';
import { oneRowRequests } from './service/requests.ts';
import { type Found, inTurns, median, type Turns, together } from './service/turns.ts';
import { startService } from './serving.ts';

export const summary = 'Profiles of all rows: processor time of a service and of a batch run, beside the same without';

const INPUTS = 16;
const CHUNK_ROWS = 8192;
const CONNECTIONS = 64;
const NONE = `--import=${pathToFileURL(join(import.meta.dirname, 'without-profiles.ts')).href}`;

const row = (way: string, micros: number) => ({ way, 'CPU µs/row': micros });

/** What a process started within `work` and all its own run with. */
const within = async <T>(options: string, work: () => Promise<T>): Promise<T> => {
  const before = process.env.NODE_OPTIONS;
  process.env.NODE_OPTIONS = [before, options].filter(Boolean).join(' ');
  try {
    return await work();
  } finally {
    if (before === undefined) delete process.env.NODE_OPTIONS;
    else process.env.NODE_OPTIONS = before;
  }
};

/** In pairs of fresh processes: one differs from the next by what its compiler made of it. */
const service = async (short: boolean): Promise<Found> => {
  const requests = oneRowRequests();
  const pairs: (readonly Turns[])[] = [];
  for (let pair = 0; pair < (short ? 1 : 5); pair++) {
    const counted = await startService();
    const bare = await within(NONE, () => startService());
    const measured = [
      { name: 'without', server: bare, requests },
      { name: 'with', server: counted, requests },
    ];
    const turns = { turns: short ? 1 : 3, seconds: short ? 0.3 : 3, connections: CONNECTIONS };
    pairs.push(await inTurns(measured, turns));
    await Promise.all([bare.stop(), counted.stop()]);
  }
  const [bare, counted] = [0, 1].map((at) => together(pairs.map((pair) => pair[at])));
  const name = 'service: processor time of a request, more with profiles';
  return {
    rows: [row('service, without profiles', bare.cpu), row('service, with profiles', counted.cpu)],
    ratios: { [name]: median(pairs.map(([without, own]) => own.cpu / without.cpu)) - 1 },
    goals: { [name]: { atMost: 0.03 } },
  };
};

const writeRows = async (file: string, rows: number): Promise<void> => {
  const names = Array.from({ length: INPUTS }, (_, at) => `f${at}`);
  const columns = ['id', ...names].map((name) => ({ name, type: name === 'id' ? 'BIGINT' : 'DOUBLE' }));
  const writer = await createTableWriter(file, { columns });
  const random = seeded(1);
  for (let start = 0; start < rows; start += CHUNK_ROWS) {
    const length = Math.min(CHUNK_ROWS, rows - start);
    const values = names.map((name) => [name, Float64Array.from({ length }, () => random() * 10 - 5)]);
    const id = Float64Array.from({ length }, (_, row) => start + row);
    await writer.write({ rows: length, columns: { id, ...Object.fromEntries(values) } });
  }
  await writer.close();
};

/** Seconds of processor time of one run, in a process of its own. */
const runBatch = async (folder: string): Promise<number> => {
  const script = join(import.meta.dirname, 'batch-project.ts');
  const words = ['--disable-warning=ExperimentalWarning', script, folder, 'seconds'];
  return Number((await promisify(execFile)(process.execPath, words)).stdout);
};

const batch = async (folder: string, short: boolean): Promise<Found> => {
  const rows = short ? 20_000 : 1_000_000;
  await writeRows(join(folder, 'rows.parquet'), rows);
  const source = { files: join(folder, 'rows.parquet') };
  await writeProject(folder, { source, sink: { file: 'out.parquet', key: 'id' } });
  const pairs: { readonly bare: number; readonly counted: number }[] = [];
  for (let turn = -1; turn < (short ? 1 : 5); turn++) {
    const bare = await within(NONE, () => runBatch(folder));
    const counted = await runBatch(folder);
    if (turn >= 0) pairs.push({ bare, counted });
  }
  const perRow = (seconds: readonly number[]): number => (median(seconds) * 1e6) / rows;
  const name = 'batch: processor time of a row, more with profiles';
  return {
    rows: [
      row('batch, without profiles', perRow(pairs.map(({ bare }) => bare))),
      row('batch, with profiles', perRow(pairs.map(({ counted }) => counted))),
    ],
    ratios: { [name]: median(pairs.map(({ bare, counted }) => counted / bare)) - 1 },
    goals: { [name]: { atMost: 0.05 } },
  };
};

export const run = async ({ short }: BenchOptions): Promise<BenchResult> => {
  keepCompiled();
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  try {
    const found = [await batch(folder, short), await service(short)];
    return {
      rows: found.flatMap(({ rows }) => rows),
      ratios: Object.assign({}, ...found.map(({ ratios }) => ratios)),
      goals: Object.assign({}, ...found.map(({ goals }) => goals ?? {})),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
