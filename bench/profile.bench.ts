/** What a profile of wide rows costs: counting the columns of Parquet beside reading them, its memory, and judging 200 fields. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Fields } from '../src/core/types.ts';
import { createTableWriter } from '../src/files/index.ts';
import { trainingBaseline } from '../src/monitor/drift/baseline.ts';
import { judgeWindow } from '../src/monitor/drift/judgement.ts';
import { startCounting } from '../src/monitor/profile/counting.ts';
import { binsOf, referenceOf } from '../src/monitor/profile/reference.ts';
import { seeded } from '../src/monitor/statistics/random.ts';
import type { BenchOptions, BenchResult } from './bench.ts';

export const summary =
  'Profiles of 1,000 columns of Parquet, and the judgement of 200 fields: processor time and memory';

/** 300 million values in 10 s of two processors. */
const MOST_NS = (10e9 * 2) / 300e6;
const MOST_JUDGE_MS = 20;
const FIELDS = 200;
/** Windows that are judged, so that their time can be told. */
const JUDGED = 50;

interface Spent {
  readonly values: number;
  readonly seconds: number;
  readonly bytes: number;
}

/** Doubles that all differ, the same ones in each run. */
const columnsOf = (names: readonly string[], rows: number, seed: number) => {
  const random = seeded(seed);
  return Object.fromEntries(names.map((name) => [name, Float64Array.from({ length: rows }, random)]));
};

const writeWide = async (file: string, names: readonly string[], chunks: number, chunkRows: number): Promise<void> => {
  const writer = await createTableWriter(file, { columns: names.map((name) => ({ name, type: 'DOUBLE' })) });
  for (let chunk = 0; chunk < chunks; chunk++) {
    await writer.write({ rows: chunkRows, columns: columnsOf(names, chunkRows, chunk + 1) });
  }
  await writer.close();
};

const spend = async (file: string, how: 'read' | 'count'): Promise<Spent> => {
  const script = join(import.meta.dirname, 'profile-file.ts');
  const words = ['--disable-warning=ExperimentalWarning', script, file, how];
  return JSON.parse((await promisify(execFile)(process.execPath, words)).stdout);
};

/** Milliseconds of processor that a window of 200 fields takes. */
const judgeMs = (): number => {
  const names = Array.from({ length: FIELDS }, (_, at) => `f${at}`);
  const fields: Fields = Object.fromEntries(names.map((name) => [name, { kind: 'number' }]));
  const inputs = referenceOf(fields, columnsOf(names, 2000, 1));
  const counting = startCounting(fields, binsOf(fields, inputs, {}));
  counting.add(columnsOf(names, 2000, 2));
  const baseline = trainingBaseline({ rows: 2000, inputs, outputs: {} });
  const window = { rows: 2000, inputs: counting.profile(), outputs: {} };
  const judge = (times: number): void => {
    for (let time = 0; time < times; time++) judgeWindow(baseline, window, { alpha: 0.0027 });
  };
  judge(JUDGED);
  const { user, system } = process.threadCpuUsage();
  judge(JUDGED);
  const now = process.threadCpuUsage();
  return (now.user + now.system - user - system) / 1000 / JUDGED;
};

export const run = async ({ short }: BenchOptions): Promise<BenchResult> => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  try {
    const names = Array.from({ length: short ? 20 : 1000 }, (_, at) => `f${at}`);
    const [once, twice] = [join(folder, 'once.parquet'), join(folder, 'twice.parquet')];
    await writeWide(once, names, short ? 2 : 8, 8192);
    await writeWide(twice, names, short ? 4 : 16, 8192);
    const read = await spend(twice, 'read');
    const half = await spend(once, 'count');
    const counted = await spend(twice, 'count');
    const ms = judgeMs();
    const ns = ({ values, seconds }: Spent): number => (seconds * 1e9) / values;
    const row = (what: string, spent: Spent) => ({ what, 'ns/value': ns(spent), 'most MB': spent.bytes / 1e6, ms: '' });
    return {
      rows: [
        row('read alone', read),
        row('counted, half the rows', half),
        row('counted', counted),
        { what: '200 fields judged', 'ns/value': '', 'most MB': '', ms },
      ],
      ratios: {
        'counted, beside read alone': ns(counted) / ns(read),
        'counted, of 10 s on two processors for 300 million values': ns(counted) / MOST_NS,
        'memory of twice the rows': counted.bytes / half.bytes,
        'time of twice the rows': counted.seconds / half.seconds / 2,
        '200 fields judged, of 20 ms': ms / MOST_JUDGE_MS,
      },
      goals: {
        'counted, of 10 s on two processors for 300 million values': { atMost: 1 },
        'memory of twice the rows': { atMost: 1.2 },
        'time of twice the rows': { atMost: 1.2 },
        '200 fields judged, of 20 ms': { atMost: 1 },
      },
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
