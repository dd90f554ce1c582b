/**
 * The processes of a pool: each has one call at a time, and those that wait take their turns. One that ends is replaced,
 * later and later when they end without an answer between them.
 */
import { fail, MillraceError, messageOf } from '../core/errors.ts';
import type { Scorer } from '../core/types.ts';
import type { Package } from '../package/layout.ts';
import { supervise } from '../threads/supervise.ts';
import type { Asked, WorkerAnswers } from './messages.ts';
import type { Lost } from './survive.ts';
import { startWorker, type Worker, type WorkerLimits } from './worker.ts';

export interface CrewOptions {
  readonly found: Package;
  /** Processes. */
  readonly size: number;
  /** `runMs` is what a row may take that has no deadline. */
  readonly limits?: WorkerLimits | undefined;
  /** Told of each worker that ended by itself. */
  readonly onLost?: ((pid: number | undefined, how: string) => void) | undefined;
}

export type CrewOutcome = { readonly answered: WorkerAnswers; readonly ms: number } | Lost;

/** What one worker is asked. */
export interface CrewTurn {
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
  /** @throws UNAVAILABLE when closed; DEADLINE_EXCEEDED; what scoring throws */
  run(turn: CrewTurn): Promise<CrewOutcome>;
  /** Ends the workers. */
  close(): Promise<void>;
}

/** Workers that may end, without an answer of any between them, before others are started later, and calls given up. */
const BACKOFF = { firstMs: 100, mostMs: 5000, free: 8 } as const;
const MOST_LOSSES = 12;

interface Waiting extends CrewTurn {
  resolve(outcome: CrewOutcome): void;
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
 * @throws WORKER_LOST when none of them can be started; what loading throws
 */
export const createCrew = async ({ found, size, limits, onLost }: CrewOptions): Promise<Crew> => {
  const idle: Worker[] = [];
  const waiting: Waiting[] = [];

  const runOn = async (worker: Worker, next: Waiting): Promise<void> => {
    const { asked, deadline, isOver, allowedMs, resolve, reject } = next;
    const allowed = allowedMs();
    const began = performance.now();
    try {
      if (isOver() || (deadline !== undefined && began >= deadline)) throw tooLate();
      const answered = await worker.ask(asked, allowed);
      supervisor.calm();
      resolve({ answered, ms: performance.now() - began });
    } catch (error) {
      const isLoss = error instanceof MillraceError && error.code === 'WORKER_LOST' && !supervisor.isClosing;
      if (isLoss) resolve({ lost: error, late: performance.now() - began >= allowed });
      else reject(supervisor.isClosing ? closed() : error);
    }
  };
  const give = (): void => {
    while (idle.length > 0 && waiting.length > 0) {
      const worker = idle.shift() as Worker;
      if (worker.isGone) continue;
      void runOn(worker, waiting.shift() as Waiting).then(() => {
        if (worker.isGone) return;
        idle.push(worker);
        give();
      });
    }
  };
  const refuseAll = (error: unknown): void => {
    for (const { reject } of waiting.splice(0)) reject(error);
  };
  const supervisor = supervise<Worker>({
    size,
    backoff: BACKOFF,
    start: (signal) => startWorker(found, limits, signal),
    onUp(worker) {
      idle.push(worker);
      give();
    },
    onGone(worker, how) {
      const at = idle.indexOf(worker);
      if (at >= 0) idle.splice(at, 1);
      if (!supervisor.isClosing) onLost?.(worker.pid, how);
    },
    onStuck(error) {
      onLost?.(undefined, messageOf(error));
      // Nobody is there to answer those who wait, and nobody knows when somebody will be.
      if (supervisor.up.size === 0) refuseAll(error);
    },
  });
  const { up, first } = supervisor;
  try {
    await Promise.any(first);
  } catch (error) {
    await supervisor.close();
    throw (error as AggregateError).errors[0];
  }
  const [{ graph }] = up;

  return {
    graph,
    get ready() {
      return up.size;
    },
    get restarts() {
      return supervisor.restarts;
    },
    get pids() {
      return [...up].flatMap(({ pid }) => pid ?? []);
    },
    get memoryBytes() {
      return [...up].reduce((sum, { memoryBytes }) => sum + memoryBytes, 0);
    },
    get hasHope() {
      return supervisor.losses < MOST_LOSSES;
    },
    async run(turn) {
      if (supervisor.isClosing) throw closed();
      return new Promise<CrewOutcome>((resolve, reject) => {
        waiting.push({ ...turn, resolve, reject });
        give();
      });
    },
    async close() {
      const closing = supervisor.close();
      refuseAll(closed());
      await closing;
      await Promise.all([...up].map((worker) => worker.close()));
    },
  };
};
