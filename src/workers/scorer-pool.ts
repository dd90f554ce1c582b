/** Several scorers of one package, each in a thread, that look like one. The bits are the same as of any one of them. */
import '../runtimes/no-telemetry.node.ts';
import { fail } from '../core/errors.ts';
import type { Scorer, Timings } from '../core/types.ts';
import type { Package } from '../package/layout.ts';
import { beside } from '../threads/ended.ts';
import { startThread } from '../threads/start-thread.ts';
import type { ScoringCalls } from './scoring-thread.ts';
import { addTimings } from './timings.ts';

const startScorer = async ({ manifest, digest, files }: Package) => {
  const thread = startThread<ScoringCalls>(beside('./scoring-thread', import.meta.url), {
    lost: ({ error }) => error ?? fail('INTERNAL', 'A thread that scores has ended.'),
  });
  return { thread, graph: await thread.ask('load', [{ manifest, digest, files }]), calls: 0 };
};
type ScoringThread = Awaited<ReturnType<typeof startScorer>>['thread'];

/**
 * Loads a package into `threads` threads. Calls may overlap; each goes to the thread with the least to do, and they may
 * end in another order than they began.
 *
 * @throws BAD_MODEL, BAD_TRANSFORM
 */
export const createScorerPool = async (found: Package, threads: number): Promise<Scorer> => {
  const pool = await Promise.all(Array.from({ length: threads }, () => startScorer(found)));

  const ask = async <Answers>(
    call: (thread: ScoringThread) => Promise<{ readonly answers: Answers; readonly timings: Timings | undefined }>,
    timings: Timings | undefined,
  ): Promise<Answers> => {
    const least = pool.reduce((best, one) => (one.calls < best.calls ? one : best));
    least.calls++;
    try {
      const reply = await call(least.thread);
      addTimings(timings, reply.timings);
      return reply.answers;
    } finally {
      least.calls--;
    }
  };

  return {
    manifest: found.manifest,
    digest: found.digest,
    graph: pool[0]?.graph ?? { inputs: [], outputs: [] },
    score: (rows, { timings, ...options } = {}) =>
      ask((thread) => thread.ask('score', [rows, { ...options, timed: timings !== undefined }]), timings),
    scoreColumns: (columns, { timings, ...options } = {}) =>
      ask((thread) => thread.ask('scoreColumns', [columns, { ...options, timed: timings !== undefined }]), timings),
    close: async () => {
      await Promise.all(pool.map(({ thread }) => thread.close()));
    },
  };
};
