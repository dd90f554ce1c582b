/**
 * Adaptive micro-batching: a request that finds the model idle is run at the end of this very turn of the event loop,
 * with whatever else came in it; those that come during the run wait, and the next one takes them together. So nothing
 * waits for a batch to fill, and batches grow as the load does.
 *
 * Invariants: what waits is in flight.
 */
import { invariant } from '../../core/invariant.ts';
import type { Scorer } from '../../core/types.ts';
import { createDeadlines } from './deadlines.ts';
import { createInFlight } from './in-flight.ts';
import { type Done, Job, type ModelRun, queueFull, tooLate, type Work } from './job.ts';
import type { Limits } from './limits.ts';
import { createPace } from './pace.ts';
import { createQueue, type QueueLimits, type Waiting } from './queue.ts';
import { createRunLanes } from './run-lanes.ts';
import { createRuns } from './runs.ts';

export interface BatcherOptions {
  readonly scorer: Scorer;
  readonly limits: QueueLimits & Pick<Limits, 'queueMs' | 'queueRuns' | 'timeoutMs'>;
  /** Runs at a time; 1, as for a scorer in this thread, unless given. */
  readonly lanes?: number;
  /** Told of each run that came to answers; nobody unless given. */
  readonly onRun?: (run: ModelRun) => void;
}

export interface Batcher {
  /** @throws QUEUE_FULL, DEADLINE_EXCEEDED, CANCELLED, WORKER_LOST */
  submit<Input, Output>(work: Work<Input, Output>): Promise<Done<Output>>;
  /** Refuses at once, before a body is read, what has no chance to get in. @throws QUEUE_FULL */
  admit(): void;
  readonly waiting: Waiting;
  /** Requests that wait or run. */
  readonly inFlight: number;
  /** Resolves when nothing waits or runs any more. */
  idle(): Promise<void>;
}

export const createBatcher = ({ scorer, limits, lanes: size = 1, onRun }: BatcherOptions): Batcher => {
  let idlers: (() => void)[] = [];
  const inFlight = createInFlight();
  const refuse = (job: Job, error: unknown): void => {
    if (!inFlight.settle(job)) return;
    queue.drop(job);
    job.reject(error);
  };
  const queue = createQueue(limits, refuse);
  const { waiting } = queue;
  const deadlines = createDeadlines(limits.timeoutMs, queue.jobs, refuse);
  const pace = createPace(limits, size);
  const run = createRuns({ scorer, waiting, inFlight, pace, refuse, onRun });
  const onQuiet = (): void => {
    if (inFlight.count > 0 || idlers.length === 0) return;
    for (const resolve of idlers) resolve();
    idlers = [];
  };
  const lanes = createRunLanes({ size, queue, deadlines, run, onQuiet });

  const hasRoom = (rows: number, bytes: number): boolean =>
    queue.hasRoom(rows, bytes) && !pace.isTooSlowFor(waiting.rows);
  /** Room that those take who are gone is room. */
  const findRoom = (rows: number, bytes: number): boolean => {
    if (hasRoom(rows, bytes)) return true;
    queue.sweep();
    return hasRoom(rows, bytes);
  };
  const begin = (job: Job): void => {
    deadlines.add(job);
    queue.add(job);
    inFlight.add();
    invariant(inFlight.count >= waiting.requests, 'what waits is in flight');
    lanes.wake();
  };

  return {
    waiting,
    get inFlight() {
      return inFlight.count;
    },
    admit() {
      if (!findRoom(0, 0)) throw queueFull;
    },
    submit<Input, Output>(work: Work<Input, Output>): Promise<Done<Output>> {
      return new Promise<Done<unknown>>((resolve, reject) => {
        if (!findRoom(work.rows, work.bytes)) reject(queueFull);
        else if ((work.deadline ?? work.since + limits.timeoutMs) <= work.since) reject(tooLate);
        else begin(new Job(work as Work<unknown, unknown>, limits.timeoutMs, resolve, reject));
      }) as Promise<Done<Output>>;
    },
    idle: () =>
      inFlight.count === 0 && lanes.running === 0
        ? Promise.resolve()
        : new Promise((resolve) => {
            idlers.push(resolve);
          }),
  };
};
