/** Servers that are loaded in turns, and what that has shown. */
import type { Goal } from '../bench.ts';
import { type LoadResult, load, quantile } from '../http-load.ts';
import type { Server } from '../serving.ts';

export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
export const perSecond = ({ latencies, seconds }: LoadResult): number => latencies.length / seconds;

export type Row = Readonly<Record<string, string | number | null>>;
/** What a phase has found. */
export interface Found {
  readonly rows: readonly Row[];
  readonly ratios: Readonly<Record<string, number>>;
  readonly goals?: Readonly<Record<string, Goal>>;
}

export interface Measured {
  readonly name: string;
  readonly server: Server;
  readonly requests: readonly Buffer[];
}

/** Loads several servers in turns, so that a busy moment of the machine meets all alike; the first turn only warms. */
export const inTurns = async (
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
export type Turns = Awaited<ReturnType<typeof inTurns>>[number];

export const rowOfTurns = (way: string, connections: number, { rates, p50, p99, cpu }: Turns, rows = 1): Row => ({
  way,
  connections,
  'requests/s': Math.round(median(rates)),
  'rows/s': Math.round(median(rates) * rows),
  'p50 ms': p50,
  'p99 ms': p99,
  'CPU µs/request': cpu,
});
/** The median of the ratios of neighbours in time, which a busy moment disturbs less than the ratio of medians. */
export const ratioOf = (a: Turns, b: Turns): number => median(a.rates.map((rate, turn) => rate / b.rates[turn]));

/** What several pairs of servers have shown, as if it had been one. */
export const together = (all: readonly Turns[]): Turns => ({
  name: all[0].name,
  rates: all.flatMap(({ rates }) => rates),
  p50: median(all.map(({ p50 }) => p50)),
  p99: median(all.map(({ p99 }) => p99)),
  cpu: median(all.map(({ cpu }) => cpu)),
});
