/**
 * Adaptive micro-batching: a request that finds the model idle is run at the end of this very turn of the event loop,
 * with whatever else came in it; those that come during the run wait, and the next one takes them together. So nothing
 * waits for a batch to fill, and batches grow as the load does.
 */
import { MillraceError } from '../../core/errors.ts';
import type { Scorer, Timings } from '../../core/types.ts';
import { Job, type Piece, queueFull, tooLate, type Work } from './job.ts';
import type { Limits } from './limits.ts';
import { createPace } from './pace.ts';
import { createQueue, type QueueLimits, type Waiting } from './queue.ts';

/** One run of the model, told to whoever watches. */
export interface Run {
  readonly rows: number;
  readonly requests: number;
  readonly timings: Timings;
  /** Milliseconds that each of its requests had waited. */
  readonly waited: readonly number[];
}

export interface BatcherOptions {
  readonly scorer: Scorer;
  readonly limits: QueueLimits & Pick<Limits, 'queueMs' | 'queueRuns'>;
  /** Runs at a time: 1 for a scorer in this thread. */
  readonly lanes?: number;
  readonly onRun?: (run: Run) => void;
}

export interface Batcher {
  /** @throws MillraceError QUEUE_FULL, DEADLINE_EXCEEDED, CANCELLED; WORKER_LOST */
  submit<Input, Output>(work: Work<Input, Output>): Promise<Output>;
  /** Refuses at once, before a body is read, what has no chance to get in. @throws MillraceError QUEUE_FULL */
  admit(): void;
  readonly waiting: Waiting;
  /** Requests that wait or run. */
  readonly inFlight: number;
  /** When the last run ended, on the clock of `performance.now()`: now, for who has just got an answer. */
  readonly answeredAt: number;
  /** Resolves when nothing waits or runs any more. */
  idle(): Promise<void>;
}

export const createBatcher = ({ scorer, limits, lanes = 1, onRun }: BatcherOptions): Batcher => {
  let running = 0;
  let inFlight = 0;
  let pumpAsked = false;
  let idlers: (() => void)[] = [];

  const settle = (job: Job): boolean => {
    if (job.settled) return false;
    job.settled = true;
    clearTimeout(job.timer);
    inFlight--;
    return true;
  };
  const refuse = (job: Job, error: unknown): void => {
    if (!settle(job)) return;
    queue.drop(job);
    job.reject(error);
  };
  const queue = createQueue(limits, refuse);
  const pace = createPace(limits, lanes);
  const { waiting } = queue;
  const hasRoom = (rows: number, bytes: number): boolean =>
    queue.hasRoom(rows, bytes) && !pace.isTooSlowFor(waiting.rows);
  /** Room that those take who are gone is room. */
  const findRoom = (rows: number, bytes: number): boolean => {
    if (hasRoom(rows, bytes)) return true;
    queue.sweep();
    return hasRoom(rows, bytes);
  };

  const answer = (job: Job, output: unknown, rows: number): void => {
    if (job.settled) return;
    job.answered += rows;
    const { work } = job;
    if (rows < work.rows) {
      job.outputs ??= [];
      job.outputs.push(output);
      if (job.answered < work.rows) return;
    }
    settle(job);
    job.resolve(job.outputs === undefined ? output : work.form.gather(job.outputs));
  };

  const run = async (pieces: readonly Piece[]): Promise<void> => {
    const { form } = pieces[0].job.work;
    const began = performance.now();
    let rows = 0;
    let whole = 0;
    for (const { start, end, job } of pieces) {
      rows += end - start;
      if (end === job.work.rows) whole++;
    }
    const timings: Timings = { validate: 0, prepare: 0, run: 0, finish: 0 };
    try {
      const output = await form.score(scorer, form.join(pieces), { timings });
      const ended = performance.now();
      pace.learn({ began, ended, rows, requests: whole }, waiting.requests > 0);
      let at = 0;
      for (const { job, start, end } of pieces) {
        const { spent, since } = job.work;
        if (spent) Object.assign(spent, { queued: since, began, ended, rows, requests: pieces.length });
        answer(job, form.take(output, rows, at, at + end - start), end - start);
        at += end - start;
      }
      onRun?.({ rows, requests: pieces.length, timings, waited: pieces.map(({ job }) => began - job.work.since) });
    } catch (error) {
      // A process that is gone fails what it had at once: nobody knows which of them, if any, was the reason.
      if (error instanceof MillraceError && error.code === 'WORKER_LOST')
        for (const { job } of pieces) refuse(job, error);
      // Whatever else it was, it is not the fault of all of them: each gets its own chance, and its own error.
      else if (pieces.length > 1) for (const piece of pieces) await run([piece]);
      else refuse(pieces[0].job, error);
    }
  };

  const pump = (): void => {
    while (running < lanes) {
      // Free lanes share what waits, so that none stands idle while another has all of it.
      const pieces = queue.take(Math.ceil(waiting.rows / (lanes - running)) || 1);
      if (pieces.length === 0) break;
      running++;
      void run(pieces).then(next);
    }
    if (inFlight === 0 && running === 0 && idlers.length > 0) {
      for (const resolve of idlers) resolve();
      idlers = [];
    }
  };
  const next = (): void => {
    running--;
    pump();
  };

  const pumpLater = (): void => {
    pumpAsked = false;
    pump();
  };

  const begin = (job: Job): void => {
    const { deadline, since } = job.work;
    if (deadline !== undefined) job.timer = setTimeout(() => refuse(job, tooLate), deadline - since);
    queue.add(job);
    inFlight++;
    if (running === lanes || pumpAsked) return;
    pumpAsked = true;
    setImmediate(pumpLater);
  };

  return {
    waiting,
    get inFlight() {
      return inFlight;
    },
    get answeredAt() {
      return pace.answeredAt;
    },
    admit() {
      if (!findRoom(0, 0)) throw queueFull;
    },
    submit<Input, Output>(work: Work<Input, Output>): Promise<Output> {
      return new Promise<unknown>((resolve, reject) => {
        if (!findRoom(work.rows, work.bytes)) reject(queueFull);
        else if (work.deadline !== undefined && work.deadline <= work.since) reject(tooLate);
        else begin(new Job(work as Work<unknown, unknown>, resolve, reject));
      }) as Promise<Output>;
    },
    idle: () =>
      inFlight === 0 && running === 0
        ? Promise.resolve()
        : new Promise((resolve) => {
            idlers.push(resolve);
          }),
  };
};
