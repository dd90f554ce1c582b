/** Whether what is said to come true 7 times in 10 does so. */
import { wilson } from '../statistics/proportion.ts';
import type { ScoreTally } from './scores.ts';

export interface CalibrationBin {
  /** Rows, which may be a fraction where a score stands in two bins. */
  readonly rows: number;
  /** The mean of what was said. */
  readonly said: number;
  /** The share that came true, with its Wilson interval. */
  readonly cameTrue: number;
  readonly low: number;
  readonly high: number;
}

/** Bins, unless given. */
const BINS = 10;
/** Of a row: what is left of a bin by rounding. */
const NOTHING = 1e-9;

/** Bins of as many rows each, by rising score. Rows of one score that stands at an edge are shared out, so no order of rows matters. */
export const calibrationOf = (
  { values, positives, negatives }: ScoreTally,
  bins: number = BINS,
): readonly CalibrationBin[] => {
  const rows = positives.reduce((sum, count, at) => sum + count + negatives[at], 0);
  const size = rows / bins;
  const found: CalibrationBin[] = [];
  let [taken, said, cameTrue] = [0, 0, 0];
  const close = (): void => {
    const [low, high] = wilson(cameTrue, taken);
    found.push({ rows: taken, said: said / taken, cameTrue: cameTrue / taken, low, high });
    [taken, said, cameTrue] = [0, 0, 0];
  };
  for (let at = 0; at < values.length; at++) {
    const here = positives[at] + negatives[at];
    const share = positives[at] / here;
    for (let left = here; left > NOTHING; ) {
      const part = Math.min(left, size - taken);
      taken += part;
      said += part * values[at];
      cameTrue += part * share;
      left -= part;
      if (size - taken < NOTHING && found.length < bins - 1) close();
    }
  }
  if (taken > NOTHING) close();
  return found;
};

/** The expected calibration error: how far the bins are from what they say, by their rows (M. P. Naeini et al., 2015). */
export const eceOf = (bins: readonly CalibrationBin[]): number => {
  const rows = bins.reduce((sum, bin) => sum + bin.rows, 0);
  return bins.reduce((sum, bin) => sum + (bin.rows / rows) * Math.abs(bin.said - bin.cameTrue), 0);
};
