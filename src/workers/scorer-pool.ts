/** Several scorers of one package, each in a thread, that look like one. The bits are the same as of any one of them. */
import { once } from 'node:events';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import '../runtimes/no-telemetry.node.ts';
import { fail, MillraceError } from '../core/errors.ts';
import type { Answer, ColumnAnswers, Scorer, Timings } from '../core/types.ts';
import type { Package } from '../package/layout.ts';
import type { ScoreCall, ScoreReply, ScoringThreadData } from './scoring-thread.ts';

const threadFile = new URL(`./scoring-thread${extname(import.meta.url)}`, import.meta.url);

type Settled = Extract<ScoreReply, { readonly id: number }>;

interface Thread {
  readonly waiting: Map<number, (reply: Settled | Error) => void>;
  readonly graph: Scorer['graph'];
  send(call: ScoreCall): void;
  close(): Promise<void>;
}

const startThread = async ({ manifest, digest, files }: Package): Promise<Thread> => {
  const workerData: ScoringThreadData = { manifest, digest, files };
  const worker = new Worker(threadFile, { workerData });
  const waiting: Thread['waiting'] = new Map();
  const giveUp = (error: Error): void => {
    for (const settle of waiting.values()) settle(error);
    waiting.clear();
  };
  const [first] = (await once(worker, 'message')) as [ScoreReply];
  worker.on('message', (reply: Settled) => {
    const settle = waiting.get(reply.id);
    waiting.delete(reply.id);
    settle?.(reply);
  });
  worker.on('error', giveUp);
  const exited = new Promise<void>((resolve) => {
    worker.once('exit', () => {
      giveUp(fail('INTERNAL', 'A thread that scores has ended.'));
      resolve();
    });
  });
  return {
    waiting,
    graph: ('ready' in first ? first.ready : { inputs: [], outputs: [] }) as Scorer['graph'],
    send: (call) => worker.postMessage(call),
    close: async () => {
      worker.postMessage('close');
      await exited;
    },
  };
};

/**
 * Loads a package into `threads` threads. Calls may overlap; each goes to the thread with the least to do, and they may
 * end in another order than they began.
 *
 * @throws MillraceError BAD_MODEL, BAD_TRANSFORM.
 */
export const createScorerPool = async (found: Package, threads: number): Promise<Scorer> => {
  const pool = await Promise.all(Array.from({ length: threads }, () => startThread(found)));
  let calls = 0;

  const ask = async (
    call: Omit<ScoreCall, 'id'>,
    timings: Timings | undefined,
  ): Promise<Settled & { answers: unknown }> => {
    const thread = pool.reduce((best, one) => (one.waiting.size < best.waiting.size ? one : best));
    const id = ++calls;
    const reply = await new Promise<Settled | Error>((resolve) => {
      thread.waiting.set(id, resolve);
      thread.send({ ...call, id });
    });
    if (reply instanceof Error) throw reply;
    if ('problem' in reply) throw new MillraceError(reply.problem);
    if (timings && reply.timings) {
      for (const stage of Object.keys(timings) as (keyof Timings)[]) timings[stage] += reply.timings[stage];
    }
    return reply;
  };

  return {
    manifest: found.manifest,
    digest: found.digest,
    graph: pool[0]?.graph ?? { inputs: [], outputs: [] },
    async score(rows, { timings, ...options } = {}) {
      return (await ask({ rows, options: { ...options, timed: timings !== undefined } }, timings))
        .answers as readonly Answer[];
    },
    async scoreColumns(columns, { timings, ...options } = {}) {
      return (await ask({ columns, options: { ...options, timed: timings !== undefined } }, timings))
        .answers as ColumnAnswers;
    },
    close: async () => {
      await Promise.all(pool.map((thread) => thread.close()));
    },
  };
};
