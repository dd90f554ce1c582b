/** The last act of a run: what was moved is held against its own counts, and published in one step. */
import { fail } from '../../core/errors.ts';
import type { Agreement } from './agree.ts';
import { checkRejects } from './commit-shard.ts';
import { cancelled, lost } from './ledger/runs.ts';
import { total } from './summary.ts';
import type { Task } from './task.ts';
import type { ShardEntry } from './types.ts';

export interface Committed {
  readonly entries: readonly ShardEntry[];
  /** Milliseconds that publishing took. */
  readonly publishing: number;
  /** What the ends are called in messages. */
  readonly source: string;
  readonly sink: string;
}

/** @throws MillraceError TOO_MANY_REJECTS, DUPLICATE_KEY, RUN_BUSY, CANCELLED; what sinks and ledgers throw. Again is harmless. */
export const commit = async (
  { sinkRun }: Agreement,
  entries: readonly ShardEntry[],
  task: Task,
): Promise<Committed> => {
  const { run, owner, retry, source, sink, ledger, maxRejected, signal } = task;
  const [rowsIn, rowsOut] = [total(entries, 'rows_in'), total(entries, 'rows_out')];
  const rejected = total(entries, 'rows_rejected');
  if (rowsIn !== rowsOut + rejected) {
    throw fail('INTERNAL', `${rowsIn} rows came in, ${rowsOut} went out and ${rejected} were rejected.`);
  }
  checkRejects(entries, maxRejected);
  signal.throwIfAborted();
  const state = await ledger.beat(run.id, owner);
  if (state !== 'kept') throw state === 'lost' ? lost(run.id) : cancelled(run.id);
  const start = performance.now();
  await sinkRun.publish(retry ? 'add' : 'replace', rowsOut);
  const publishing = performance.now() - start;
  if (retry) await ledger.resolveRejects(retry.id, run.id);
  return { entries, publishing, source: source.name, sink: sink.name };
};
