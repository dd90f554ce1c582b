/** A shard that is being filled: rows on their way into the sink, rejects, and what is counted of both. */

import type { Problem } from '../../core/errors.ts';
import type { Manifest } from '../../core/types.ts';
import { startCounting } from '../../monitor/profile/counting.ts';
import type { Bins } from '../../monitor/profile/profile.ts';
import { binsOf, type Reference } from '../../monitor/profile/reference.ts';
import { refusalOf } from '../../monitor/profile/traffic.ts';
import type { ShardWriter, SinkRun } from '../../sinks/sink.ts';
import type { SourcePosition } from '../../sources/source.ts';
import type { Prepared, ScoredChunk } from './score.ts';
import type { BatchShadow } from './shadow.ts';
import { startShadowCounting } from './shadow-counts.ts';
import type { Stopwatch } from './stopwatch.ts';
import type { Reject, ShardEntry, Waits } from './types.ts';

/** A shard with so many rejects ends, so that those in memory are few. */
const MOST_REJECTS = 5000;

export interface ShardBins {
  readonly inputs: Bins;
  readonly outputs: Bins;
}

export interface OpenShard {
  readonly index: number;
  readonly rejects: readonly Reject[];
  /** Where the sink is waited for, that is timed. */
  add(scored: ScoredChunk, prepared: Prepared, stopwatch: Stopwatch): Promise<void>;
  isFull(shardRows: number): boolean;
  entry(lastKey: readonly string[] | undefined, waits: Waits): ShardEntry;
  /** Rows and entry together. */
  commit(entry: ShardEntry): Promise<void>;
  abort(): Promise<void>;
}

export interface ShardOptions {
  readonly index: number;
  readonly sink: SinkRun;
  readonly manifest: Manifest;
  /** Of the first shard, on which all others count too. */
  readonly bins: ShardBins;
  readonly shadow: BatchShadow | undefined;
}

/** What all shards of a run count on, by its reference or its first rows. */
export const binsOfRun = (
  { inputs, outputs }: Manifest,
  reference: Reference | undefined,
  { chunk, answers }: ScoredChunk,
): ShardBins => ({
  inputs: binsOf(inputs, reference?.inputs, chunk.columns),
  outputs: binsOf(outputs, reference?.outputs, answers.columns),
});

const countBy = (
  rejects: readonly Reject[],
  nameOf: (problem: Problem) => string,
): Readonly<Record<string, number>> => {
  const counts = new Map<string, number>();
  for (const { problem } of rejects) counts.set(nameOf(problem), (counts.get(nameOf(problem)) ?? 0) + 1);
  return Object.fromEntries(counts);
};

export const openShard = async (options: ShardOptions): Promise<OpenShard> => {
  const { index, sink, manifest, bins, shadow } = options;
  const inputs = startCounting(manifest.inputs, bins.inputs);
  const outputs = startCounting(manifest.outputs, bins.outputs);
  const apart = shadow && startShadowCounting(manifest, shadow);
  const rejects: Reject[] = [];
  let rowsIn = 0;
  let rowsOut = 0;
  let refused = 0;
  let next: SourcePosition = {};
  let writer: ShardWriter | undefined = await sink.shard(index);
  return {
    index,
    rejects,
    async add({ chunk, answers, shadowed }, prepared, stopwatch) {
      rowsIn += chunk.rows + chunk.rejects.length;
      rowsOut += prepared.rows.rows;
      refused += answers.errors.size;
      for (const reject of prepared.rejects) rejects.push(reject);
      inputs.add(chunk.columns, chunk.rows);
      outputs.add(answers.columns, chunk.rows);
      if (shadowed) apart?.add(answers, shadowed);
      next = chunk.next;
      if (writer && prepared.rows.rows > 0) await stopwatch.timed('write', writer.write(prepared.rows));
    },
    isFull: (shardRows) => rowsIn >= shardRows || rejects.length >= MOST_REJECTS,
    entry: (lastKey, waits) => ({
      rows_in: rowsIn,
      rows_out: rowsOut,
      rows_rejected: rejects.length,
      rejected: countBy(rejects, ({ code }) => code),
      refusals: countBy(rejects, refusalOf),
      next,
      last_key: lastKey,
      inputs: inputs.profile(),
      outputs: outputs.profile(refused),
      waits,
      ...(apart && { shadow: apart.counts() }),
      ...(index === 0 && { bins }),
    }),
    async commit(entry) {
      await writer?.commit({ ...entry });
      writer = undefined;
    },
    async abort() {
      const left = writer;
      writer = undefined;
      await left?.abort().catch(() => {});
    },
  };
};
