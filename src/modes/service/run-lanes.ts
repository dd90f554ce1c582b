/**
 * Lanes, each for one run of the model at a time: a free one takes of the queue what is its share.
 *
 * Invariants: at most `size` runs are under way, and what they have taken waits no more.
 */
import { invariant } from '../../core/invariant.ts';
import type { Deadlines } from './deadlines.ts';
import type { Piece } from './job.ts';
import type { Queue } from './queue.ts';
import type { RunPieces } from './runs.ts';

export interface RunLanesOptions {
  readonly size: number;
  readonly queue: Queue;
  readonly deadlines: Deadlines;
  readonly run: RunPieces;
  /** Told each time when nothing runs and nothing that waits is left. */
  readonly onQuiet: () => void;
}

export interface RunLanes {
  /** Runs under way. */
  readonly running: number;
  /** What waits is run at the end of this turn of the event loop, as far as lanes are free. */
  wake(): void;
}

const rowsOf = (pieces: readonly Piece[]): number => {
  let rows = 0;
  for (const { start, end } of pieces) rows += end - start;
  return rows;
};

export const createRunLanes = ({ size, queue, deadlines, run, onQuiet }: RunLanesOptions): RunLanes => {
  const { waiting } = queue;
  let running = 0;
  let runningRows = 0;
  let isAsked = false;

  /**
   * Lanes share what there is evenly, however it came, and something is left for the one that is free next: so nobody
   * waits for many others again and again while somebody else is answered alone.
   */
  const share = (): number => (size === 1 ? waiting.rows : Math.ceil((waiting.rows + runningRows) / (size + 1))) || 1;

  const pump = (): void => {
    while (running < size) {
      const pieces = queue.take(share());
      if (pieces.length === 0) break;
      const rows = rowsOf(pieces);
      running++;
      runningRows += rows;
      deadlines.watch(pieces);
      void run(pieces).then(() => {
        deadlines.forget(pieces);
        running--;
        runningRows -= rows;
        const { job, end } = pieces[pieces.length - 1];
        // What is left of a long request is run in another turn of the event loop: a model in this thread leaves it none.
        if (end < job.work.rows) setImmediate(pump);
        else pump();
      });
    }
    if (running === 0) onQuiet();
  };
  const pumpLater = (): void => {
    isAsked = false;
    pump();
  };

  return {
    get running() {
      return running;
    },
    wake() {
      invariant(running >= 0 && running <= size, 'no more runs than there are lanes');
      if (running === size || isAsked) return;
      isAsked = true;
      setImmediate(pumpLater);
    },
  };
};
