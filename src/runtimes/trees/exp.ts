/**
 * The exponential function of float64 as the C library of Linux has it (glibc from 2.28; ARM's optimized routines, exp):
 * e^x = 2^(k/128) × e^r, the first from a table in two parts, the second by a polynomial, put together by one fused
 * multiply-add. LightGBM calls it. `Math.exp` gives another last bit for one value in some ten.
 */
const STEPS = 128;
const STEPS_BY_LN2 = Math.LOG2E * STEPS;
/** Added and taken away again, it rounds to an integer, halves to even. */
const SHIFT = 1.5 * 2 ** 52;
/** ln 2 / 128 in two parts: times k, the first is exact. */
const [STEP_HIGH, STEP_LOW] = [0.005415212348111709, 1.2864023111638344e-14];
const [C2, C3, C4, C5] = [0.49999999999996786, 0.16666666666665886, 0.0416666808410674, 0.008333335853059549];
/** Splits a float64 into two of 26 bits. */
const SPLIT = 2 ** 27 + 1;

/** What a × b lacks when it is rounded to `product`. */
const lost = (a: number, b: number, product: number): number => {
  const [wideA, wideB] = [a * SPLIT, b * SPLIT];
  const [highA, highB] = [wideA - (wideA - a), wideB - (wideB - b)];
  const [lowA, lowB] = [a - highA, b - highB];
  return lowA * lowB - (product - highA * highB - lowA * highB - highA * lowB);
};

/** 2^(1/2), 2^(1/4), … 2^(1/128): the nearest float64, and what it lacks. */
const halvings: readonly (readonly [number, number])[] = [
  [Math.SQRT2, -9.667293313452913e-17],
  [1.189207115002721, 3.982015231465646e-17],
  [1.0905077326652577, -3.046782079812471e-17],
  [1.0442737824274138, 8.551889705537965e-17],
  [1.0218971486541166, 5.109225028973444e-17],
  [1.0108892860517005, -1.5234778603368577e-17],
  [1.0054299011128027, 9.499186535455032e-17],
];
/** 2^(i/128), and what that lacks, as a part of it. */
const roots = new Float64Array(STEPS);
const tails = new Float64Array(STEPS);
for (let step = 0; step < STEPS; step++) {
  let [high, low] = [1, 0];
  for (const [bit, [more, rest]] of halvings.entries()) {
    if (((step >> (6 - bit)) & 1) === 0) continue;
    const product = high * more;
    const small = lost(high, more, product) + (high * rest + low * more);
    high = product + small;
    low = small - (high - product);
  }
  roots[step] = high;
  tails[step] = low / high;
}

/** 2^n from -600 to 600. */
const MOST = 600;
const powers = Float64Array.from({ length: 2 * MOST + 1 }, (_, index) => 2 ** (index - MOST));

export const exp = (x: number): number => {
  if (!(x < 709.79 && x > -745.2)) return Number.isNaN(x) ? x : x > 0 ? Infinity : 0;
  const k = STEPS_BY_LN2 * x + SHIFT - SHIFT;
  const r = x - k * STEP_HIGH - k * STEP_LOW;
  const step = ((k % STEPS) + STEPS) % STEPS;
  const square = r * r;
  const more = tails[step] + r + square * (C2 + r * C3) + square * square * (C4 + r * C5);
  const root = roots[step];
  const product = root * more;
  const sum = root + product;
  const value = sum + (product - (sum - root) + lost(root, more, product));
  const power = (k - step) / STEPS;
  const half = power >> 1;
  return value * powers[half + MOST] * powers[power - half + MOST];
};
