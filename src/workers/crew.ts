/**
 * The processes of a pool: each has one call at a time, and those that wait take their turns. One that ends is replaced,
 * later and later when they end without an answer between them.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { fail, MillraceError, messageOf } from '../core/errors.ts';
import type { Scorer } from '../core/types.ts';
import type { Package } from '../package/layout.ts';
import type { Asked } from './messages.ts';
import type { Lost } from './survive.ts';
import { type Answered, startWorker, type Worker, type WorkerLimits } from './worker.ts';

export interface CrewOptions {
  readonly found: Package;
  /** Processes. */
  readonly size: number;
  /** `runMs` is what a row may take that has no deadline. */
  readonly limits?: WorkerLimits | undefined;
  /** Told of each worker that ended by itself. */
  readonly onLost?: ((pid: number | undefined, how: string) => void) | undefined;
}

export type Outcome = { readonly answered: Answered; readonly ms: number } | Lost;

/** What one worker is asked. */
export interface Turn {
  readonly asked: Asked;
  /** On the clock of `performance.now()`. */
  readonly deadline: number | undefined;
  /** True once its call has been given up. */
  readonly isOver: () => boolean;
  /** Milliseconds that it may take if it begins now. */
  readonly allowedMs: () => number;
}

export interface Crew {
  readonly graph: Scorer['graph'];
  /** Workers that are there and loaded. */
  readonly ready: number;
  /** Workers that were started in the place of one that ended. */
  readonly restarts: number;
  readonly pids: readonly number[];
  /** What its processes take, as they said when they were ready. */
  readonly memoryBytes: number;
  /** False when so many have ended without an answer between them that a call is better given up. */
  readonly hasHope: boolean;
  /** @throws MillraceError UNAVAILABLE when closed; DEADLINE_EXCEEDED; what scoring throws. */
  run(turn: Turn): Promise<Outcome>;
  /** Ends the workers. */
  close(): Promise<void>;
}

/** Milliseconds before a worker is started again, once it is plain that it will end again, at first and at most. */
const backoff = { first: 100, most: 5000 };
/** Workers that may end, without an answer of any between them, before others are started later, and calls given up. */
const FREE_LOSSES = 8;
const MOST_LOSSES = 12;

interface Waiting extends Turn {
  resolve(outcome: Outcome): void;
  reject(error: unknown): void;
}

const closed = () => fail('UNAVAILABLE', 'The workers of this model are closed.');
export const tooLate = () =>
  fail('DEADLINE_EXCEEDED', 'The time allowed for these rows ran out before their answers were ready.', {
    expected: 'an answer in time',
    got: 'a deadline that has passed',
  });

/**
 * Resolves when the first worker is ready; the others join it.
 *
 * @throws MillraceError when none of them can be started, or can load the package.
 */
export const createCrew = async ({ found, size, limits, onLost }: CrewOptions): Promise<Crew> => {
  const workers = new Set<Worker>();
  const idle: Worker[] = [];
  const waiting: Waiting[] = [];
  const starts = new Set<Promise<void>>();
  const closing = new AbortController();
  let restarts = 0;
  /** Workers that ended since the last answer. */
  let losses = 0;

  const runOn = async (worker: Worker, next: Waiting): Promise<void> => {
    const { asked, deadline, isOver, allowedMs, resolve, reject } = next;
    const allowed = allowedMs();
    const began = performance.now();
    try {
      if (isOver() || (deadline !== undefined && began >= deadline)) throw tooLate();
      const answered = await worker.ask(asked, allowed);
      losses = 0;
      resolve({ answered, ms: performance.now() - began });
    } catch (error) {
      const isLoss = error instanceof MillraceError && error.code === 'WORKER_LOST' && !closing.signal.aborted;
      if (isLoss) resolve({ lost: error, late: performance.now() - began >= allowed });
      else reject(closing.signal.aborted ? closed() : error);
    }
  };
  const give = (): void => {
    while (idle.length > 0 && waiting.length > 0) {
      const worker = idle.shift() as Worker;
      void runOn(worker, waiting.shift() as Waiting).then(() => {
        if (!workers.has(worker)) return;
        idle.push(worker);
        give();
      });
    }
  };
  const refuseAll = (error: unknown): void => {
    for (const { reject } of waiting.splice(0)) reject(error);
  };
  const add = (worker: Worker): void => {
    workers.add(worker);
    idle.push(worker);
    void worker.gone.then((how) => {
      workers.delete(worker);
      const at = idle.indexOf(worker);
      if (at >= 0) idle.splice(at, 1);
      if (closing.signal.aborted) return;
      losses++;
      onLost?.(worker.pid, how);
      void replace(losses <= FREE_LOSSES ? 0 : Math.min(backoff.most, backoff.first * 2 ** (losses - FREE_LOSSES)));
    });
    give();
  };
  const start = (): Promise<void> => {
    const starting = startWorker(found, limits, closing.signal).then(add);
    starts.add(starting);
    const forget = () => starts.delete(starting);
    starting.then(forget, forget);
    return starting;
  };
  const replace = async (delay: number): Promise<void> => {
    try {
      await pause(delay, undefined, { signal: closing.signal });
    } catch {
      return;
    }
    try {
      await start();
      restarts++;
    } catch (error) {
      if (closing.signal.aborted) return;
      onLost?.(undefined, messageOf(error));
      // Nobody is there to answer those who wait, and nobody knows when somebody will be.
      if (workers.size === 0) refuseAll(error);
      void replace(Math.min(backoff.most, Math.max(backoff.first, delay * 2)));
    }
  };

  const first = Array.from({ length: size }, start);
  try {
    await Promise.any(first);
  } catch (error) {
    throw (error as AggregateError).errors[0];
  }
  // One that does not come up beside others is tried again, as one that ends is.
  for (const starting of first) starting.catch(() => replace(backoff.first));
  const [{ graph }] = workers;

  return {
    graph,
    get ready() {
      return workers.size;
    },
    get restarts() {
      return restarts;
    },
    get pids() {
      return [...workers].flatMap(({ pid }) => pid ?? []);
    },
    get memoryBytes() {
      return [...workers].reduce((sum, { memoryBytes }) => sum + memoryBytes, 0);
    },
    get hasHope() {
      return losses < MOST_LOSSES;
    },
    async run(turn) {
      if (closing.signal.aborted) throw closed();
      return new Promise<Outcome>((resolve, reject) => {
        waiting.push({ ...turn, resolve, reject });
        give();
      });
    },
    async close() {
      closing.abort();
      refuseAll(closed());
      await Promise.allSettled(starts);
      await Promise.all([...workers].map((worker) => worker.close()));
    },
  };
};
