/** How long runs may take, going by how long rows have taken. */

/** Times as long as its rows have taken so far, and at least so many milliseconds, before a run is taken to hang. */
const TIMES = 10;
const LEAST_MS = 2000;
/** How much of the slowest row's time is remembered from one run to the next. */
const MEMORY = 0.995;

export interface Allowance {
  /** Milliseconds after which a run of so many rows is taken to hang; `unknownMs` before anything was learned. */
  of(rows: number, unknownMs: number): number;
  learn(rows: number, ms: number): void;
}

export const createAllowance = (): Allowance => {
  let slowestRowMs: number | undefined;
  return {
    of: (rows, unknownMs) => (slowestRowMs === undefined ? unknownMs : Math.max(LEAST_MS, TIMES * slowestRowMs * rows)),
    learn(rows, ms) {
      if (rows > 0) slowestRowMs = Math.max(ms / rows, (slowestRowMs ?? 0) * MEMORY);
    },
  };
};
