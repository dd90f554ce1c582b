/** Ten minutes of load: resident memory after each minute, which must not rise. */
import type { BenchOptions, BenchResult } from './bench.ts';
import { load, postRequest } from './http-load.ts';
import { startService } from './serving.ts';

export const summary = 'Ten minutes of load on the web service: its memory after each minute';

const requests = Array.from({ length: 256 }, (_, seed) => {
  const row = Object.fromEntries(
    Array.from({ length: 16 }, (_, at) => [`f${at}`, ((seed * 31 + at * 17) % 400) / 100 - 2]),
  );
  // Every eighth request has many rows, and every sixteenth one that is refused.
  const body =
    seed % 16 === 0 ? { rows: [row, { ...row, f0: 'x' }] } : seed % 8 === 0 ? { rows: Array(64).fill(row) } : row;
  return postRequest('/predict/trees-100x6', JSON.stringify(body));
});

export const run = async ({ short }: BenchOptions): Promise<BenchResult> => {
  const server = await startService();
  const minutes = short ? 3 : 10;
  const seconds = short ? 0.5 : 60;
  const rows = [];
  for (let minute = 1; minute <= minutes; minute++) {
    const { latencies } = await load({ port: server.port, requests, connections: 64, seconds });
    rows.push({ minute, 'requests/s': Math.round(latencies.length / seconds), 'RSS MiB': server.rss() / 2 ** 20 });
  }
  await server.stop();
  const name = `RSS after minute ${minutes} to minute 2`;
  return {
    rows,
    ratios: { [name]: rows[minutes - 1]['RSS MiB'] / rows[1]['RSS MiB'] },
    goals: { [name]: { atMost: 1.1 } },
  };
};
