/**
 * The regularized incomplete beta function, by its continued fraction (Abramowitz & Stegun, Handbook of Mathematical Functions,
 * 26.5.8, evaluated as W. J. Lentz has it, 1976), on the side of the mean where that converges fast.
 */
import { lnBeta } from './ln-gamma.ts';

const EPSILON = 1e-15;
const MOST_TERMS = 100_000;
const TINY = 1e-300;

const fraction = (x: number, a: number, b: number): number => {
  let c = 1;
  let d = 1 / (1 - ((a + b) * x) / (a + 1) || TINY);
  let result = d;
  const take = (part: number): number => {
    d = 1 / (1 + part * d || TINY);
    c = 1 + part / c || TINY;
    result *= c * d;
    return Math.abs(c * d - 1);
  };
  for (let m = 1; m < MOST_TERMS; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    take(even);
    if (take(odd) < EPSILON) break;
  }
  return result;
};

/** x^a (1 − x)^b / (a B(a, b)). */
const front = (x: number, a: number, b: number): number =>
  Math.exp(a * Math.log(x) + b * Math.log1p(-x) - lnBeta(a, b)) / a;

/** I_x(a, b): the chance that a Beta(a, b) is `x` or less; a and b > 0. */
export const incompleteBeta = (x: number, a: number, b: number): number => {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  return x < (a + 1) / (a + b + 2)
    ? front(x, a, b) * fraction(x, a, b)
    : 1 - front(1 - x, b, a) * fraction(1 - x, b, a);
};

/** 1 − I_x(a, b), with all its digits where it is small. */
export const incompleteBetaTail = (x: number, a: number, b: number): number => incompleteBeta(1 - x, b, a);
