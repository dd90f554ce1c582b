/**
 * A scorer that runs in processes of its own, so that a long run holds up nothing else, and one that ends takes nothing
 * else with it. Workers that end are replaced, and what they had is run again, without the rows that end them.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { gatherAnswers, rangeOfColumns } from '../core/column-parts.ts';
import { fail, MillraceError, messageOf } from '../core/errors.ts';
import { emptyColumn, spread } from '../core/finish.ts';
import { rowsOf } from '../core/signature.ts';
import type { Answer, ColumnAnswers, ScoreOptions, Scorer, Timings } from '../core/types.ts';
import type { Package } from '../package/layout.ts';
import { createAllowance } from './allowance.ts';
import type { Asked } from './messages.ts';
import { type Lost, type Range, type Survival, survive } from './survive.ts';
import { type Answered, startWorker, type Worker, type WorkerLimits } from './worker.ts';

export interface PoolOptions {
  readonly found: Package;
  /** Processes. */
  readonly size: number;
  /** `runMs` is what a row may take that has no deadline. */
  readonly limits?: WorkerLimits | undefined;
  /** Told of each worker that ended by itself. */
  readonly onLost?: ((pid: number | undefined, how: string) => void) | undefined;
}

export interface Pool {
  /**
   * Takes as many calls at a time as there are workers; more wait their turn. Closing it ends the workers.
   *
   * @throws MillraceError UNAVAILABLE when closed; DEADLINE_EXCEEDED; WORKER_LOST when workers end and do not come back,
   * or end at nearly every row; what scoring throws.
   */
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

/** Milliseconds before a worker is started again, once it is plain that it will end again, at first and at most. */
const backoff = { first: 100, most: 5000 };
/** Workers that may end, without an answer of any between them, before others are started later, and calls given up. */
const FREE_LOSSES = 8;
const MOST_LOSSES = 12;
const RUN_MS = 60_000;

type Outcome = { readonly answered: Answered; readonly ms: number } | Lost;

interface Waiting {
  readonly asked: Asked;
  readonly deadline: number | undefined;
  /** True once its call has been given up. */
  readonly isOver: () => boolean;
  /** Milliseconds that it may take if it begins now. */
  readonly allowedMs: () => number;
  resolve(outcome: Outcome): void;
  reject(error: unknown): void;
}

interface Call {
  readonly options: ScoreOptions;
  /** Its answers are out, or it has failed: what is left of it runs no more. */
  isOver: boolean;
}

const addTimings = (to: Timings | undefined, from: Timings): void => {
  if (to === undefined) return;
  for (const stage of Object.keys(from) as (keyof Timings)[]) to[stage] += from[stage];
};

const closed = () => fail('UNAVAILABLE', 'The workers of this model are closed.');
const tooLate = () =>
  fail('DEADLINE_EXCEEDED', 'The time allowed for these rows ran out before their answers were ready.', {
    expected: 'an answer in time',
    got: 'a deadline that has passed',
  });

/**
 * Resolves when the first worker is ready; the others join it.
 *
 * @throws MillraceError when none of them can be started, or can load the package.
 */
export const createPool = async ({ found, size, limits = {}, onLost }: PoolOptions): Promise<Pool> => {
  const workers = new Set<Worker>();
  const idle: Worker[] = [];
  const waiting: Waiting[] = [];
  const starts = new Set<Promise<void>>();
  const closing = new AbortController();
  const allowance = createAllowance();
  const { runMs = RUN_MS } = limits;
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

  /** One attempt at rows of a call. */
  const attempt = async (asked: Asked, rows: number, timeMs: (() => number) | undefined, call: Call) => {
    if (closing.signal.aborted) throw closed();
    const { deadline, timings } = call.options;
    const isOver = () => call.isOver;
    // Callers who have no time left do not end a worker that takes no longer than its rows take.
    const allowedMs = () => Math.max(timeMs?.() ?? 0, allowance.of(rows, runMs));
    const outcome = await new Promise<Outcome>((resolve, reject) => {
      waiting.push({ asked, deadline, isOver, allowedMs, resolve, reject });
      give();
    });
    if ('lost' in outcome) {
      if (deadline !== undefined && performance.now() >= deadline) throw tooLate();
      return outcome;
    }
    allowance.learn(rows, outcome.ms);
    addTimings(timings, outcome.answered.timings);
    return { output: outcome.answered.answers };
  };

  const outlast = async <Output>(
    rows: number,
    ask: (range: Range) => Asked,
    answers: Pick<Survival<Output>, 'refuse' | 'gather'>,
    options: ScoreOptions,
  ): Promise<Output> => {
    const { deadline } = options;
    const call: Call = { options, isOver: false };
    const run = (range: Range, hasTime: boolean) => {
      const own = range.end - range.start;
      // One of several rows leaves half of the time to the answers of the others.
      const timeMs = () => (deadline === undefined ? runMs : (deadline - performance.now()) * (own === rows ? 1 : 0.5));
      return attempt(ask(range), own, hasTime ? timeMs : undefined, call) as Promise<{ output: Output } | Lost>;
    };
    if (options.undivided || rows === 0) {
      const outcome = await run({ start: 0, end: rows }, false);
      if ('lost' in outcome) throw outcome.lost;
      return outcome.output;
    }
    const hasHope = () => losses < MOST_LOSSES;
    try {
      return await survive({ ...answers, rows, suspected: options.suspected ?? false, run, hasHope });
    } finally {
      call.isOver = true;
    }
  };

  const { inputs, outputs } = found.manifest;
  const nothing = (): ColumnAnswers['columns'] =>
    Object.fromEntries(
      Object.entries(outputs).map(([name, field]) => [name, spread(emptyColumn(field), 1, new Int32Array(0))]),
    );
  const scorer: Scorer = {
    manifest: found.manifest,
    digest: found.digest,
    graph,
    score: (rows, options = {}) =>
      outlast<readonly Answer[]>(
        rows.length,
        ({ start, end }) => ({
          rows: start === 0 && end === rows.length ? rows : rows.slice(start, end),
          coerce: options.coerce,
        }),
        { refuse: (error) => [{ error }], gather: (parts) => parts.flat() },
        options,
      ),
    async scoreColumns(columns, options = {}) {
      const rows = rowsOf(inputs, columns);
      return outlast<ColumnAnswers>(
        rows,
        ({ start, end }) => ({ columns: rangeOfColumns(columns, rows, start, end), coerce: options.coerce }),
        {
          refuse: (problem) => ({ rows: 1, columns: nothing(), errors: new Map([[0, problem]]) }),
          gather: gatherAnswers,
        },
        options,
      );
    },
    async close() {
      closing.abort();
      refuseAll(closed());
      await Promise.allSettled(starts);
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
