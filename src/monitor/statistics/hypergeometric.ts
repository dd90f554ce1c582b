/**
 * Fisher's exact test of two shares, out of the hypergeometric distribution: one probability by logarithms, the others from it
 * by their quotients, outwards until they add nothing. So it takes as many steps as the distribution is wide, and no tables.
 */
import { lnChoose } from './ln-gamma.ts';

const EPSILON = 1e-17;

/** `x` of `n` rows, and `y` of `m` others. */
export interface TwoShares {
  readonly x: number;
  readonly n: number;
  readonly y: number;
  readonly m: number;
}

/** The chance of exactly `x`, of all that have as many in sum. */
export const hypergeometric = ({ x, n, y, m }: TwoShares): number =>
  Math.exp(lnChoose(n, x) + lnChoose(m, y) - lnChoose(n + m, x + y));

/**
 * p of two equal shares against any others: twice the smaller tail (R. A. Fisher, Statistical Methods for Research Workers, 1934),
 * at most 1.
 */
export const fisherP = ({ x, n, y, m }: TwoShares): number => {
  const all = x + y;
  if (n === 0 || m === 0 || all === 0 || all === n + m) return 1;
  const isMore = x * (n + m) >= all * n;
  let tail = 1;
  let term = 1;
  for (let at = x; term > tail * EPSILON; ) {
    if (isMore) {
      term *= ((n - at) * (all - at)) / ((at + 1) * (m - all + at + 1));
      at++;
    } else {
      term *= (at * (m - all + at)) / ((n - at + 1) * (all - at + 1));
      at--;
    }
    tail += term;
  }
  return Math.min(1, 2 * hypergeometric({ x, n, y, m }) * tail);
};
