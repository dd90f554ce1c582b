/**
 * The beta-binomial distribution: how many of `n` there are when each has the same chance, which was drawn from Beta(a, b) (J. G. Skellam,
 * 1948). One probability by logarithms, the others from it by their quotients, outwards until they add nothing.
 */
import { lnBeta, lnChoose } from './ln-gamma.ts';

const EPSILON = 1e-17;

const chance = (k: number, n: number, a: number, b: number): number =>
  Math.exp(lnChoose(n, k) + lnBeta(k + a, n - k + b) - lnBeta(a, b));

/** P(N ≥ x). */
export const betaBinomialTail = (x: number, n: number, a: number, b: number): number => {
  if (x <= 0) return 1;
  if (x > n) return 0;
  if (x * (a + b) <= n * a) {
    let [below, term] = [0, chance(x - 1, n, a, b)];
    for (let k = x - 1; k >= 0 && term > below * EPSILON; k--) {
      below += term;
      term *= (k * (n - k + b)) / ((n - k + 1) * (k - 1 + a));
    }
    return Math.max(0, 1 - below);
  }
  let [tail, term] = [0, chance(x, n, a, b)];
  for (let k = x; k <= n && term > tail * EPSILON; k++) {
    tail += term;
    term *= ((n - k) * (k + a)) / ((k + 1) * (n - k - 1 + b));
  }
  return Math.min(1, tail);
};
