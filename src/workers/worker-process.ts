/**
 * One worker of a pool, a process of its own: it is given a package, and scores what it is asked until its pool lets go of
 * it. It ends by itself when the pool's process is gone.
 */
import { fail, problemOf } from '../core/errors.ts';
import type { Scorer, Timings } from '../core/types.ts';
import { loadScorer } from '../package/open.ts';
import { type RuntimeName, runtimes } from '../runtimes/index.ts';
import type { Asked, FromWorker, ToWorker } from './messages.ts';

const say = (message: FromWorker): void => {
  process.send?.(message);
};

// A terminal sends these to all processes of a group; when a worker ends is its pool's to say.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);

let scorer: Scorer | undefined;

const load = async ({ load: found }: Extract<ToWorker, { load: unknown }>): Promise<FromWorker> => {
  scorer = await loadScorer(found, await runtimes[found.manifest.runtime as RuntimeName]());
  return { ready: scorer.graph, memoryBytes: process.memoryUsage.rss() };
};

const score = async (asked: Asked): Promise<FromWorker> => {
  if (scorer === undefined) throw fail('INTERNAL', 'A worker was asked before it was given a package.');
  const timings: Timings = { validate: 0, prepare: 0, run: 0, finish: 0 };
  const options = { timings, ...(asked.coerce !== undefined && { coerce: asked.coerce }) };
  const answers =
    'rows' in asked ? await scorer.score(asked.rows, options) : await scorer.scoreColumns(asked.columns, options);
  return { answers, timings };
};

process.on('message', (message: ToWorker) => {
  const work = 'load' in message ? load(message) : score(message.ask);
  work.then(say, (error: unknown) => say({ problem: problemOf(error) }));
});
