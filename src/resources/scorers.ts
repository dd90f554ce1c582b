/** From opened packages to scorers, and where they run. */
import { fail } from '../core/errors.ts';
import type { Scorer } from '../core/types.ts';
import type { Package } from '../package/layout.ts';
import { type RuntimeName, runtimes } from '../runtimes/index.ts';
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

/** The runtime that a package names. */
const openerOf = async ({ manifest: { name, version, runtime } }: Package) => {
  if (Object.hasOwn(runtimes, runtime)) return runtimes[runtime as RuntimeName]();
  throw fail('BAD_MODEL', `${name}@${version} needs the runtime ${runtime}, which this version of Millrace lacks`, {
    expected: `one of ${Object.keys(runtimes).join(', ')}`,
    got: runtime,
  });
};

export const createScorers = (): Scorers => {
  const load: Scorers['load'] = async (found) => {
    const [opener, { loadScorer }] = await Promise.all([openerOf(found), import('../package/open.ts')]);
    return loadScorer(found, opener);
  };
  return {
    load,
    loadSafely: async (found, options) => {
      await openerOf(found);
      return (await import('../workers/safely.ts')).loadSafely(found, load, options);
    },
    prove: async (found, options) => {
      await openerOf(found);
      await (await import('../workers/safely.ts')).prove(found, options);
    },
    isolate: async (options) => {
      await openerOf(options.found);
      return (await import('../workers/pool.ts')).createPool(options);
    },
  };
};
