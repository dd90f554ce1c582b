/** What Millrace costs beside the bare runtime: columns, rows, and a Parquet file to a Parquet file. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as ort from 'onnxruntime-node';
import { createApp } from '../src/app.ts';
import type { Scorer } from '../src/core/types.ts';
import { createTableWriter } from '../src/files/index.ts';
import { predictFile } from '../src/modes/once/predict-file.ts';
import { type BenchOptions, type BenchResult, type Goal, keepCompiled } from './bench.ts';
import { measureForest } from './forest.ts';
import { compareRuntimes } from './runtimes.ts';

export const summary = '100 trees of depth 6 on 16 numbers: Millrace beside the bare ONNX Runtime';

const BATCH = 8192;
const names = Array.from({ length: 16 }, (_, index) => `f${index}`);
const folder = join(import.meta.dirname, 'models', 'trees-100x6');

type Columns = Readonly<Record<string, Float64Array>>;

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

const columnsOf = (rows: number, seed: number): Columns => {
  const next = random(seed);
  return Object.fromEntries(names.map((name) => [name, Float64Array.from({ length: rows }, () => next() * 10 - 5)]));
};

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1];

/** The yardstick: what anyone would write who has these arrays and this model. */
const bareLoop =
  (session: ort.InferenceSession) =>
  async (columns: Columns): Promise<Float32Array> => {
    const arrays = names.map((name) => columns[name]);
    const rows = arrays[0].length;
    const input = new Float32Array(rows * arrays.length);
    for (let column = 0; column < arrays.length; column++) {
      const values = arrays[column];
      for (let row = 0; row < rows; row++) input[row * arrays.length + column] = values[row];
    }
    const { variable } = await session.run({ input: new ort.Tensor('float32', input, [rows, arrays.length]) });
    return variable.data as Float32Array;
  };

/** Milliseconds of each way of doing the same work, in turns, so that a busy moment of the machine meets all alike. */
const interleave = async (repetitions: number, ways: Readonly<Record<string, () => Promise<unknown>>>) => {
  const times: Record<string, number[]> = Object.fromEntries(Object.keys(ways).map((name) => [name, []]));
  for (let repetition = -1; repetition < repetitions; repetition++) {
    for (const [name, way] of Object.entries(ways)) {
      const start = performance.now();
      await way();
      // The first turn only warms up.
      if (repetition >= 0) times[name].push(performance.now() - start);
    }
  }
  return Object.fromEntries(Object.entries(times).map(([name, values]) => [name, median(values)]));
};

const writeParquet = async (path: string, rows: number): Promise<readonly Columns[]> => {
  const writer = await createTableWriter(path, { columns: names.map((name) => ({ name, type: 'DOUBLE' })) });
  const kept: Columns[] = [];
  for (let start = 0; start < rows; start += BATCH) {
    const columns = columnsOf(Math.min(BATCH, rows - start), start + 1);
    // Ten million rows are for the files only.
    if (rows <= 2_000_000) kept.push(columns);
    await writer.write({ rows: columns.f0.length, columns });
  }
  await writer.close();
  return kept;
};

const peakMemory = async (input: string, output: string): Promise<number> => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    join(import.meta.dirname, 'peak-memory.ts'),
    folder,
    input,
    output,
  ]);
  return Number(stdout);
};

const inMemory = async (scorer: Scorer, bare: ReturnType<typeof bareLoop>, short: boolean) => {
  const columns = columnsOf(BATCH, 1);
  const rows = Array.from({ length: BATCH }, (_, row) =>
    Object.fromEntries(names.map((name) => [name, columns[name][row]])),
  );
  return interleave(short ? 3 : 60, {
    bare: () => bare(columns),
    columns: () => scorer.scoreColumns(columns),
    rows: () => scorer.score(rows),
  });
};

export const run = async ({ short }: BenchOptions): Promise<BenchResult> => {
  // As bin/millrace.js does: the threads that read and write Parquet are compiled once, not for every file.
  keepCompiled();
  const app = createApp({ cwd: folder, env: { MILLRACE_HOME: join(tmpdir(), 'millrace-bench') } });
  const scorer = await app.scorer('.');
  const session = await ort.InferenceSession.create(await readFile(join(folder, 'model.onnx')), {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
  });
  const bare = bareLoop(session);
  const work = await mkdtemp(join(tmpdir(), 'millrace-bench-'));
  const file = (name: string): string => join(work, name);
  const [small, large] = short ? [20_000, 60_000] : [1_000_000, 10_000_000];
  try {
    const memory = await inMemory(scorer, bare, short);
    const chunks = await writeParquet(file('small.parquet'), small);
    const files = await interleave(short ? 1 : 5, {
      bare: async () => {
        for (const columns of chunks) await bare(columns);
      },
      predict: () =>
        predictFile({ scorer, input: file('small.parquet'), output: file('small-out.parquet'), force: true }),
    });
    const smallPeak = await peakMemory(file('small.parquet'), file('small-out.parquet'));
    await writeParquet(file('large.parquet'), large);
    const largePeak = await peakMemory(file('large.parquet'), file('large-out.parquet'));

    const row = (way: string, rows: number, ms: number, peak?: number) => ({
      way,
      rows,
      ms,
      'rows/s': Math.round((rows / ms) * 1000),
      'peak MB': peak === undefined ? null : Math.round(peak / 1e6),
    });
    const runtimes = await compareRuntimes(short);
    const forest = await measureForest(short);
    const forestName = `forest of ${forest.nodes.toLocaleString('en')} nodes`;
    const memoryFigure = `MB more for ${large / 1e6} M rows than for ${small / 1e6} M`;
    return {
      rows: [
        row('bare loop', BATCH, memory.bare),
        row('scoreColumns', BATCH, memory.columns),
        row('score(rows)', BATCH, memory.rows),
        row('bare loop, batches of 8,192', small, files.bare),
        row('predict Parquet → Parquet', small, files.predict, smallPeak),
        ...runtimes.flatMap(({ model, one: [own, theirs], batch: [ownBatch, theirBatch] }) => [
          row(`${model}, one row, own runtime`, 1, own / 1000),
          row(`${model}, one row, ONNX Runtime`, 1, theirs / 1000),
          row(`${model}, a run, own runtime`, 1024, (ownBatch * 1024) / 1e6),
          row(`${model}, a run, ONNX Runtime`, 1024, (theirBatch * 1024) / 1e6),
        ]),
        row(`${forestName}, a run, own runtime`, 1024, (forest.batch[0] * 1024) / 1e6),
        row(`${forestName}, a run, ONNX Runtime`, 1024, (forest.batch[1] * 1024) / 1e6),
      ],
      ratios: {
        scoreColumns: memory.bare / memory.columns,
        'score(rows)': memory.bare / memory.rows,
        'predict Parquet → Parquet': files.bare / files.predict,
        [memoryFigure]: (largePeak - smallPeak) / 1e6,
        ...Object.fromEntries(
          runtimes.flatMap(({ model, one, batch }) => [
            [`${model}, one row: own / ONNX Runtime`, one[1] / one[0]],
            [`${model}, a run of 1,024: own / ONNX Runtime`, batch[1] / batch[0]],
          ]),
        ),
        [`${forestName}, a run of 1,024: own / ONNX Runtime`]: forest.batch[1] / forest.batch[0],
      },
      goals: {
        scoreColumns: { atLeast: 0.95 },
        'score(rows)': { atLeast: 0.5 },
        'predict Parquet → Parquet': { atLeast: 0.8 },
        [memoryFigure]: { atMost: 64 },
        ...Object.fromEntries(
          runtimes.flatMap(({ model }): [string, Goal][] => [
            [`${model}, one row: own / ONNX Runtime`, { atLeast: 2.5 }],
            [`${model}, a run of 1,024: own / ONNX Runtime`, { atLeast: 3 }],
          ]),
        ),
        [`${forestName}, a run of 1,024: own / ONNX Runtime`]: { atLeast: 1.5 },
      },
    };
  } finally {
    await Promise.all([scorer.close(), session.release(), app.close()]);
    await rm(work, { recursive: true, force: true });
  }
};
