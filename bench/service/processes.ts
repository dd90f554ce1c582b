/** Several processes that answer, and processes that score. */
import { startService } from '../serving.ts';
import { inferRequest, oneRowRequests, some } from './requests.ts';
import { type Found, inTurns, ratioOf, rowOfTurns } from './turns.ts';

/** Requests of many rows: nearly all of their work is the service's, so that the load generator leaves room for two. */
export const processes = async (short: boolean): Promise<Found> => {
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
export const isolation = async (short: boolean): Promise<Found> => {
  const requests = oneRowRequests();
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
