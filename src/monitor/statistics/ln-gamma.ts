/**
 * The logarithm of the gamma function, and of its quotients, for positive arguments: by Stirling's series from 10 on (Abramowitz &
 * Stegun, Handbook of Mathematical Functions, 6.1.41), and by the recurrence below. Quotients are told apart from the
 * difference of two logarithms, whose digits are lost where both are large.
 */

const HALF_LN_2PI = 0.5 * Math.log(2 * Math.PI);
/** From here on the series below gives all digits of a double. */
const LARGE = 10;

/** What lnΓ(x) is above (x − ½) ln x − x + ½ ln 2π, for x ≥ 10. */
const correction = (x: number): number => {
  const s = 1 / (x * x);
  return (
    (1 / 12 - s * (1 / 360 - s * (1 / 1260 - s * (1 / 1680 - s * (1 / 1188 - s * (691 / 360360 - s * (1 / 156))))))) / x
  );
};

/** lnΓ(x), x > 0. */
export const lnGamma = (x: number): number => {
  let product = 1;
  let at = x;
  while (at < LARGE) {
    product *= at;
    at++;
  }
  return (at - 0.5) * Math.log(at) - at + HALF_LN_2PI + correction(at) - Math.log(product);
};

/** ln(Γ(a + x) / Γ(a)), a > 0, x ≥ 0: for whole x that of a (a + 1) … (a + x − 1). */
export const lnRising = (a: number, x: number): number => {
  if (x === 0) return 0;
  if (a < LARGE) return lnGamma(a + x) - lnGamma(a);
  const end = a + x;
  return (a - 0.5) * Math.log1p(x / a) + x * Math.log(end) - x + correction(end) - correction(a);
};

/** ln B(a, b) = ln(Γ(a) Γ(b) / Γ(a + b)), a and b > 0. */
export const lnBeta = (a: number, b: number): number => {
  const [less, more] = a < b ? [a, b] : [b, a];
  if (less < LARGE) return lnGamma(less) - lnRising(more, less);
  const ratio = less / more;
  const corrections = correction(less) + correction(more) - correction(less + more);
  const share = (less - 0.5) * Math.log(ratio / (1 + ratio)) - more * Math.log1p(ratio);
  return share - 0.5 * Math.log(more) + HALF_LN_2PI + corrections;
};

/** The logarithm of the binomial coefficient: in how many ways k of n are chosen. */
export const lnChoose = (n: number, k: number): number =>
  k === 0 || k === n ? 0 : -Math.log(n + 1) - lnBeta(k + 1, n - k + 1);
