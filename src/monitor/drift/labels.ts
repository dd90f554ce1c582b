/**
 * Labels: whether a window has them as often as the baseline. Two samples, compared on cells that are chosen by what both count in
 * sum: chosen by the baseline alone, whatever is large there by chance would seem to fall.
 */
import { chiSquaredTail, noncentralChiSquaredTail } from '../statistics/chi-squared.ts';

/** Counts of the labels that the baseline keeps, and of all its others together. */
export interface LabelCounts {
  readonly labels: readonly number[];
  readonly other: number;
}

export interface LabelShift {
  readonly chi2: number;
  readonly df: number;
  readonly p: number;
  /** Cohen's w, without what chance alone brings. */
  readonly w: number;
}

/** Labels that a baseline keeps at most: a list of so many may lack others that are as frequent as its last one. */
const FULL_LIST = 100;
const LEAST_EXPECTED = 5;

const rowsOf = ({ labels, other }: LabelCounts): number => labels.reduce((sum, count) => sum + count, other);

/** Counts of baseline and window, cell by cell. */
const cellsOf = (baseline: LabelCounts, window: LabelCounts, m: number, n: number): readonly [number, number][] => {
  const all = m + n;
  const last = baseline.labels.length >= FULL_LIST ? Math.min(...baseline.labels) : 0;
  const least = last > 0 ? Math.max(LEAST_EXPECTED, last + 4 * Math.sqrt(last) + 4) : LEAST_EXPECTED;
  const cells: [number, number][] = [];
  const rest: [number, number] = [baseline.other, window.other];
  baseline.labels.forEach((count, at) => {
    const times = window.labels[at];
    const both = count + times;
    if ((both * m) / all >= least && (both * n) / all >= LEAST_EXPECTED) cells.push([count, times]);
    else {
      rest[0] += count;
      rest[1] += times;
    }
  });
  if (((rest[0] + rest[1]) * Math.min(n, m)) / all >= LEAST_EXPECTED) return [...cells, rest];
  const smallest = cells.reduce<[number, number] | undefined>(
    (a, b) => (a !== undefined && a[0] + a[1] <= b[0] + b[1] ? a : b),
    undefined,
  );
  if (smallest !== undefined) {
    smallest[0] += rest[0];
    smallest[1] += rest[1];
  }
  return cells;
};

/** Undefined where there are fewer than two cells to compare. `leastEffect`, unless 0, makes p that of any effect up to it. */
export const labelShift = (baseline: LabelCounts, window: LabelCounts, leastEffect = 0): LabelShift | undefined => {
  const [m, n] = [rowsOf(baseline), rowsOf(window)];
  if (m === 0 || n === 0) return undefined;
  const effectiveRows = (n * m) / (n + m);
  const cells = cellsOf(baseline, window, m, n);
  if (cells.length < 2) return undefined;
  let chi2 = 0;
  for (const [c, x] of cells) chi2 += (effectiveRows * (x / n - c / m) ** 2 * (n + m)) / (x + c);
  const df = cells.length - 1;
  const p =
    leastEffect > 0 ? noncentralChiSquaredTail(chi2, df, effectiveRows * leastEffect ** 2) : chiSquaredTail(chi2, df);
  return { chi2, df, p, w: Math.sqrt(Math.max(0, chi2 - df) / effectiveRows) };
};
