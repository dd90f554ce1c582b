/**
 * The requests that a batcher has taken and not settled.
 *
 * Invariants: a job is settled once, by its answer or its refusal, and `count` is how many are not.
 */
import { invariant } from '../../core/invariant.ts';
import type { Job, ModelRun, Piece } from './job.ts';

export interface InFlight {
  readonly count: number;
  add(): void;
  /** False for one that was settled before. */
  settle(job: Job): boolean;
  /** The output of some of its rows, which settles the job when it is that of the last ones. */
  answer(piece: Piece, output: unknown, run: ModelRun): void;
}

export const createInFlight = (): InFlight => {
  const flight = {
    count: 0,
    add(): void {
      flight.count++;
    },
    settle(job: Job): boolean {
      if (job.settled) return false;
      job.settled = true;
      clearTimeout(job.timer);
      flight.count--;
      invariant(flight.count >= 0, 'no job is settled that was not in flight');
      return true;
    },
    answer({ job, start, end }: Piece, output: unknown, run: ModelRun): void {
      if (job.settled) return;
      const { work } = job;
      job.answered += end - start;
      if (job.answered === work.rows && job.outputs === undefined) {
        flight.settle(job);
        job.resolve({ output, run });
        return;
      }
      job.outputs ??= [];
      job.outputs.push({ start, output });
      if (job.answered < work.rows) return;
      flight.settle(job);
      const inOrder = job.outputs.sort((a, b) => a.start - b.start);
      job.resolve({ output: work.form.gather(inOrder.map((part) => part.output)), run });
    },
  };
  return flight;
};
