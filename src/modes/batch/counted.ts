/** What the watch is told of a shard. */
import { NO_TRAFFIC } from '../../monitor/profile/traffic.ts';
import { SPAN_MS, type SpanProfile } from '../../monitor/profiles/profiles.ts';
import type { Task } from './task.ts';
import type { ShardEntry } from './types.ts';

/** What was counted of a shard's rows, in the minute in which they are done: of their values only where bins are those of the reference. */
export const countedOf = (
  entry: ShardEntry,
  { run, reference, clock }: Pick<Task, 'run' | 'reference' | 'clock'>,
): SpanProfile => {
  const { deployment, model, version, digest } = run;
  const { rows_in: rows, rows_rejected: refused, refusals, inputs, outputs } = entry;
  const now = clock().getTime();
  return {
    ...{ deployment, model, version, digest, variant: 'stable' },
    at: new Date(now - (now % SPAN_MS.minute)).toISOString(),
    rows,
    refused,
    ...(reference === undefined ? { inputs: {}, outputs: {} } : { inputs, outputs }),
    traffic: { ...NO_TRAFFIC, refused: refusals ?? entry.rejected },
  };
};
