/** What a run waits for, in milliseconds of wall time. */
import type { Waits } from './types.ts';

export interface Stopwatch {
  timed<T>(what: keyof Waits, work: Promise<T>): Promise<T>;
  /** The times since the last call. */
  take(): Waits;
}

export const createStopwatch = (start: Waits): Stopwatch => {
  let waits = { ...start };
  return {
    async timed(what, work) {
      const began = performance.now();
      try {
        return await work;
      } finally {
        waits[what] += performance.now() - began;
      }
    },
    take() {
      const taken = waits;
      waits = { read: 0, score: 0, write: 0 };
      return taken;
    },
  };
};
