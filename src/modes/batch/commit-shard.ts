/**
 * Shards on their way into sink and ledger.
 *
 * Invariants: shards are committed one at a time, in order and without gaps; the ledger has no shard that the sink has not;
 * rejects are in the ledger before their shard counts, so that both are done again should the process end between.
 */
import { fail } from '../../core/errors.ts';
import { invariant } from '../../core/invariant.ts';
import { countedOf } from './counted.ts';
import type { OpenShard } from './shard.ts';
import { total } from './summary.ts';
import type { Task } from './task.ts';
import type { ShardEntry } from './types.ts';

/** No more rejects than these are kept of a run that already has more of them than it may. */
const MOST_REJECTS = 100_000;

/** @throws MillraceError TOO_MANY_REJECTS */
export const checkRejects = (entries: readonly ShardEntry[], most: number): void => {
  const rejected = total(entries, 'rows_rejected');
  const rows = total(entries, 'rows_in');
  if (rejected <= most * rows) return;
  const percent = (share: number): string => `${Number((share * 100).toPrecision(3))} %`;
  throw fail(
    'TOO_MANY_REJECTS',
    `${rejected} of ${rows} rows were rejected (${percent(rejected / Math.max(1, rows))}); max_rejected allows ${percent(most)}`,
    { expected: `at most ${percent(most)}`, got: percent(rejected / Math.max(1, rows)) },
  );
};

export interface Commits {
  /** Of all shards that are committed. */
  readonly entries: readonly ShardEntry[];
  /** Begins to commit a shard; the one before must be settled. */
  add(shard: OpenShard, entry: ShardEntry): void;
  /** Resolves when what was added is committed. @throws what keeps it from being so */
  settled(): Promise<void>;
}

/** `before` are the entries of the shards that are done. */
export const createCommits = (task: Task, before: readonly ShardEntry[]): Commits => {
  const { run, ledger, maxRejected, onCommit } = task;
  const entries = [...before];
  const commit = async (shard: OpenShard, entry: ShardEntry): Promise<void> => {
    invariant(shard.index === entries.length, 'shards are committed in order and without gaps');
    try {
      // The first takes the place of those that an earlier attempt has left.
      const isFirst = shard.index === before.length;
      if (shard.rejects.length > 0 || isFirst) await ledger.keepRejects(run.id, shard.index, shard.rejects);
      await shard.commit(entry);
    } catch (error) {
      await shard.abort();
      throw error;
    }
    entries.push(entry);
    await ledger.addShard(run.id, shard.index, entry, countedOf(entry, task));
    onCommit();
    if (total(entries, 'rows_rejected') >= MOST_REJECTS) checkRejects(entries, maxRejected);
  };
  let last: Promise<void> = Promise.resolve();
  return {
    entries,
    add(shard, entry) {
      last = commit(shard, entry);
      last.catch(() => {});
    },
    settled: () => last,
  };
};
