/** Where a model runs: in the process that answers, or in processes of its own. */
import type { Scorer } from '../../core/types.ts';
import type { Package } from '../../package/layout.ts';

/** `auto`: inline when the model is known to be safe and one row is quick. */
export const isolations = ['auto', 'inline', 'workers'] as const;
export type Isolation = (typeof isolations)[number];
export type Decided = Exclude<Isolation, 'auto'>;

/**
 * Milliseconds that one row may take to run inline. While a model runs inline nothing else is answered, and a batch takes
 * many times this; a call to a worker costs a few tenths of a millisecond more, which weighs less than that from here on.
 */
const LONG_ROW_MS = 2;

/** Where a model runs of which one row takes so long. */
export const decide = (isolation: Isolation, rowMs: number): Decided =>
  isolation === 'auto' ? (rowMs > LONG_ROW_MS ? 'workers' : 'inline') : isolation;

/** A scorer in processes of its own. */
export interface IsolatedPool {
  readonly scorer: Scorer;
  /** Processes that there should be, and that are there. */
  readonly size: number;
  readonly ready: number;
  /** Processes that were started in the place of one that ended. */
  readonly restarts: number;
  /** What its processes take. */
  readonly memoryBytes: number;
}

export interface IsolateOptions {
  readonly found: Package;
  readonly size: number;
  readonly onLost?: ((pid: number | undefined, how: string) => void) | undefined;
}

/** What an isolated model lacks to answer, in words; undefined when nothing. */
export const lackOf = (name: string, pool: Pick<IsolatedPool, 'ready' | 'size'> | undefined): string | undefined =>
  pool !== undefined && pool.ready === 0 ? `${name} has none of its ${pool.size} workers at the moment` : undefined;
