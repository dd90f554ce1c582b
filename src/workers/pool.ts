/**
 * A scorer that runs in processes of its own, so that a long run holds up nothing else, and one that ends takes nothing
 * else with it. Workers that end are replaced.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { fail } from '../core/errors.ts';
import type { Answer, ColumnAnswers, ScoreOptions, Scorer, Timings } from '../core/types.ts';
import type { Package } from '../package/layout.ts';
import type { Asked } from './messages.ts';
import { type Answered, startWorker, type Worker } from './worker.ts';

export interface PoolOptions {
  readonly found: Package;
  /** Processes. */
  readonly size: number;
  /** Told of each worker that ended by itself. */
  readonly onLost?: ((pid: number | undefined, how: string) => void) | undefined;
}

export interface Pool {
  /** Takes as many calls at a time as there are workers; more wait their turn. Closing it ends the workers. */
  readonly scorer: Scorer;
  readonly size: number;
  /** Workers that are there and loaded. */
  readonly ready: number;
  /** Workers that were started in the place of one that ended. */
  readonly restarts: number;
  readonly pids: readonly number[];
  /** What its processes take, as they said when they were ready. */
  readonly memoryBytes: number;
}

/** Milliseconds before a worker is started again when the one before ended at once, at first and at most. */
const backoff = { first: 100, most: 5000 };
/** A worker that has lived so many milliseconds did not end at once. */
const settledMs = 1000;

interface Waiting {
  readonly asked: Asked;
  resolve(answered: Answered): void;
  reject(error: unknown): void;
}

const addTimings = (to: Timings | undefined, from: Timings): void => {
  if (to === undefined) return;
  for (const stage of Object.keys(from) as (keyof Timings)[]) to[stage] += from[stage];
};

/** Starts all workers. @throws MillraceError when one of them cannot be started, or cannot load the package. */
export const createPool = async ({ found, size, onLost }: PoolOptions): Promise<Pool> => {
  const workers = new Set<Worker>();
  const idle: Worker[] = [];
  const waiting: Waiting[] = [];
  const closing = new AbortController();
  let restarts = 0;

  const give = (): void => {
    while (idle.length > 0 && waiting.length > 0) {
      const worker = idle.shift() as Worker;
      const { asked, resolve, reject } = waiting.shift() as Waiting;
      worker
        .ask(asked)
        .finally(() => {
          if (!workers.has(worker)) return;
          idle.push(worker);
          give();
        })
        .then(resolve, reject);
    }
  };
  const refuseAll = (error: unknown): void => {
    for (const { reject } of waiting.splice(0)) reject(error);
  };
  const add = (worker: Worker): void => {
    const began = performance.now();
    workers.add(worker);
    idle.push(worker);
    void worker.gone.then((how) => {
      workers.delete(worker);
      const at = idle.indexOf(worker);
      if (at >= 0) idle.splice(at, 1);
      if (closing.signal.aborted) return;
      onLost?.(worker.pid, how);
      void replace(performance.now() - began < settledMs ? backoff.first : 0);
    });
    give();
  };
  const replace = async (delay: number): Promise<void> => {
    try {
      await pause(delay, undefined, { signal: closing.signal, ref: false });
    } catch {
      return;
    }
    try {
      const worker = await startWorker(found);
      restarts++;
      if (closing.signal.aborted) await worker.close();
      else add(worker);
    } catch (error) {
      if (closing.signal.aborted) return;
      // Nobody is there to answer those who wait, and nobody knows when somebody will be.
      if (workers.size === 0) refuseAll(error);
      void replace(Math.min(backoff.most, Math.max(backoff.first, delay * 2)));
    }
  };

  const started = await Promise.allSettled(Array.from({ length: size }, () => startWorker(found)));
  for (const outcome of started) if (outcome.status === 'fulfilled') add(outcome.value);
  const failed = started.find((outcome) => outcome.status === 'rejected');
  if (failed) {
    closing.abort();
    await Promise.all([...workers].map((worker) => worker.close()));
    throw failed.reason;
  }
  const [{ graph }] = workers;

  const ask = async (asked: Asked, timings: Timings | undefined): Promise<Answered['answers']> => {
    if (closing.signal.aborted) throw fail('UNAVAILABLE', 'The workers of this model are closed.');
    const answered = await new Promise<Answered>((resolve, reject) => {
      waiting.push({ asked, resolve, reject });
      give();
    });
    addTimings(timings, answered.timings);
    return answered.answers;
  };
  const scorer: Scorer = {
    manifest: found.manifest,
    digest: found.digest,
    graph,
    score: (rows, { coerce, timings }: ScoreOptions = {}) =>
      ask({ rows, coerce }, timings) as Promise<readonly Answer[]>,
    scoreColumns: (columns, { coerce, timings }: ScoreOptions = {}) =>
      ask({ columns, coerce }, timings) as Promise<ColumnAnswers>,
    async close() {
      closing.abort();
      refuseAll(fail('UNAVAILABLE', 'The workers of this model are closed.'));
      await Promise.all([...workers].map((worker) => worker.close()));
    },
  };

  return {
    scorer,
    size,
    get ready() {
      return workers.size;
    },
    get restarts() {
      return restarts;
    },
    get memoryBytes() {
      return [...workers].reduce((sum, { memoryBytes }) => sum + memoryBytes, 0);
    },
    get pids() {
      return [...workers].flatMap(({ pid }) => pid ?? []);
    },
  };
};
