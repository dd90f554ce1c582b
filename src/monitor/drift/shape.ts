/**
 * The shape of a number: whether a window's values lie on the bins as the baseline's do.
 *
 * Where edges are order statistics of the baseline's own values and those are continuous, counts of a window follow, whatever the
 * distribution, a Dirichlet-multinomial law whose parameters are the baseline's counts, with one more in the last bin: the
 * spacings of uniform values. It takes the baseline's own error into account, so that a small one makes a careful test. Other
 * counts are two samples, compared with what both have in sum.
 */
import { chiSquaredTail, noncentralChiSquaredTail } from '../statistics/chi-squared.ts';

export interface Shape {
  /** Pearson's statistic over all bins: sees any change. */
  readonly chi2: number;
  readonly chi2Df: number;
  readonly chi2P: number;
  /** Neyman's: the first four moments of ranks, which sees what moves or spreads sooner. */
  readonly smooth: number;
  readonly smoothDf: number;
  readonly smoothP: number;
  /** Cohen's w, without what chance alone brings: about the shift in standard deviations. */
  readonly w: number;
  /** Moments of the difference by rank: where it lies (positive is higher), how far it spreads, and so on. */
  readonly moments: readonly number[];
  /** Rows of a window that would tell as much beside a baseline that is known for sure. */
  readonly effectiveRows: number;
}

const DEGREE = 4;
/** Rows that are expected in a cell of two samples, at least. */
const LEAST_EXPECTED = 5;

const total = (counts: readonly number[]): number => {
  let sum = 0;
  for (const count of counts) sum += count;
  return sum;
};

/**
 * What `above` has of each polynomial of the bins' middle ranks up to the fourth, orthonormal under `p`, without the constant one (J. C. W.
 * Rayner, O. Thas & D. J. Best, Smooth Tests of Goodness of Fit, 2009). Each follows from the two before it (T. J. Stieltjes, 1884).
 */
const momentsOf = (p: readonly number[], above: readonly number[]): readonly number[] => {
  const bins = p.length;
  const middles = new Float64Array(bins);
  let below = 0;
  for (let bin = 0; bin < bins; bin++) {
    middles[bin] = below + p[bin] / 2;
    below += p[bin];
  }
  let before = new Float64Array(bins);
  let last = new Float64Array(bins).fill(1 / Math.sqrt(below));
  let norm = 0;
  const moments: number[] = [];
  for (let degree = 1; degree <= Math.min(DEGREE, bins - 1); degree++) {
    let middle = 0;
    for (let bin = 0; bin < bins; bin++) middle += middles[bin] * last[bin] * last[bin] * p[bin];
    let squares = 0;
    for (let bin = 0; bin < bins; bin++) {
      const value = (middles[bin] - middle) * last[bin] - norm * before[bin];
      before[bin] = value;
      squares += value * value * p[bin];
    }
    norm = Math.sqrt(squares);
    [before, last] = [last, before];
    let moment = 0;
    for (let bin = 0; bin < bins; bin++) {
      last[bin] /= norm;
      moment += above[bin] * last[bin];
    }
    moments.push(moment);
  }
  return moments;
};

interface Differences {
  readonly chi2: number;
  readonly chi2Df: number;
  /** Shares of the window above those of the baseline, by bin. */
  readonly above: readonly number[];
  readonly p: readonly number[];
  readonly effectiveRows: number;
}

/** `leastEffect`, unless 0, makes p that of any effect up to it. */
const shapeOfDifferences = (
  { chi2, chi2Df, above, p, effectiveRows }: Differences,
  leastEffect: number,
): Shape | undefined => {
  if (chi2Df < 1) return undefined;
  const moments = momentsOf(p, above);
  const smooth = effectiveRows * moments.reduce((sum, moment) => sum + moment * moment, 0);
  const smoothDf = moments.length;
  const nc = effectiveRows * leastEffect ** 2;
  const tail = (x: number, df: number): number =>
    nc > 0 ? noncentralChiSquaredTail(x, df, nc) : chiSquaredTail(x, df);
  return {
    chi2,
    chi2Df,
    chi2P: tail(chi2, chi2Df),
    smooth,
    smoothDf,
    smoothP: tail(smooth, smoothDf),
    w: Math.sqrt(Math.max(0, chi2 - chi2Df, smooth - smoothDf) / effectiveRows),
    moments,
    effectiveRows,
  };
};

/**
 * Counts on edges that are order statistics of what `baseline` counts, of a continuous distribution. Undefined where there is
 * one bin, or nothing in it.
 */
export const exactShape = (
  baseline: readonly number[],
  window: readonly number[],
  leastEffect = 0,
): Shape | undefined => {
  const n = total(window);
  const rows = total(baseline) + 1;
  if (n === 0 || rows === 1) return undefined;
  const p = baseline.map((count, bin) => (count + (bin === baseline.length - 1 ? 1 : 0)) / rows);
  if (p.some((share) => share === 0)) return pooledShape(baseline, window, leastEffect);
  const effectiveRows = (n * (rows + 1)) / (rows + n);
  const above = p.map((share, bin) => window[bin] / n - share);
  const chi2 = effectiveRows * above.reduce((sum, one, bin) => sum + (one * one) / p[bin], 0);
  return shapeOfDifferences({ chi2, chi2Df: p.length - 1, above, p, effectiveRows }, leastEffect);
};

/** Cells of both samples: bins in which enough rows are expected, and all others in one. */
const cellsOf = (baseline: readonly number[], window: readonly number[], least: number) => {
  const [rest, cells]: [[number, number], [number, number][]] = [[0, 0], []];
  baseline.forEach((count, bin) => {
    if ((count + window[bin]) * least >= LEAST_EXPECTED) cells.push([count, window[bin]]);
    else {
      rest[0] += count;
      rest[1] += window[bin];
    }
  });
  return rest[0] + rest[1] > 0 ? [...cells, rest] : cells;
};

/** Counts of two samples on any bins. Undefined where all lie in one bin, or there is nothing in a sample. */
export const pooledShape = (
  baseline: readonly number[],
  window: readonly number[],
  leastEffect = 0,
): Shape | undefined => {
  const [m, n] = [total(baseline), total(window)];
  if (m === 0 || n === 0) return undefined;
  const all = m + n;
  const effectiveRows = (n * m) / all;
  let chi2 = 0;
  const cells = cellsOf(baseline, window, Math.min(m, n) / all);
  for (const [c, x] of cells) chi2 += (effectiveRows * (x / n - c / m) ** 2 * all) / (x + c);
  const filled = baseline.map((_, bin) => bin).filter((bin) => baseline[bin] + window[bin] > 0);
  const above = filled.map((bin) => window[bin] / n - baseline[bin] / m);
  const p = filled.map((bin) => (window[bin] + baseline[bin]) / all);
  return shapeOfDifferences({ chi2, chi2Df: cells.length - 1, above, p, effectiveRows }, leastEffect);
};
