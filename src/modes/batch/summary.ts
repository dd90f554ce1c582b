import type { Problem } from '../../core/errors.ts';
import { merge, type Profile } from '../../monitor/profile/profile.ts';
import { mergeShadows } from './shadow-counts.ts';
import type { Run, ShardEntry, Status, Summary, Waits } from './types.ts';

export interface SummaryOptions {
  readonly run: Run;
  readonly status: Status;
  readonly entries: readonly ShardEntry[];
  readonly finishedAt: string;
  /** Milliseconds that publishing took. */
  readonly publishing: number;
  readonly source: string;
  readonly sink: string;
  readonly problem?: Problem | undefined;
}

const none: Profile = {};

/** Rows of some shards together. */
export const total = (entries: readonly ShardEntry[], rows: 'rows_in' | 'rows_out' | 'rows_rejected'): number =>
  entries.reduce((sum, entry) => sum + entry[rows], 0);

/** All that is told of a run, out of its shards. Time in which no process was at work does not count. */
export const summarize = (options: SummaryOptions): Summary => {
  const { run, status, entries, finishedAt, publishing, source, sink, problem } = options;
  const rejected: Record<string, number> = {};
  const waits = { read: 0, score: 0, write: publishing };
  let [inputs, outputs] = [none, none];
  let [rowsIn, rowsOut, rowsRejected] = [0, 0, 0];
  for (const entry of entries) {
    rowsIn += entry.rows_in;
    rowsOut += entry.rows_out;
    rowsRejected += entry.rows_rejected;
    for (const [code, count] of Object.entries(entry.rejected)) rejected[code] = (rejected[code] ?? 0) + count;
    for (const what of Object.keys(waits) as (keyof Waits)[]) waits[what] += entry.waits[what];
    inputs = merge(inputs, entry.inputs);
    outputs = merge(outputs, entry.outputs);
  }
  const shadow = mergeShadows(entries.map((entry) => entry.shadow));
  const seconds = (waits.read + waits.score + waits.write) / 1000;
  return {
    run: run.id,
    deployment: run.deployment,
    scope: run.scope,
    status,
    model: run.model,
    version: run.version,
    digest: run.digest,
    started_at: run.started_at,
    finished_at: finishedAt,
    rows_in: rowsIn,
    rows_out: rowsOut,
    rows_rejected: rowsRejected,
    rejected,
    seconds: Number(seconds.toPrecision(4)),
    rows_per_second: seconds > 0 ? Math.round(rowsIn / seconds) : 0,
    waits,
    shards: entries.length,
    inputs,
    outputs,
    bins: entries[0]?.bins ?? { inputs: {}, outputs: {} },
    source,
    sink,
    ...(shadow && { shadow }),
    ...(problem && { problem }),
  };
};
