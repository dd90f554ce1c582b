/** Requests of one row beside a bare Fastify route, and beside the run alone. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { postRequest } from '../http-load.ts';
import { startEcho, startService, trees } from '../serving.ts';
import { number, path, rowOf, some } from './requests.ts';
import { type Found, inTurns, median, ratioOf, rowOfTurns } from './turns.ts';

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

export const oneRow = async (short: boolean): Promise<Found> => {
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
