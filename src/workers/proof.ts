/**
 * Proving a package that is not known to be safe: it is loaded and scores its examples in a process of its own, with limits
 * of time and memory. What it does to that process it would do to the one that puts it to work.
 */
import { fail, MillraceError } from '../core/errors.ts';
import { sampleRow } from '../core/sample-row.ts';
import type { Answer, ColumnAnswers, ScoreOptions, Scorer, Timings } from '../core/types.ts';
import type { Package } from '../package/layout.ts';
import type { Asked } from './messages.ts';
import { addTimings } from './timings.ts';
import { startWorker, type Worker } from './worker.ts';

export interface ProofOptions {
  /** Milliseconds that a row may take; 10 s unless given. Loading may take six times as long. */
  readonly rowMs?: number | undefined;
  /** Bytes of memory that its process may take; as for any worker unless given. */
  readonly memoryBytes?: number | undefined;
  /** Aborted when nobody wants to know any more. */
  readonly signal?: AbortSignal | undefined;
}

const ROW_MS = 10_000;
/** Rows that loading may take as long as. */
const LOAD_ROWS = 6;
/** Rows scored together take no longer than this many alone: those that do are not known to end. */
const MOST_ROWS = 60;

const refuse = ({ manifest: { name, version } }: Package, what: string, error: unknown): unknown => {
  if (!(error instanceof MillraceError) || error.code !== 'WORKER_LOST') return error;
  const how = error.problem.got ?? error.message;
  return fail('BAD_MODEL', `${name}@${version} ends the process that ${what}: ${how}.`, {
    expected: 'a model that answers within its limits of time and memory',
    got: how,
    cause: error,
  });
};

/** Each example alone, so that the one which ends the process is known; a made-up row where there are none. */
const scoreEach = async (found: Package, worker: Worker, rowMs: number): Promise<void> => {
  const { examples, manifest } = found;
  const rows = examples.length > 0 ? examples.map(({ input }) => input) : [sampleRow(manifest.inputs)];
  for (const [index, row] of rows.entries()) {
    try {
      await worker.ask({ rows: [row], coerce: undefined }, rowMs);
    } catch (error) {
      const which = examples.length > 0 ? `example ${index}` : `a made-up row, ${JSON.stringify(row).slice(0, 200)}`;
      throw refuse(found, `scores ${which}`, error);
    }
  }
};

/**
 * A scorer in a process of its own that has scored each example, or one made-up row where there are none. It is for more
 * proof, not for work: rows that end its process are refused as a fault of the model.
 *
 * @throws BAD_MODEL, with what happened to the process; what loading throws
 */
export const openProof = async (
  found: Package,
  { rowMs = ROW_MS, memoryBytes, signal }: ProofOptions = {},
): Promise<Scorer> => {
  let worker: Worker;
  try {
    signal?.throwIfAborted();
    worker = await startWorker(found, { loadMs: rowMs * LOAD_ROWS, memoryBytes }, signal);
  } catch (error) {
    throw refuse(found, 'loads it', error);
  }
  const giveUp = (): void => worker.kill('nobody waits for it any more');
  if (signal?.aborted) giveUp();
  else signal?.addEventListener('abort', giveUp, { once: true });
  const ask = async (asked: Asked, rows: number, timings: Timings | undefined) => {
    try {
      const answered = await worker.ask(asked, rowMs * Math.min(MOST_ROWS, Math.max(1, rows)));
      addTimings(timings, answered.timings);
      return answered.answers;
    } catch (error) {
      throw refuse(found, `scores ${rows === 1 ? 'a row' : `${rows} rows together`}`, error);
    }
  };
  const rowsOf = (columns: Readonly<Record<string, { readonly length: number }>>): number =>
    Math.max(1, ...Object.values(columns).map(({ length }) => length));
  try {
    await scoreEach(found, worker, rowMs);
  } catch (error) {
    await worker.close();
    throw error;
  }
  return {
    manifest: found.manifest,
    digest: found.digest,
    graph: worker.graph,
    score: (rows, { coerce, timings }: ScoreOptions = {}) =>
      ask({ rows, coerce }, rows.length, timings) as Promise<readonly Answer[]>,
    scoreColumns: (columns, { coerce, timings }: ScoreOptions = {}) =>
      ask({ columns, coerce }, rowsOf(columns), timings) as Promise<ColumnAnswers>,
    close: () => worker.close(),
  };
};
