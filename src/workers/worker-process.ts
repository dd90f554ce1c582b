/**
 * One worker of a pool, a process of its own: it is given a package, and scores what it is asked until its pool lets go of
 * it. A thread of it ends it when the pool's process is gone, or when it takes too much memory, whatever it does then.
 */
import { writeFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { fail, messageOf, type Problem, problemOf } from '../core/errors.ts';
import type { Scorer, Timings } from '../core/types.ts';
import { loadScorer } from '../package/open.ts';
import { type RuntimeName, runtimes } from '../runtimes/index.ts';
import type { Asked, FromWorker, ToWorker, Watched } from './messages.ts';

type Reply = FromWorker extends infer Message ? (Message extends unknown ? Omit<Message, 'call'> : never) : never;

const [parent, memoryBytes] = process.argv.slice(2).map(Number);
const watchdog = new URL(`./watchdog-thread${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);
new Worker(watchdog, { workerData: { parent, memoryBytes } satisfies Watched }).unref();

try {
  // When the machine has no memory left, Linux ends this process before the one that answers callers.
  writeFileSync('/proc/self/oom_score_adj', '500');
} catch {
  // Another system.
}

// A terminal sends these to all processes of a group; when a worker ends is its pool's to say.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);

/** What code of a package does behind its answers is not the fault of the rows that happen to be scored then. */
for (const event of ['uncaughtException', 'unhandledRejection']) {
  process.once(event, (error: unknown) => {
    process.stderr.write(`${event} in the code of a package, told once: ${messageOf(error)}\n`);
    process.on(event, () => undefined);
  });
}

let scorer: Scorer | undefined;

const load = async ({ load: found }: Extract<ToWorker, { load: unknown }>): Promise<Reply> => {
  scorer = await loadScorer(found, await runtimes[found.manifest.runtime as RuntimeName]());
  return { ready: scorer.graph, memoryBytes: process.memoryUsage.rss() };
};

const score = async (asked: Asked): Promise<Reply> => {
  if (scorer === undefined) throw fail('INTERNAL', 'A worker was asked before it was given a package.');
  const timings: Timings = { validate: 0, prepare: 0, run: 0, finish: 0 };
  const options = { timings, ...(asked.coerce !== undefined && { coerce: asked.coerce }) };
  const answers =
    'rows' in asked ? await scorer.score(asked.rows, options) : await scorer.scoreColumns(asked.columns, options);
  return { answers, timings };
};

process.on('message', (message: ToWorker) => {
  const { call } = message;
  const say = (reply: Reply): void => void process.send?.({ call, ...reply });
  const complain = (error: unknown): void => say({ problem: problemOf(error) satisfies Problem });
  const work = 'load' in message ? load(message) : score(message.ask);
  // What cannot be sent is told too.
  work.then(say).catch(complain);
});
