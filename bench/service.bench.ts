/** The web service beside a bare Fastify route that parses, validates and echoes the same bodies, in the same run. */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import type { BenchOptions, BenchResult, Goal } from './bench.ts';
import { type LoadResult, load, postRequest, quantile } from './http-load.ts';
import { type Server, startEcho, startService, startServiceOf, trees } from './serving.ts';
import { SIDE, slowModel } from './slow-model.ts';

export const summary = 'The web service beside a bare Fastify route: 100 trees of depth 6 on 16 numbers';

const names = Array.from({ length: 16 }, (_, at) => `f${at}`);
const path = '/predict/trees-100x6';

/** Always the same numbers from -2 to 2 (a linear congruential generator, Numerical Recipes). */
const createNumbers = (): (() => number) => {
  let state = 20_261_120;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.round((state / 4_294_967_296) * 4e6 - 2e6) / 1e6;
  };
};
const number = createNumbers();
const rowOf = () => Object.fromEntries(names.map((name) => [name, number()]));
const some = <T>(count: number, make: () => T): readonly T[] => Array.from({ length: count }, make);

/** A request of the Open Inference Protocol, its tensors in JSON or in binary. */
const inferRequest = (rows: number, binary: boolean): Buffer => {
  const columns = names.map((name) => ({ name, values: Float64Array.from({ length: rows }, number) }));
  const inputs = columns.map(({ name, values }) => ({
    name,
    shape: [rows],
    datatype: 'FP64',
    ...(binary ? { parameters: { binary_data_size: values.byteLength } } : { data: [...values] }),
  }));
  const json = Buffer.from(JSON.stringify({ inputs, ...(binary && { parameters: { binary_data_output: true } }) }));
  const address = '/v2/models/trees-100x6/infer';
  if (!binary) return postRequest(address, json);
  const body = Buffer.concat([json, ...columns.map(({ values }) => new Uint8Array(values.buffer))]);
  const headers = { 'content-type': 'application/octet-stream', 'inference-header-content-length': `${json.length}` };
  return postRequest(address, body, headers);
};

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
const perSecond = ({ latencies, seconds }: LoadResult): number => latencies.length / seconds;

type Row = Readonly<Record<string, string | number | null>>;
/** What a phase has found. */
interface Found {
  readonly rows: readonly Row[];
  readonly ratios: Readonly<Record<string, number>>;
  readonly goals?: Readonly<Record<string, Goal>>;
}

interface Measured {
  readonly name: string;
  readonly server: Server;
  readonly requests: readonly Buffer[];
}

/** Loads several servers in turns, so that a busy moment of the machine meets all alike; the first turn only warms. */
const inTurns = async (
  all: readonly Measured[],
  { turns, seconds, connections }: { readonly turns: number; readonly seconds: number; readonly connections: number },
) => {
  const results = all.map(() => [] as { readonly result: LoadResult; readonly cpu: number }[]);
  for (let turn = -1; turn < turns; turn++) {
    for (const [at, { server, requests }] of all.entries()) {
      const before = server.cpuMs();
      const result = await load({ port: server.port, requests, connections, seconds });
      const failed = [...result.statuses].find(([status]) => status !== 200);
      if (failed || result.broken > 0) throw new Error(`${failed?.[1] ?? result.broken} requests failed`);
      if (turn >= 0) results[at].push({ result, cpu: ((server.cpuMs() - before) * 1000) / result.latencies.length });
    }
  }
  return all.map(({ name }, at) => {
    const own = results[at];
    return {
      name,
      rates: own.map(({ result }) => perSecond(result)),
      p50: median(own.map(({ result }) => quantile(result.latencies, 0.5))),
      p99: median(own.map(({ result }) => quantile(result.latencies, 0.99))),
      cpu: median(own.map(({ cpu }) => cpu)),
    };
  });
};
type Turns = Awaited<ReturnType<typeof inTurns>>[number];

const rowOfTurns = (way: string, connections: number, { rates, p50, p99, cpu }: Turns, rows = 1): Row => ({
  way,
  connections,
  'requests/s': Math.round(median(rates)),
  'rows/s': Math.round(median(rates) * rows),
  'p50 ms': p50,
  'p99 ms': p99,
  'CPU µs/request': cpu,
});
/** The median of the ratios of neighbours in time, which a busy moment disturbs less than the ratio of medians. */
const ratioOf = (a: Turns, b: Turns): number => median(a.rates.map((rate, turn) => rate / b.rates[turn]));

/** Milliseconds from the start of the process to its first answer. */
const startup = async (short: boolean): Promise<Found> => {
  const body = JSON.stringify(rowOf());
  const times: number[] = [];
  for (let turn = 0; turn < (short ? 1 : 5); turn++) {
    const began = performance.now();
    const server = await startService();
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`, { method: 'POST', headers, body });
    await response.text();
    times.push(performance.now() - began);
    await server.stop();
  }
  const name = 'first answer after millrace serve, s';
  return { rows: [], ratios: { [name]: median(times) / 1000 }, goals: { [name]: { atMost: 1 } } };
};

/** Milliseconds that the model itself takes for one row, by the bare runtime. */
const bareRunMs = async (): Promise<number> => {
  const options = { intraOpNumThreads: 1, interOpNumThreads: 1 };
  const session = await ort.InferenceSession.create(await readFile(join(trees, 'model.onnx')), options);
  const times: number[] = [];
  for (let turn = 0; turn < 2000; turn++) {
    const input = new ort.Tensor('float32', Float32Array.from({ length: 16 }, number), [1, 16]);
    const began = performance.now();
    await session.run({ input });
    times.push(performance.now() - began);
  }
  await session.release();
  return median(times.slice(500));
};

const oneRow = async (short: boolean): Promise<Found> => {
  const bodies = some(256, () => JSON.stringify(rowOf()));
  const [echo, service] = await Promise.all([startEcho(), startService()]);
  const all = [
    { name: 'echo', server: echo, requests: bodies.map((body) => postRequest('/echo', body)) },
    { name: 'predict', server: service, requests: bodies.map((body) => postRequest(path, body)) },
  ];
  const turns = short ? 1 : 9;
  const seconds = short ? 0.3 : 2;
  const [echoMany, many] = await inTurns(all, { turns, seconds, connections: 64 });
  const [echoOne, one] = await inTurns(all, { turns, seconds: seconds / 2, connections: 1 });
  const run = await bareRunMs();
  await Promise.all([echo.stop(), service.stop()]);
  const throughput = '64 connections, one row: throughput';
  const latency = 'one connection: median beyond echo and run, µs';
  return {
    rows: [
      rowOfTurns('Fastify echo', 64, echoMany),
      rowOfTurns('predict', 64, many),
      rowOfTurns('Fastify echo', 1, echoOne),
      rowOfTurns('predict', 1, one),
      { way: 'the run alone', connections: null, 'requests/s': null, 'rows/s': null, 'p50 ms': run },
    ],
    ratios: {
      [throughput]: ratioOf(many, echoMany),
      '64 connections, one row: processor time of echo to predict': echoMany.cpu / many.cpu,
      [latency]: (one.p50 - echoOne.p50 - run) * 1000,
    },
    goals: { [throughput]: { atLeast: 0.8 }, [latency]: { atMost: 100 } },
  };
};

const tensors = async (short: boolean): Promise<Found> => {
  const service = await startService();
  const rows = 64;
  const all = [false, true].map((binary) => ({
    name: binary ? 'binary' : 'JSON',
    server: service,
    requests: some(32, () => inferRequest(rows, binary)),
  }));
  const [json, binary] = await inTurns(all, { turns: short ? 1 : 5, seconds: short ? 0.3 : 2, connections: 16 });
  await service.stop();
  return {
    rows: [rowOfTurns('OIP in JSON, 64 rows', 16, json, rows), rowOfTurns('OIP in binary, 64 rows', 16, binary, rows)],
    ratios: { 'OIP, 64 rows a request: binary to JSON': ratioOf(binary, json) },
  };
};

const overloadRows = 512;

/** Requests of many rows, so that it is the model that is busy: at capacity, then three times as many. */
const overload = async (short: boolean): Promise<Found> => {
  const service = await startService();
  const requests = some(16, () => inferRequest(overloadRows, true));
  const seconds = short ? 0.5 : 5;
  const { port } = service;
  await load({ port, requests, connections: 64, seconds: seconds / 2 });
  const capacity = await load({ port, requests, connections: 64, seconds });
  const rate = perSecond(capacity) * 3;
  const over = await load({ port, requests, connections: 1024, seconds, rate });
  await service.stop();
  const refused = over.statuses.get(429) ?? 0;
  const p99 = quantile(capacity.latencies, 0.99);
  const row = (way: string, connections: number, result: LoadResult): Row => ({
    way,
    connections,
    'requests/s': Math.round(perSecond(result)),
    'rows/s': Math.round(perSecond(result) * overloadRows),
    'p50 ms': quantile(result.latencies, 0.5),
    'p99 ms': quantile(result.latencies, 0.99),
  });
  const name = 'overload: p99 of the accepted to p99 at capacity';
  return {
    rows: [
      row('at capacity', 64, capacity),
      row('three times as many: accepted', 1024, over),
      {
        way: 'three times as many: refused with 429',
        connections: 1024,
        'requests/s': Math.round(refused / over.seconds),
        'p50 ms': quantile(over.refusals, 0.5),
        'p99 ms': quantile(over.refusals, 0.99),
      },
    ],
    ratios: {
      [name]: quantile(over.latencies, 0.99) / p99,
      'overload: accepted to capacity': perSecond(over) / perSecond(capacity),
    },
    goals: { [name]: { atMost: 2 } },
  };
};

/** What several pairs of servers have shown, as if it had been one. */
const together = (all: readonly Turns[]): Turns => ({
  name: all[0].name,
  rates: all.flatMap(({ rates }) => rates),
  p50: median(all.map(({ p50 }) => p50)),
  p99: median(all.map(({ p99 }) => p99)),
  cpu: median(all.map(({ cpu }) => cpu)),
});

/** In pairs of fresh processes: one differs from the next by what its compiler made of it, and by more than recording does. */
const recording = async (short: boolean): Promise<Found> => {
  const requests = some(256, () => postRequest(path, JSON.stringify(rowOf())));
  const pairs: (readonly Turns[])[] = [];
  const dropped: number[] = [];
  for (let pair = 0; pair < (short ? 1 : 5); pair++) {
    const [without, all] = await Promise.all([startService(), startService('--record', 'all')]);
    const measured = [
      { name: 'without', server: without, requests },
      { name: 'with', server: all, requests },
    ];
    pairs.push(await inTurns(measured, { turns: short ? 1 : 3, seconds: short ? 0.3 : 3, connections: 64 }));
    const metrics = await (await fetch(`http://127.0.0.1:${all.port}/metrics`)).text();
    dropped.push(...[...metrics.matchAll(/^millrace_records_dropped_total\{.*\} (\d+)$/gm)].map(([, n]) => Number(n)));
    await Promise.all([without.stop(), all.stop()]);
  }
  const bare = together(pairs.map(([one]) => one));
  const recorded = together(pairs.map(([, one]) => one));
  const name = 'recording all: throughput to without';
  return {
    rows: [
      { ...rowOfTurns('--record none', 64, bare), 'records dropped': null },
      { ...rowOfTurns('--record all', 64, recorded), 'records dropped': dropped.reduce((sum, n) => sum + n, 0) },
    ],
    ratios: { [name]: ratioOf(recorded, bare) },
    goals: { [name]: { atLeast: 0.95 } },
  };
};

/** Requests of many rows: nearly all of their work is the service's, so that the load generator leaves room for two. */
const processes = async (short: boolean): Promise<Found> => {
  const [one, two] = await Promise.all([startService(), startService('--workers', '2')]);
  const requests = some(16, () => inferRequest(1024, true));
  const measured = [
    { name: 'one', server: one, requests },
    { name: 'two', server: two, requests },
  ];
  const [single, double] = await inTurns(measured, { turns: short ? 1 : 7, seconds: short ? 0.3 : 2, connections: 16 });
  await Promise.all([one.stop(), two.stop()]);
  const name = 'two processes: throughput to one';
  const rows = [
    rowOfTurns('one process, 1024 rows', 16, single, 1024),
    rowOfTurns('--workers 2, 1024 rows', 16, double, 1024),
  ];
  // The processor time of the process that was started says nothing of those that answer.
  return {
    rows: rows.map((row) => ({ ...row, 'CPU µs/request': null })),
    ratios: { [name]: ratioOf(double, single) },
    goals: { [name]: { atLeast: 1.6 } },
  };
};

/** What it costs that a model cannot hurt the service: its rows go to processes of their own, and their answers come back. */
const isolation = async (short: boolean): Promise<Found> => {
  const requests = some(256, () => postRequest(path, JSON.stringify(rowOf())));
  const [inline, workers] = await Promise.all([startService(), startService('--isolation', 'workers')]);
  const measured = [
    { name: 'inline', server: inline, requests },
    { name: 'workers', server: workers, requests },
  ];
  const pause = { turns: short ? 1 : 5, seconds: short ? 0.3 : 2 };
  const [inlineMany, workersMany] = await inTurns(measured, { ...pause, connections: 64 });
  const [inlineOne, workersOne] = await inTurns(measured, { ...pause, connections: 1 });
  await Promise.all([inline.stop(), workers.stop()]);
  return {
    rows: [
      rowOfTurns('--isolation inline', 64, inlineMany),
      { ...rowOfTurns('--isolation workers', 64, workersMany), 'CPU µs/request': null },
      rowOfTurns('--isolation inline', 1, inlineOne),
      { ...rowOfTurns('--isolation workers', 1, workersOne), 'CPU µs/request': null },
    ],
    ratios: {
      'isolation: throughput of workers to inline': ratioOf(workersMany, inlineMany),
      'isolation: one connection, median beyond inline, µs': (workersOne.p50 - inlineOne.p50) * 1000,
    },
  };
};

/** Runs a second of a model by the bare runtime with its own number of threads, one after the other. */
const bareRuns = async (session: ort.InferenceSession, seconds: number): Promise<number> => {
  const began = performance.now();
  let runs = 0;
  while (performance.now() - began < seconds * 1000) {
    await session.run({ x: new ort.Tensor('float32', Float32Array.from({ length: SIDE }, number), [1, SIDE]) });
    runs++;
  }
  return (runs * 1000) / (performance.now() - began);
};

/** A model that takes long uses all of the machine, as the bare runtime does. */
const slow = async (short: boolean): Promise<Found> => {
  const { folder, file } = slowModel();
  const session = await ort.InferenceSession.create(file);
  const server = await startServiceOf(folder);
  const bodies = some(32, () => JSON.stringify({ x: Array.from({ length: SIDE }, number) }));
  const requests = bodies.map((body) => postRequest('/predict/slow', body));
  const seconds = short ? 0.5 : 3;
  const bare: number[] = [];
  const served: LoadResult[] = [];
  for (let turn = -1; turn < (short ? 1 : 5); turn++) {
    const rate = await bareRuns(session, seconds);
    const result = await load({ port: server.port, requests, connections: 16, seconds });
    if (turn < 0) continue;
    bare.push(rate);
    served.push(result);
  }
  await session.release();
  await server.stop();
  await rm(folder, { recursive: true });
  const name = 'a model of some 7 ms, 16 connections: throughput to the bare runtime';
  return {
    rows: [
      { way: 'some 7 ms a row: the bare runtime', connections: null, 'requests/s': Math.round(median(bare)) },
      {
        way: 'some 7 ms a row: predict',
        connections: 16,
        'requests/s': Math.round(median(served.map(perSecond))),
        'p50 ms': median(served.map(({ latencies }) => quantile(latencies, 0.5))),
        'p99 ms': median(served.map(({ latencies }) => quantile(latencies, 0.99))),
      },
    ],
    ratios: { [name]: median(served.map((result, turn) => perSecond(result) / bare[turn])) },
    goals: { [name]: { atLeast: 0.95 } },
  };
};

const phases = [startup, oneRow, tensors, overload, recording, processes, isolation, slow] as const;

export const run = async ({ short }: BenchOptions): Promise<BenchResult> => {
  const found: Found[] = [];
  for (const phase of phases) found.push(await phase(short));
  return {
    rows: found.flatMap(({ rows }) => rows),
    ratios: Object.assign({}, ...found.map(({ ratios }) => ratios)),
    goals: Object.assign({}, ...found.map(({ goals }) => goals ?? {})),
  };
};
