/** Runs of one model: pieces of requests are joined, scored, and taken apart again. One bad request spoils no other. */
import { MillraceError } from '../../core/errors.ts';
import type { Scorer, Timings } from '../../core/types.ts';
import type { InFlight } from './in-flight.ts';
import type { Job, ModelRun, Piece } from './job.ts';
import type { Pace } from './pace.ts';
import type { Waiting } from './queue.ts';

export interface RunsOptions {
  readonly scorer: Scorer;
  readonly waiting: Waiting;
  readonly inFlight: InFlight;
  readonly pace: Pace;
  readonly refuse: (job: Job, error: unknown) => void;
  /** Told of each run that came to answers; nobody unless given. */
  readonly onRun?: ((run: ModelRun) => void) | undefined;
}

/** Runs pieces of one form together. Resolves when each is answered or refused, and never rejects. */
export type RunPieces = (pieces: readonly Piece[]) => Promise<void>;

const isLost = (error: unknown): boolean => error instanceof MillraceError && error.code === 'WORKER_LOST';

const PARTS = 8;
const eighthsOf = (pieces: readonly Piece[]): readonly (readonly Piece[])[] => {
  const size = Math.ceil(pieces.length / PARTS);
  return Array.from({ length: Math.ceil(pieces.length / size) }, (_, part) =>
    pieces.slice(part * size, (part + 1) * size),
  );
};

export const createRuns = ({ scorer, waiting, inFlight, pace, refuse, onRun }: RunsOptions): RunPieces => {
  /** Whatever it was, it is not the fault of all of them: each gets its own chance, and its own error. */
  const runApart = async (pieces: readonly Piece[], error: unknown): Promise<void> => {
    if (pieces.length === 1) {
      refuse(pieces[0].job, error);
      return;
    }
    const left = pieces.filter(({ job }) => !job.settled);
    if (!isLost(error)) for (const piece of left) await run([piece]);
    // The process that ran them is gone, or was ended: those that are not the reason are not to wait for those that are.
    else await Promise.all(eighthsOf(left).map((part) => run(part, true)));
  };

  /** `suspected`: these rows were in a run that ended its process. */
  const run = async (pieces: readonly Piece[], suspected = false): Promise<void> => {
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
      const done: ModelRun = { began, ended, rows, requests: pieces.length, timings, waited };
      let at = 0;
      for (const piece of pieces) {
        const size = piece.end - piece.start;
        inFlight.answer(piece, form.take(output, rows, at, at + size), done);
        at += size;
      }
      onRun?.(done);
    } catch (error) {
      await runApart(pieces, error);
    }
  };
  return run;
};
