/** How fast a model has answered of late, and from that, how long those who wait now will have to. */
import type { Limits } from './limits.ts';

export interface Pace {
  /** Learns from a run that has ended; `othersWait` when more is waiting for the next one. */
  learn(run: PacedRun, othersWait: boolean): void;
  /** True when so many waiting rows will take longer than anybody shall wait. */
  isTooSlowFor(rows: number): boolean;
}

export interface PacedRun {
  readonly began: number;
  readonly ended: number;
  readonly rows: number;
  /** Requests that were answered whole. */
  readonly requests: number;
}

/** How far back what is told of the past goes, in milliseconds; of slow runs at least about the last two. */
const MEMORY_MS = 250;
const keepOf = (took: number): number => Math.max(0.5, Math.exp(-took / MEMORY_MS));

/** `lanes` is how many runs there are at a time. */
export const createPace = ({ queueMs, queueRuns }: Pick<Limits, 'queueMs' | 'queueRuns'>, lanes: number): Pace => {
  const recent = { ms: 0, rows: 0, requests: 0 };
  let lastEnded = 0;
  let othersWaited = false;
  return {
    learn({ began, ended, rows, requests }, othersWait) {
      // Where others waited, what passed between two runs took its part of their time too.
      const took = othersWaited ? ended - lastEnded : (ended - began) / lanes;
      lastEnded = ended;
      othersWaited = othersWait;
      const keep = keepOf(took);
      recent.ms = recent.ms * keep + took;
      recent.rows = recent.rows * keep + rows;
      recent.requests = recent.requests * keep + requests;
    },
    isTooSlowFor(rows) {
      if (rows === 0 || recent.rows === 0) return false;
      const ms = (rows * recent.ms) / recent.rows;
      return ms > queueMs && ms > (queueRuns * recent.ms) / recent.requests;
    },
  };
};
