/**
 * Adaptive micro-batching: a request that finds the model idle is run at the end of this very turn of the event loop,
 * with whatever else came in it; those that come during the run wait, and the next one takes them together. So nothing
 * waits for a batch to fill, and batches grow as the load does.
 *
 * Invariants: a job is settled once, by its answer or its refusal, and `inFlight` is how many are not. At most `lanes` runs are
 * under way, and what they have taken waits no more.
 */
import { MillraceError } from '../../core/errors.ts';
import { invariant } from '../../core/invariant.ts';
import type { Scorer, Timings } from '../../core/types.ts';
import { createDeadlines } from './deadlines.ts';
import { type Done, Job, type ModelRun, type Piece, queueFull, tooLate, type Work } from './job.ts';
import type { Limits } from './limits.ts';
import { createPace } from './pace.ts';
import { createQueue, type QueueLimits, type Waiting } from './queue.ts';

export interface BatcherOptions {
  readonly scorer: Scorer;
  readonly limits: QueueLimits & Pick<Limits, 'queueMs' | 'queueRuns' | 'timeoutMs'>;
  /** Runs at a time: 1 for a scorer in this thread. */
  readonly lanes?: number;
  /** Told of each run that came to answers. */
  readonly onRun?: (run: ModelRun) => void;
}

export interface Batcher {
  /** @throws MillraceError QUEUE_FULL, DEADLINE_EXCEEDED, CANCELLED; WORKER_LOST */
  submit<Input, Output>(work: Work<Input, Output>): Promise<Done<Output>>;
  /** Refuses at once, before a body is read, what has no chance to get in. @throws MillraceError QUEUE_FULL */
  admit(): void;
  readonly waiting: Waiting;
  /** Requests that wait or run. */
  readonly inFlight: number;
  /** Resolves when nothing waits or runs any more. */
  idle(): Promise<void>;
}

const isLost = (error: unknown): boolean => error instanceof MillraceError && error.code === 'WORKER_LOST';

const rowsOf = (pieces: readonly Piece[]): number => {
  let rows = 0;
  for (const { start, end } of pieces) rows += end - start;
  return rows;
};

const PARTS = 8;
const eighthsOf = (pieces: readonly Piece[]): readonly (readonly Piece[])[] => {
  const size = Math.ceil(pieces.length / PARTS);
  return Array.from({ length: Math.ceil(pieces.length / size) }, (_, part) =>
    pieces.slice(part * size, (part + 1) * size),
  );
};

export const createBatcher = ({ scorer, limits, lanes = 1, onRun }: BatcherOptions): Batcher => {
  let running = 0;
  let runningRows = 0;
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
  const deadlines = createDeadlines(limits.timeoutMs, queue.jobs, refuse);
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

  const answer = ({ job, start, end }: Piece, output: unknown, run: ModelRun): void => {
    if (job.settled) return;
    const { work } = job;
    job.answered += end - start;
    if (job.answered === work.rows && job.outputs === undefined) {
      settle(job);
      job.resolve({ output, run });
      return;
    }
    job.outputs ??= [];
    job.outputs.push({ start, output });
    if (job.answered < work.rows) return;
    settle(job);
    const inOrder = job.outputs.sort((a, b) => a.start - b.start);
    job.resolve({ output: work.form.gather(inOrder.map((part) => part.output)), run });
  };

  /** `suspected`: these rows were in a run that ended its process. */
  const runAll = async (pieces: readonly Piece[], suspected = false): Promise<void> => {
    const { form } = pieces[0].job.work;
    const began = performance.now();
    let rows = 0;
    let whole = 0;
    let deadline = 0;
    for (const { start, end, job } of pieces) {
      rows += end - start;
      if (job.deadline > deadline) deadline = job.deadline;
      if (end === job.work.rows) whole++;
    }
    const timings: Timings = { validate: 0, prepare: 0, run: 0, finish: 0 };
    try {
      const options = { timings, deadline, undivided: pieces.length > 1, suspected };
      const output = await form.score(scorer, form.join(pieces), options);
      const ended = performance.now();
      pace.learn({ began, ended, rows, requests: whole }, waiting.requests > 0);
      const waited = pieces.map(({ job }) => began - job.work.since);
      const run: ModelRun = { began, ended, rows, requests: pieces.length, timings, waited };
      let at = 0;
      for (const piece of pieces) {
        const size = piece.end - piece.start;
        answer(piece, form.take(output, rows, at, at + size), run);
        at += size;
      }
      onRun?.(run);
    } catch (error) {
      if (pieces.length === 1) {
        refuse(pieces[0].job, error);
        return;
      }
      const left = pieces.filter(({ job }) => !job.settled);
      // Whatever it was, it is not the fault of all of them: each gets its own chance, and its own error.
      if (!isLost(error)) for (const piece of left) await runAll([piece]);
      // The process that ran them is gone, or was ended: those that are not the reason are not to wait for those that are.
      else await Promise.all(eighthsOf(left).map((part) => runAll(part, true)));
    }
  };

  const pump = (): void => {
    while (running < lanes) {
      // Lanes share what there is evenly, however it came, and something is left for the one that is free next: so nobody
      // waits for many others again and again while somebody else is answered alone.
      const share = lanes === 1 ? waiting.rows : Math.ceil((waiting.rows + runningRows) / (lanes + 1));
      const pieces = queue.take(share || 1);
      if (pieces.length === 0) break;
      const rows = rowsOf(pieces);
      running++;
      runningRows += rows;
      deadlines.watch(pieces);
      void runAll(pieces).then(() => {
        deadlines.forget(pieces);
        running--;
        runningRows -= rows;
        const { job, end } = pieces[pieces.length - 1];
        // What is left of a long request is run in another turn of the event loop: a model in this thread leaves it none.
        if (end < job.work.rows) setImmediate(pump);
        else pump();
      });
    }
    if (inFlight === 0 && running === 0 && idlers.length > 0) {
      for (const resolve of idlers) resolve();
      idlers = [];
    }
  };
  const pumpLater = (): void => {
    pumpAsked = false;
    pump();
  };

  const begin = (job: Job): void => {
    deadlines.add(job);
    queue.add(job);
    inFlight++;
    invariant(
      inFlight >= waiting.requests && running <= lanes,
      'what waits is in flight, and no more runs than there are lanes',
    );
    if (running === lanes || pumpAsked) return;
    pumpAsked = true;
    setImmediate(pumpLater);
  };

  return {
    waiting,
    get inFlight() {
      return inFlight;
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
      inFlight === 0 && running === 0
        ? Promise.resolve()
        : new Promise((resolve) => {
            idlers.push(resolve);
          }),
  };
};
