/** One request on its way through a batcher, and the reasons for which it may not get its answer. */
import { fail } from '../../core/errors.ts';
import type { Timings } from '../../core/types.ts';
import type { Form, InputRange } from './forms.ts';

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
}

/** One run of the model. */
export interface ModelRun {
  /** When it began and ended, on the clock of `performance.now()`. */
  readonly began: number;
  readonly ended: number;
  /** Rows and requests that shared it. */
  readonly rows: number;
  readonly requests: number;
  readonly timings: Timings;
  /** Milliseconds that each of its requests had waited. */
  readonly waited: readonly number[];
}

/** What a request came to. */
export interface Done<Output> {
  readonly output: Output;
  /** The last of its runs. */
  readonly run: ModelRun;
}

/** A class because one is made for every request: a hidden class and methods on a prototype cost less. */
export class Job {
  readonly work: Work<unknown, unknown>;
  /** When its answer is of no use any more. */
  readonly deadline: number;
  readonly resolve: (done: Done<unknown>) => void;
  readonly reject: (error: unknown) => void;
  /** Of the runs so far, where one is not enough, and at which row each begins: they may end in any order. */
  outputs: { readonly start: number; readonly output: unknown }[] | undefined;
  timer: NodeJS.Timeout | undefined;
  /** Rows handed to runs, and rows answered. */
  taken = 0;
  answered = 0;
  settled = false;
  letOthersPass = false;

  constructor(
    work: Work<unknown, unknown>,
    timeoutMs: number,
    resolve: (done: Done<unknown>) => void,
    reject: (error: unknown) => void,
  ) {
    this.work = work;
    this.deadline = work.deadline ?? work.since + timeoutMs;
    this.resolve = resolve;
    this.reject = reject;
  }
}

/** Rows of a job that are run together. */
export interface Piece extends InputRange<unknown> {
  readonly job: Job;
}

// Made once: a stack for each of many refusals would cost more than the refusal.
export const queueFull = fail(
  'QUEUE_FULL',
  'More requests wait for this model than it can answer soon; try again a little later.',
  { expected: 'room in the queue', got: 'a full queue' },
);
export const tooLate = fail(
  'DEADLINE_EXCEEDED',
  'The time allowed for this request ran out before its answer was ready.',
  { expected: 'an answer in time', got: 'a deadline that has passed' },
);
export const cancelled = fail('CANCELLED', 'The caller went away before the answer was ready.');
