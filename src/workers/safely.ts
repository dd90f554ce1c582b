/**
 * Where a package runs: in this process when it is known to be safe, else in processes of its own, which it may end without
 * ending anything else.
 */
import type { Scorer } from '../core/types.ts';
import { requireGolden } from '../package/golden.ts';
import type { Package } from '../package/layout.ts';
import { riskOf } from '../package/risk.ts';
import type { PoolOptions } from './pool.ts';
import type { ProofOptions } from './proof.ts';

/** Makes a package ready to score in this process. */
type Load = (found: Package) => Promise<Scorer>;

export interface SafeOptions {
  /** Of a package that is known to be safe: threads that score it; none, which is this one, unless given. */
  readonly threads?: number | undefined;
  /** Of any other; as many as threads, and at least one, unless given. */
  readonly processes?: number | undefined;
  /** Milliseconds that a row may take; a minute unless given. */
  readonly rowMs?: number | undefined;
  /** Aborted when nobody waits for answers any more: what runs is ended. */
  readonly signal?: AbortSignal | undefined;
  readonly onLost?: PoolOptions['onLost'];
}

/**
 * For work: a row that ends its process, or takes too long, is refused with MODEL_FAILED, and everything else goes on.
 *
 * @throws WORKER_LOST when no process comes up; what loading throws
 */
export const loadSafely = async (found: Package, load: Load, options: SafeOptions = {}): Promise<Scorer> => {
  const { threads = 0, processes = Math.max(1, threads), rowMs, signal, onLost } = options;
  if ((await riskOf(found)) === undefined) {
    return threads === 0 ? load(found) : (await import('./scorer-pool.ts')).createScorerPool(found, threads);
  }
  const { createPool } = await import('./pool.ts');
  const { scorer } = await createPool({ found, size: processes, limits: { runMs: rowMs }, onLost });
  const close = (): void => void scorer.close();
  if (signal?.aborted) close();
  else signal?.addEventListener('abort', close, { once: true });
  return scorer;
};

/** Read when something runs elsewhere: most of what is served and scored does not. */
const openProof = async (found: Package, options?: ProofOptions): Promise<Scorer> =>
  (await import('./proof.ts')).openProof(found, options);

/** For proof: a row that ends its process is a fault of the model. @throws BAD_MODEL; what loading throws */
export const loadProven = async (found: Package, load: Load, options?: ProofOptions): Promise<Scorer> =>
  (await riskOf(found)) === undefined ? load(found) : openProof(found, options);

/**
 * Proves a package, also one that is known to be safe: it answers its golden examples, or a made-up row, in a process of its
 * own, with limits of time and memory.
 *
 * @throws BAD_MODEL with what it did to its process, EXAMPLE_OFF; what loading throws
 */
export const prove = async (found: Package, options?: ProofOptions): Promise<void> => {
  const scorer = await openProof(found, options);
  try {
    await requireGolden(scorer, found.examples);
  } finally {
    await scorer.close();
  }
};
