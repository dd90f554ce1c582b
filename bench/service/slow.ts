/** A model of some 7 ms: it, and nothing else, is what a service of it waits for. */
import { rm } from 'node:fs/promises';
import * as ort from 'onnxruntime-node';
import { type LoadResult, load, postRequest, quantile } from '../http-load.ts';
import { startServiceOf } from '../serving.ts';
import { SIDE, slowModel } from '../slow-model.ts';
import { number, some } from './requests.ts';
import { type Found, median, perSecond, type Row } from './turns.ts';

/** One row each: 256 numbers, some 5 kB. */
const slowRequests = (): readonly Buffer[] =>
  some(32, () => postRequest('/predict/slow', JSON.stringify({ x: Array.from({ length: SIDE }, number) })));

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
export const slow = async (short: boolean): Promise<Found> => {
  const { folder, file } = slowModel();
  const session = await ort.InferenceSession.create(file);
  const server = await startServiceOf(folder);
  const requests = slowRequests();
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

/** Connections that keep the model busy, each with a request that waits; and those that three times as many need. */
const [ENOUGH, MANY] = [16, 512];

/** As many requests as the model can answer, then three times as many: who is accepted waits hardly longer. */
export const overload = async (short: boolean): Promise<Found> => {
  const { folder } = slowModel();
  const { port, stop } = await startServiceOf(folder);
  const requests = slowRequests();
  const seconds = short ? 0.5 : 5;
  await load({ port, requests, connections: ENOUGH, seconds: seconds / 2 });
  const capacity = await load({ port, requests, connections: ENOUGH, seconds });
  const over = await load({ port, requests, connections: MANY, seconds, rate: perSecond(capacity) * 3 });
  await stop();
  await rm(folder, { recursive: true });
  const row = (way: string, connections: number, latencies: Float64Array, taken: number): Row => ({
    way,
    connections,
    'requests/s': Math.round(latencies.length / taken),
    'p50 ms': quantile(latencies, 0.5),
    'p99 ms': quantile(latencies, 0.99),
  });
  const name = 'overload: p99 of the accepted to p99 at capacity';
  return {
    rows: [
      row('some 7 ms a row: at capacity', ENOUGH, capacity.latencies, capacity.seconds),
      row('three times as many: accepted', MANY, over.latencies, over.seconds),
      row('three times as many: refused', MANY, over.refusals, over.seconds),
    ],
    ratios: {
      [name]: quantile(over.latencies, 0.99) / quantile(capacity.latencies, 0.99),
      'overload: accepted to capacity': perSecond(over) / perSecond(capacity),
    },
    goals: { [name]: { atMost: 2 } },
  };
};
