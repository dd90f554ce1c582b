/**
 * A scorer that runs in processes of its own, so that a long run holds up nothing else, and one that ends takes nothing
 * else with it. What a worker had that ended is run again, without the rows that end them.
 */
import { gatherAnswers, rangeOfColumns } from '../core/column-parts.ts';
import { emptyColumn, spread } from '../core/score-columns.ts';
import { rowsOf } from '../core/table-rows.ts';
import type { Answer, ColumnAnswers, ScoreOptions, Scorer } from '../core/types.ts';
import { createAllowance } from './allowance.ts';
import { type CrewOptions, createCrew, tooLate } from './crew.ts';
import type { Asked } from './messages.ts';
import { type Lost, type Range, type Survival, survive } from './survive.ts';
import { addTimings } from './timings.ts';

/** `limits.runMs` is what a row may take that has no deadline; a minute unless given. */
export type PoolOptions = CrewOptions;

export interface Pool {
  /**
   * Takes as many calls at a time as there are workers; more wait their turn. Closing it ends the workers.
   *
   * @throws UNAVAILABLE when closed; DEADLINE_EXCEEDED; WORKER_LOST when workers end and do not come back,
   * or end at nearly every row; what scoring throws
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

const RUN_MS = 60_000;

interface Call {
  readonly options: ScoreOptions;
  /** Its answers are out, or it has failed: what is left of it runs no more. */
  isOver: boolean;
}

/**
 * Resolves when the first worker is ready; the others join it.
 *
 * @throws WORKER_LOST when none of them can be started; what loading throws
 */
export const createPool = async (options: PoolOptions): Promise<Pool> => {
  const { found, limits: { runMs = RUN_MS } = {} } = options;
  const crew = await createCrew(options);
  const allowance = createAllowance();

  /** One attempt at rows of a call. */
  const attempt = async (asked: Asked, rows: number, timeMs: (() => number) | undefined, call: Call) => {
    const { deadline, timings } = call.options;
    const isOver = () => call.isOver;
    // Callers who have no time left do not end a worker that takes no longer than its rows take.
    const allowedMs = () => Math.max(timeMs?.() ?? 0, allowance.of(rows, runMs));
    const outcome = await crew.run({ asked, deadline, isOver, allowedMs });
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
    const hasHope = () => crew.hasHope;
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
    graph: crew.graph,
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
    close: crew.close,
  };

  return {
    scorer,
    size: options.size,
    get ready() {
      return crew.ready;
    },
    get restarts() {
      return crew.restarts;
    },
    get memoryBytes() {
      return crew.memoryBytes;
    },
    get pids() {
      return crew.pids;
    },
  };
};
