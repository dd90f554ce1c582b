/** From opened packages to scorers, and where they run. */
import type { Scorer } from '../core/types.ts';
import { readImageInNode } from '../images/in-node.ts';
import type { Package } from '../package/layout.ts';
import { runtimeOf } from '../runtimes/index.ts';
import { openInNode } from '../runtimes/open.node.ts';
import type { Pool, PoolOptions } from '../workers/pool.ts';
import type { ProofOptions } from '../workers/proof.ts';
import type { SafeOptions } from '../workers/safely.ts';

export interface Scorers {
  /**
   * Makes an opened package ready to score in this process, whatever it may do to that; the caller closes it.
   *
   * @throws BAD_MODEL, BAD_TRANSFORM
   */
  load(found: Package): Promise<Scorer>;
  /**
   * As `load` for a package that is known to be safe; any other runs in processes of its own, so that what crashes, loops
   * or takes memory without end is a refused row (MODEL_FAILED), and no more. @throws what `load` and `isolate` throw.
   */
  loadSafely(found: Package, options?: SafeOptions): Promise<Scorer>;
  /**
   * Proves a package in a process of its own, with limits of time and memory, also one that is known to be safe.
   *
   * @throws BAD_MODEL with what it did to its process, EXAMPLE_OFF, BAD_TRANSFORM
   */
  prove(found: Package, options?: ProofOptions): Promise<void>;
  /** As `load`, in processes of its own. @throws BAD_MODEL, BAD_TRANSFORM, WORKER_LOST */
  isolate(options: PoolOptions): Promise<Pool>;
}

export const createScorers = (): Scorers => {
  const load: Scorers['load'] = async (found) => {
    runtimeOf(found.manifest);
    return (await import('../package/open.ts')).loadScorer(found, openInNode, readImageInNode);
  };
  return {
    load,
    loadSafely: async (found, options) => {
      runtimeOf(found.manifest);
      return (await import('../workers/safely.ts')).loadSafely(found, load, options);
    },
    prove: async (found, options) => {
      runtimeOf(found.manifest);
      await (await import('../workers/safely.ts')).prove(found, options);
    },
    isolate: async (options) => {
      runtimeOf(options.found.manifest);
      return (await import('../workers/pool.ts')).createPool(options);
    },
  };
};
