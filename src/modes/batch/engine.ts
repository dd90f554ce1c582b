/** The port of the middle act: what moves the rows of a run. This process does (`move.ts`); a cluster may. */
import type { Scorer } from '../../core/types.ts';
import type { Agreement } from './agree.ts';
import type { Task } from './task.ts';
import type { ShardEntry } from './types.ts';

export interface Engine {
  /**
   * Moves all rows behind the shards that are done, through the scorer, into the sink; shards are committed in the order of the
   * source (`commit-shard.ts`). Resolves to the entries of all shards, those of `agreement` first.
   *
   * @throws MillraceError TOO_MANY_REJECTS, DUPLICATE_KEY; what sources, sinks, scorers and ledgers throw; the signal's
   * reason. What was committed stays: the next attempt goes on from there.
   */
  move(agreement: Agreement, scorer: Promise<Scorer>, task: Task): Promise<readonly ShardEntry[]>;
}
