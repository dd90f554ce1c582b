/**
 * Tails of the chi-squared distribution, central and noncentral. The central one is the incomplete gamma function, by its series or
 * its continued fraction (Abramowitz & Stegun, Handbook of Mathematical Functions, 6.5.29 and 6.5.31, evaluated as W. J. Lentz
 * has it, 1976); the noncentral one its mean over a Poisson number of pairs of further degrees of freedom (26.4.25).
 */
import { lnGamma } from './ln-gamma.ts';

const EPSILON = 1e-16;
const MOST_TERMS = 100_000;
const TINY = 1e-300;

/** x^a e^−x / Γ(a). */
const density = (a: number, x: number): number => Math.exp(a * Math.log(x) - x - lnGamma(a));

/** 1 − Q(a, x), for x < a + 1. */
const lowerSeries = (a: number, x: number): number => {
  let term = 1 / a;
  let sum = term;
  for (let n = 1; n < MOST_TERMS && term > sum * EPSILON; n++) {
    term *= x / (a + n);
    sum += term;
  }
  return sum * density(a, x);
};

/** Q(a, x), for x ≥ a + 1. */
const upperFraction = (a: number, x: number): number => {
  let b = x + 1 - a;
  let c = 1 / TINY;
  let d = 1 / b;
  let fraction = d;
  for (let n = 1; n < MOST_TERMS; n++) {
    const an = -n * (n - a);
    b += 2;
    d = 1 / (an * d + b || TINY);
    c = b + an / c || TINY;
    const step = c * d;
    fraction *= step;
    if (Math.abs(step - 1) < EPSILON * 10) break;
  }
  return fraction * density(a, x);
};

/** The regularized upper incomplete gamma function Q(a, x) = Γ(a, x) / Γ(a). */
export const upperGamma = (a: number, x: number): number => {
  if (x <= 0) return 1;
  if (x === Number.POSITIVE_INFINITY) return 0;
  return x < a + 1 ? 1 - lowerSeries(a, x) : upperFraction(a, x);
};

/** The chance that chi-squared of `df` degrees of freedom is `x` or more. */
export const chiSquaredTail = (x: number, df: number): number => upperGamma(df / 2, x / 2);

/** The same with noncentrality `nc`. The Poisson numbers are gone through from the likeliest, both ways. */
export const noncentralChiSquaredTail = (x: number, df: number, nc: number): number => {
  if (!(nc > 0)) return chiSquaredTail(x, df);
  if (x <= 0) return 1;
  const mean = nc / 2;
  const middle = Math.floor(mean);
  const chance = (j: number): number => Math.exp(j * Math.log(mean) - mean - lnGamma(j + 1));
  const tail = (j: number): number => chiSquaredTail(x, df + 2 * j);
  let sum = 0;
  for (let j = middle, weight = chance(j); weight > EPSILON * sum || j < middle + 2; weight *= mean / ++j) {
    sum += weight * tail(j);
  }
  for (let j = middle - 1, weight = chance(j); j >= 0 && weight > EPSILON * sum; weight *= j-- / mean) {
    sum += weight * tail(j);
  }
  return Math.min(1, sum);
};
