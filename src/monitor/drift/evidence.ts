/**
 * Evidence that a field drifts, gathered from window to window: an e-process. Whenever one looks, the chance that it has ever
 * come to 1/α without a drift is at most α (J. Ville, 1939), so that looking often costs nothing and slow drift adds up.
 *
 * Under no drift a window's counts have an exact predictive law, that of Pólya's urn, given the baseline and all windows so far.
 * Beside it stand the same law with the shape of the baseline and a short memory of recent windows; their quotient is an e-value.
 * When the drift began is not known: a mixture over all beginnings (J. Shin, A. Ramdas & A. Rinaldo, E-detectors, 2022).
 */
import { logDirichletMultinomial } from '../statistics/dirichlet-multinomial.ts';
import { addLogs, logMean } from '../statistics/logs.ts';

/** What is known so far, as plain data: the store holds it as JSON and goes on with the same values, bit for bit. */
export interface Evidence {
  readonly windows: number;
  /** Counts of all windows so far. */
  readonly total: readonly number[];
  /** The same, each window counting less as it grows old: one list for each of `MEMORIES`. */
  readonly recent: readonly (readonly number[])[];
  /** ln of the sum over beginnings so far; null before the first window. */
  readonly logSum: number | null;
  /** ln of the e-value of the last window alone. */
  readonly logLast: number;
}

/** What a window counts for, one window later. */
const MEMORIES = [0.5, 0.9] as const;
/** Rows that the shape of the baseline counts for beside the memory. */
const STRENGTHS = [10, 100, 1000] as const;

export const startEvidence = (bins: number): Evidence => {
  const none = new Array<number>(bins).fill(0);
  return { windows: 0, total: none, recent: MEMORIES.map(() => none), logSum: null, logLast: 0 };
};

/** `alpha`: what the baseline counts, as parameters of the law; all are above 0. */
export const addEvidence = (evidence: Evidence, counts: readonly number[], alpha: readonly number[]): Evidence => {
  const windows = evidence.windows + 1;
  const rows = alpha.reduce((sum, one) => sum + one, 0);
  const past = alpha.map((one, bin) => one + evidence.total[bin]);
  const others = STRENGTHS.flatMap((strength) =>
    evidence.recent.map((memory) => {
      const shape = alpha.map((one, bin) => (strength * one) / rows + memory[bin]);
      return logDirichletMultinomial(counts, shape);
    }),
  );
  const logLast = logMean(others) - logDirichletMultinomial(counts, past);
  const before = evidence.logSum ?? Number.NEGATIVE_INFINITY;
  return {
    windows,
    total: evidence.total.map((one, bin) => one + counts[bin]),
    recent: evidence.recent.map((memory, at) => memory.map((one, bin) => MEMORIES[at] * (one + counts[bin]))),
    logSum: logLast + addLogs(before, -Math.log(windows * (windows + 1))),
    logLast,
  };
};

/** ln of the e-value of all windows so far; 0 before the first. */
export const logEvidence = ({ windows, logSum }: Evidence): number =>
  addLogs(logSum ?? Number.NEGATIVE_INFINITY, Math.log(1 / (windows + 1)));
