import type { Timings } from '../core/types.ts';

/** Adds what a worker has told of a run, where somebody wants to know. */
export const addTimings = (to: Timings | undefined, from: Timings | undefined): void => {
  if (to === undefined || from === undefined) return;
  for (const stage of Object.keys(from) as (keyof Timings)[]) to[stage] += from[stage];
};
