/**
 * One worker of a pool, a process of its own: it is given a package, and scores what it is asked until its pool lets go of
 * it. A thread of it ends it when the pool's process is gone, or when it takes too much memory, whatever it does then.
 */
import { writeFileSync } from 'node:fs';
import { fail, messageOf } from '../core/errors.ts';
import type { Scorer, Timings } from '../core/types.ts';
import { readImageInNode } from '../images/in-node.ts';
import { loadScorer } from '../package/open.ts';
import { openInNode } from '../runtimes/open.node.ts';
import { serveProcess } from '../threads/serve-process.ts';
import { startWatchdog } from '../threads/watchdog.ts';
import type { WorkerCalls } from './messages.ts';

startWatchdog();

try {
  // When the machine has no memory left, Linux ends this process before the one that answers callers.
  writeFileSync('/proc/self/oom_score_adj', '500');
} catch {
  // Another system.
}

/** What code of a package does behind its answers is not the fault of the rows that happen to be scored then. */
for (const event of ['uncaughtException', 'unhandledRejection']) {
  process.once(event, (error: unknown) => {
    process.stderr.write(`${event} in the code of a package, told once: ${messageOf(error)}\n`);
    process.on(event, () => undefined);
  });
}

let scorer: Scorer | undefined;

const calls: WorkerCalls = {
  async load(found) {
    scorer = await loadScorer(found, openInNode, readImageInNode);
    return { graph: scorer.graph, memoryBytes: process.memoryUsage.rss() };
  },
  async score(asked) {
    if (scorer === undefined) throw fail('INTERNAL', 'A worker was asked before it was given a package.');
    const timings: Timings = { validate: 0, prepare: 0, run: 0, finish: 0 };
    const options = { timings, ...(asked.coerce !== undefined && { coerce: asked.coerce }) };
    const answers =
      'rows' in asked ? await scorer.score(asked.rows, options) : await scorer.scoreColumns(asked.columns, options);
    return { answers, timings };
  },
};

serveProcess(calls);
