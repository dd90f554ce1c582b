/** A shard that is being filled: rows on their way into the sink, rejects, and what is counted of both. */

import type { Manifest } from '../../core/types.ts';
import { startCounting } from '../../monitor/profile/counting.ts';
import type { Bins } from '../../monitor/profile/profile.ts';
import { binsOf, type Reference } from '../../monitor/profile/reference.ts';
import type { ShardWriter, SinkRun } from '../../sinks/sink.ts';
import type { Position } from '../../sources/source.ts';
import type { Prepared, ScoredChunk } from './score.ts';
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
  readonly bins: ShardBins;
  add(scored: ScoredChunk, prepared: Prepared): Promise<void>;
  isFull(shardRows: number): boolean;
  entry(lastKey: readonly string[] | undefined): ShardEntry;
  /** Rows and entry together. */
  commit(entry: ShardEntry): Promise<void>;
  abort(): Promise<void>;
}

export interface ShardOptions {
  readonly index: number;
  readonly sink: SinkRun;
  readonly manifest: Manifest;
  readonly reference: Reference | undefined;
  /** Of the first shard; absent while this is the first. */
  readonly bins: ShardBins | undefined;
  readonly first: ScoredChunk;
  /** Filled by whoever waits. */
  readonly waits: { read: number; score: number; write: number };
}

const countCodes = (rejects: readonly Reject[]): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (const { problem } of rejects) counts[problem.code] = (counts[problem.code] ?? 0) + 1;
  return counts;
};

export const openShard = async (options: ShardOptions): Promise<OpenShard> => {
  const { index, sink, manifest, reference, first, waits } = options;
  const bins: ShardBins = options.bins ?? {
    inputs: binsOf(manifest.inputs, reference?.inputs, first.chunk.columns),
    outputs: binsOf(manifest.outputs, reference?.outputs, first.answers.columns),
  };
  const inputs = startCounting(manifest.inputs, bins.inputs);
  const outputs = startCounting(manifest.outputs, bins.outputs);
  const rejects: Reject[] = [];
  let rowsIn = 0;
  let rowsOut = 0;
  let refused = 0;
  let next: Position = first.chunk.next;
  let writer: ShardWriter | undefined = await sink.shard(index);
  return {
    index,
    rejects,
    bins,
    async add({ chunk, answers }, prepared) {
      rowsIn += chunk.rows + chunk.rejects.length;
      rowsOut += prepared.rows.rows;
      refused += answers.errors.size;
      for (const reject of prepared.rejects) rejects.push(reject);
      inputs.add(chunk.columns);
      outputs.add(answers.columns);
      next = chunk.next;
      const start = performance.now();
      if (prepared.rows.rows > 0) await writer?.write(prepared.rows);
      waits.write += performance.now() - start;
    },
    isFull: (shardRows) => rowsIn >= shardRows || rejects.length >= MOST_REJECTS,
    entry: (lastKey) => ({
      rows_in: rowsIn,
      rows_out: rowsOut,
      rows_rejected: rejects.length,
      rejected: countCodes(rejects),
      next,
      last_key: lastKey,
      inputs: inputs.profile(),
      outputs: outputs.profile(refused),
      waits: { ...waits } satisfies Waits,
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
