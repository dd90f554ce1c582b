import { enableCompileCache } from 'node:module';
import { dirname } from 'node:path';
import type { Cell } from '../src/terminal/terminal.ts';

export interface BenchOptions {
  /** Only has to finish: the smallest sizes that still take the whole way. */
  readonly short: boolean;
}

/** A limit that a figure is held against: a ratio, bytes, … */
export interface Goal {
  readonly atLeast?: number;
  readonly atMost?: number;
}

export interface BenchResult {
  /** One row for each way of doing the same work, the yardstick among them; figures are numbers. */
  readonly rows: readonly Readonly<Record<string, Cell>>[];
  /** Each way against the yardstick, both measured in this run: 1 is as fast. */
  readonly ratios: Readonly<Record<string, number>>;
  /** By the name of a ratio. */
  readonly goals?: Readonly<Record<string, Goal>>;
}

/** What `bench/<name>.bench.ts` exports. */
export interface Bench {
  readonly summary: string;
  run(options: BenchOptions): Promise<BenchResult>;
}

/** As `bin/millrace.js` does it: what this process, its threads and its children run is compiled once. */
export const keepCompiled = (): void => {
  const { directory } = enableCompileCache();
  if (directory !== undefined) process.env.NODE_COMPILE_CACHE ??= dirname(directory);
};
