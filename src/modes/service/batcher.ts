/**
 * Adaptive micro-batching: a request that finds the model idle is run at once; those that come while it runs wait, and
 * the next run takes them together. So nothing waits for a batch to fill, and batches grow as the load does.
 */
import { fail, MillraceError } from '../../core/errors.ts';
import type { Scorer, Timings } from '../../core/types.ts';
import type { Form, Part } from './forms.ts';
import type { Limits } from './limits.ts';

/** Whoever waits for the answer; a socket is one. */
export interface Caller {
  readonly destroyed: boolean;
}

export interface Work<Input, Output> {
  readonly form: Form<Input, Output>;
  readonly input: Input;
  /** At least one. */
  readonly rows: number;
  /** About how much memory the input takes. */
  readonly bytes: number;
  /** When the answer is of no use any more, on the clock of `performance.now()`; `limits.timeoutMs` unless given. */
  readonly deadline?: number | undefined;
  /** When it came, on that clock. */
  readonly since: number;
  readonly caller?: Caller | undefined;
  /** Where to write how the last of its runs went, for a trace. */
  readonly spent?: Spent | undefined;
}

/** When a request came into the queue, and when its run began and ended, on the clock of `performance.now()`. */
export interface Spent {
  queued: number;
  began: number;
  ended: number;
  /** Rows and requests that shared the run. */
  rows: number;
  requests: number;
}

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
  readonly limits: Pick<
    Limits,
    'batchRows' | 'batchBytes' | 'queueRequests' | 'queueRows' | 'queueBytes' | 'queueMs' | 'queueRuns' | 'timeoutMs'
  >;
  /** Runs at a time: 1 for a scorer in this thread. */
  readonly lanes?: number;
  readonly onRun?: (run: Run) => void;
}

export interface Batcher {
  /** @throws MillraceError QUEUE_FULL, DEADLINE_EXCEEDED, CANCELLED */
  submit<Input, Output>(work: Work<Input, Output>): Promise<Output>;
  /** Refuses at once what would be refused for want of room; cheap, and before a body is read. @throws MillraceError QUEUE_FULL */
  admit(): void;
  /** What waits now. */
  readonly waiting: { readonly requests: number; readonly rows: number; readonly bytes: number };
  /** Requests that wait or run. */
  readonly inFlight: number;
  /** When the last run ended, on the clock of `performance.now()`: now, for who has just got an answer. */
  readonly answeredAt: number;
  /** Resolves when nothing waits or runs any more. */
  idle(): Promise<void>;
}

/** What of the past counts in an estimate after one more run. */
const keep = 0.9;

/** A class because one is made for every request: a hidden class and methods on a prototype cost less. */
class Job {
  readonly work: Work<unknown, unknown>;
  readonly resolve: (output: unknown) => void;
  readonly reject: (error: unknown) => void;
  /** Of the runs so far, where one is not enough. */
  outputs: unknown[] | undefined;
  timer: NodeJS.Timeout | undefined;
  /** Rows handed to runs, and rows answered. */
  taken = 0;
  answered = 0;
  settled = false;
  waitedItsTurn = false;

  constructor(work: Work<unknown, unknown>, resolve: (output: unknown) => void, reject: (error: unknown) => void) {
    this.work = work;
    this.resolve = resolve;
    this.reject = reject;
  }
}

interface Piece extends Part<unknown> {
  readonly job: Job;
}

// Made once: a stack for each of many refusals would cost more than the refusal.
const queueFull = fail(
  'QUEUE_FULL',
  'More requests wait for this model than it can answer soon; try again a little later.',
  {
    expected: 'room in the queue',
    got: 'a full queue',
  },
);
const tooLate = fail('DEADLINE_EXCEEDED', 'The time allowed for this request ran out before its answer was ready.', {
  expected: 'an answer in time',
  got: 'a deadline that has passed',
});
const cancelled = fail('CANCELLED', 'The caller went away before the answer was ready.');

export const createBatcher = ({ scorer, limits, lanes = 1, onRun }: BatcherOptions): Batcher => {
  /** By the form's key, each in order of arrival; a key without jobs is taken out. */
  const queues = new Map<string, Job[]>();
  const waiting = { requests: 0, rows: 0, bytes: 0 };
  let running = 0;
  let inFlight = 0;
  let answeredAt = 0;
  let othersWaited = false;
  /** Of the runs so far, the last ones counting most. */
  const recent = { ms: 0, rows: 0, requests: 0 };
  let idlers: (() => void)[] = [];

  const settle = (job: Job): boolean => {
    if (job.settled) return false;
    job.settled = true;
    clearTimeout(job.timer);
    inFlight--;
    return true;
  };
  /** Takes what is left of a job out of the sums; its place in the queue is cleared when the queue is next looked at. */
  const dropWaiting = ({ work, taken }: Job): void => {
    if (taken === work.rows) return;
    waiting.requests--;
    waiting.rows -= work.rows - taken;
    waiting.bytes -= work.bytes;
  };
  const refuse = (job: Job, error: unknown): void => {
    if (!settle(job)) return;
    dropWaiting(job);
    job.reject(error);
  };
  /** What waits would take longer than allowed, or there are too many of them. */
  const isFull = (): boolean => {
    if (waiting.requests === 0 || recent.rows === 0) return waiting.requests >= limits.queueRequests;
    if (waiting.requests >= limits.queueRequests) return true;
    const ms = (waiting.rows * recent.ms) / recent.rows;
    return ms > limits.queueMs && ms > (limits.queueRuns * recent.ms) / recent.requests;
  };
  const fits = ({ rows, bytes }: Work<unknown, unknown>): boolean => {
    if (isFull()) return false;
    const { requests } = waiting;
    return requests === 0 || (waiting.rows + rows <= limits.queueRows && waiting.bytes + bytes <= limits.queueBytes);
  };
  const sweep = (): void => {
    for (const [key, queue] of queues) {
      for (const job of queue) if (job.work.caller?.destroyed) refuse(job, cancelled);
      const left = queue.filter((job) => !job.settled);
      if (left.length === 0) queues.delete(key);
      else queues.set(key, left);
    }
  };

  /** The queue whose first job has waited longest. */
  const oldest = (): Job[] | undefined => {
    if (queues.size === 1) for (const queue of queues.values()) return queue;
    let found: Job[] | undefined;
    for (const queue of queues.values()) if (!found || queue[0].work.since < found[0].work.since) found = queue;
    return found;
  };

  /** Takes the next run's rows out of the queues; none when nothing waits. */
  const assemble = (): readonly Piece[] => {
    for (let queue = oldest(); queue !== undefined; queue = oldest()) {
      const pieces = takeFrom(queue);
      if (queue.length === 0) for (const [key, value] of queues) if (value === queue) queues.delete(key);
      if (pieces.length > 0) return pieces;
    }
    return [];
  };
  /** What is left of a long request lets those behind it pass, once for each of its runs. */
  const letOthersPass = (queue: Job[]): void => {
    const [first] = queue;
    if (first.taken === 0 || first.work.rows - first.taken <= limits.batchRows) return;
    first.waitedItsTurn = !first.waitedItsTurn;
    if (first.waitedItsTurn) queue.push(...queue.splice(0, 1));
  };
  const takeFrom = (queue: Job[]): readonly Piece[] => {
    const now = performance.now();
    letOthersPass(queue);
    const pieces: Piece[] = [];
    let rows = 0;
    let bytes = 0;
    let done = 0;
    for (; done < queue.length && rows < limits.batchRows && bytes < limits.batchBytes; done++) {
      const job = queue[done];
      const { work } = job;
      if (!job.settled && work.caller?.destroyed) refuse(job, cancelled);
      // No timer is set for this one: nothing hangs on the moment, and a timer for each request has its price.
      if (now - job.work.since > limits.timeoutMs) refuse(job, tooLate);
      if (job.settled) continue;
      const start = job.taken;
      const end = Math.min(work.rows, start + limits.batchRows - rows);
      pieces.push({ job, input: work.input, rows: work.rows, start, end });
      rows += end - start;
      bytes += (work.bytes * (end - start)) / work.rows;
      waiting.rows -= end - start;
      job.taken = end;
      if (end < work.rows) break;
      waiting.requests--;
      waiting.bytes -= work.bytes;
    }
    queue.splice(0, done);
    return pieces;
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

  /** How fast rows are answered. Where others waited, what passed between two runs took its part of their time too. */
  const learn = (began: number, ended: number, rows: number, pieces: readonly Piece[]): void => {
    const took = othersWaited ? ended - answeredAt : (ended - began) / lanes;
    answeredAt = ended;
    othersWaited = waiting.requests > 0;
    recent.ms = recent.ms * keep + took;
    recent.rows = recent.rows * keep + rows;
    recent.requests = recent.requests * keep + pieces.filter(({ end, job }) => end === job.work.rows).length;
  };

  const run = async (pieces: readonly Piece[]): Promise<void> => {
    const { form } = pieces[0].job.work;
    const began = performance.now();
    const rows = pieces.reduce((sum, { start, end }) => sum + end - start, 0);
    const timings: Timings = { validate: 0, prepare: 0, run: 0, finish: 0 };
    try {
      const output = await form.score(scorer, form.join(pieces), { timings });
      const ended = performance.now();
      learn(began, ended, rows, pieces);
      let at = 0;
      for (const { job, start, end } of pieces) {
        const { spent } = job.work;
        if (spent) Object.assign(spent, { queued: job.work.since, began, ended, rows, requests: pieces.length });
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
      const pieces = assemble();
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

  const enqueue = (job: Job): void => {
    const { key } = job.work.form;
    const queue = queues.get(key);
    if (queue) queue.push(job);
    else queues.set(key, [job]);
    waiting.requests++;
    waiting.rows += job.work.rows;
    waiting.bytes += job.work.bytes;
    inFlight++;
  };

  return {
    waiting,
    admit() {
      if (!isFull()) return;
      sweep();
      if (isFull()) throw queueFull;
    },
    get inFlight() {
      return inFlight;
    },
    get answeredAt() {
      return answeredAt;
    },
    submit<Input, Output>(work: Work<Input, Output>): Promise<Output> {
      const anyWork = work as Work<unknown, unknown>;
      return new Promise<unknown>((resolve, reject) => {
        if (!fits(anyWork)) {
          sweep();
          if (!fits(anyWork)) return reject(queueFull);
        }
        const job = new Job(anyWork, resolve, reject);
        if (work.deadline !== undefined) {
          if (work.deadline <= job.work.since) return reject(tooLate);
          job.timer = setTimeout(() => refuse(job, tooLate), work.deadline - job.work.since);
        }
        enqueue(job);
        if (running < lanes) pump();
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
