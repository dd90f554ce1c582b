/** Quantiles of the beta distribution, and of Student's t by it: by halving, which ends at the last bit. */
import { incompleteBeta } from './incomplete-beta.ts';

/** The x of which a Beta(a, b) is `x` or less with chance `p`; a and b > 0. */
export const betaQuantile = (p: number, a: number, b: number): number => {
  if (p <= 0) return 0;
  if (p >= 1) return 1;
  let [low, high] = [0, 1];
  for (;;) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) return middle;
    if (incompleteBeta(middle, a, b) < p) low = middle;
    else high = middle;
  }
};

/**
 * The value that a t of `df` degrees of freedom exceeds, in absolute value, with chance `alpha` (Abramowitz & Stegun, Handbook of
 * Mathematical Functions, 26.7.1).
 */
export const studentQuantile = (alpha: number, df: number): number => {
  const share = betaQuantile(1 - alpha, 0.5, df / 2);
  return Math.sqrt((df * share) / (1 - share));
};
