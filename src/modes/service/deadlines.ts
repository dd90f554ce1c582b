/** Refuses requests when their time is over, whether they wait or run. */
import { timerMs } from '../../threads/ended.ts';
import { type Job, type Piece, tooLate } from './job.ts';

export interface Deadlines {
  /** Watches a request that has come in. */
  add(job: Job): void;
  /** What runs, and what runs no more. */
  watch(pieces: readonly Piece[]): void;
  forget(pieces: readonly Piece[]): void;
}

/**
 * A request that says its time has a timer of its own. For all others there is one together, as a timer for each has its
 * price: it looks for the one whose time is over next among those that `waiting` lists and those that run.
 */
export const createDeadlines = (
  timeoutMs: number,
  waiting: () => Iterable<Job>,
  refuse: (job: Job, error: Error) => void,
): Deadlines => {
  const running = new Set<readonly Piece[]>();
  let timer: NodeJS.Timeout | undefined;

  const look = (): void => {
    timer = undefined;
    const now = performance.now();
    let next = Number.POSITIVE_INFINITY;
    const check = (job: Job): void => {
      if (job.settled) return;
      if (job.deadline <= now) refuse(job, tooLate);
      else next = Math.min(next, job.deadline);
    };
    for (const job of waiting()) check(job);
    for (const pieces of running) for (const { job } of pieces) check(job);
    if (Number.isFinite(next)) setNext(next - now);
  };
  const setNext = (ms: number): void => {
    timer = setTimeout(look, timerMs(ms)).unref();
  };

  return {
    add(job) {
      const { deadline, since } = job.work;
      if (deadline === undefined) timer ?? setNext(timeoutMs);
      else job.timer = setTimeout(() => refuse(job, tooLate), timerMs(deadline - since));
    },
    watch: (pieces) => void running.add(pieces),
    forget: (pieces) => void running.delete(pieces),
  };
};
