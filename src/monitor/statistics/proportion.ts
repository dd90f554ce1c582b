/** Intervals of shares, and of the difference of two, in which the true one lies 95 times in 100 unless another chance is given. */
import { betaQuantile } from './beta-quantile.ts';
import { normalQuantile } from './normal.ts';

export type Bounds = readonly [low: number, high: number];

/** What an interval misses, unless given. */
export const ALPHA = 0.05;

/** E. B. Wilson, Probable inference, the law of succession, and statistical inference (1927). */
export const wilson = (successes: number, n: number, alpha: number = ALPHA): Bounds => {
  const z = normalQuantile(alpha / 2);
  const [share, square] = [successes / n, z * z];
  const middle = (share + square / (2 * n)) / (1 + square / n);
  const half = (z / (1 + square / n)) * Math.sqrt((share * (1 - share)) / n + square / (4 * n * n));
  return [successes === 0 ? 0 : Math.max(0, middle - half), successes === n ? 1 : Math.min(1, middle + half)];
};

/** C. J. Clopper & E. S. Pearson, The use of confidence or fiducial limits (1934): never too narrow. */
export const clopperPearson = (successes: number, n: number, alpha: number = ALPHA): Bounds => [
  successes === 0 ? 0 : betaQuantile(alpha / 2, successes, n - successes + 1),
  successes === n ? 1 : betaQuantile(1 - alpha / 2, successes + 1, n - successes),
];

/** Below so many, and where all or none succeed, the interval of Wilson may be too narrow. */
const FEW = 40;

/** Which of the two suits, and what it says. */
export const proportion = (successes: number, n: number, alpha: number = ALPHA) => {
  const isFew = n < FEW || successes === 0 || successes === n;
  return {
    bounds: isFew ? clopperPearson(successes, n, alpha) : wilson(successes, n, alpha),
    method: isFew ? ('Clopper-Pearson' as const) : ('Wilson' as const),
  };
};

export interface Share {
  readonly successes: number;
  readonly n: number;
}

/** Of a − b, which are of different rows: R. G. Newcombe, Interval estimation for the difference (1998), method 10. */
export const newcombe = (a: Share, b: Share, alpha: number = ALPHA): Bounds => {
  const [p, q] = [a.successes / a.n, b.successes / b.n];
  const [[lowA, highA], [lowB, highB]] = [wilson(a.successes, a.n, alpha), wilson(b.successes, b.n, alpha)];
  return [p - q - Math.hypot(p - lowA, highB - q), p - q + Math.hypot(highA - p, q - lowB)];
};
