/** How long the stages of a prediction take. */
import type { Timings } from './types.ts';

/** Adds the time since the last lap to a stage. */
export type Lap = (stage: keyof Timings) => void;

const noLap: Lap = () => {};

/** Laps from now on; they cost nothing where nobody wants to know. */
export const startLaps = (timings: Timings | undefined): Lap => {
  if (timings === undefined) return noLap;
  let last = performance.now();
  return (stage) => {
    const now = performance.now();
    timings[stage] += now - last;
    last = now;
  };
};
