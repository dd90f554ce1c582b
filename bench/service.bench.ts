/** The web service beside a bare Fastify route that parses, validates and echoes the same bodies, in the same run. */
import type { BenchOptions, BenchResult } from './bench.ts';
import { keys } from './service/keys.ts';
import { oneRow } from './service/one-row.ts';
import { isolation, processes } from './service/processes.ts';
import { recording } from './service/recording.ts';
import { overload, slow } from './service/slow.ts';
import { startup } from './service/startup.ts';
import { tensors } from './service/tensors.ts';
import type { Found } from './service/turns.ts';

export const summary = 'The web service beside a bare Fastify route: 100 trees of depth 6 on 16 numbers';

const phases = [startup, oneRow, tensors, overload, recording, keys, processes, isolation, slow] as const;

export const run = async ({ short }: BenchOptions): Promise<BenchResult> => {
  const found: Found[] = [];
  for (const phase of phases) found.push(await phase(short));
  return {
    rows: found.flatMap(({ rows }) => rows),
    ratios: Object.assign({}, ...found.map(({ ratios }) => ratios)),
    goals: Object.assign({}, ...found.map(({ goals }) => goals ?? {})),
  };
};
