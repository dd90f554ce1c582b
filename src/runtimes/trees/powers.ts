/** Powers of two whose exponents are fractions, for exponential functions. Web-standard. */

/** Splits a float64 into two of 26 bits. */
const SPLIT = 2 ** 27 + 1;

/** What a × b lacks when it is rounded to `product`. */
export const lost = (a: number, b: number, product: number): number => {
  const [wideA, wideB] = [a * SPLIT, b * SPLIT];
  const [highA, highB] = [wideA - (wideA - a), wideB - (wideB - b)];
  const [lowA, lowB] = [a - highA, b - highB];
  return lowA * lowB - (product - highA * highB - lowA * highB - highA * lowB);
};

/** 2^(1/2), 2^(1/4), … 2^(1/2048): the nearest float64, and what it lacks. */
export const halvings: readonly (readonly [number, number])[] = [
  [Math.SQRT2, -9.667293313452913e-17],
  [1.189207115002721, 3.982015231465646e-17],
  [1.0905077326652577, -3.046782079812471e-17],
  [1.0442737824274138, 8.551889705537965e-17],
  [1.0218971486541166, 5.109225028973444e-17],
  [1.0108892860517005, -1.5234778603368577e-17],
  [1.0054299011128027, 9.499186535455032e-17],
  [1.0027112750502025, -3.636615928692264e-17],
  [1.0013547198921082, -1.8973728416792993e-17],
  [1.0006771306930664, -5.1151232976856676e-17],
  [1.0003385080526823, -5.141333931318957e-18],
];

/** 2^(i/2^bits) for all i below 2^bits: the nearest float64, and what it lacks as a part of it. */
export const rootsOfTwo = (bits: number): { readonly roots: Float64Array; readonly tails: Float64Array } => {
  const roots = new Float64Array(1 << bits);
  const tails = new Float64Array(1 << bits);
  for (let step = 0; step < roots.length; step++) {
    let [high, low] = [1, 0];
    for (let bit = 0; bit < bits; bit++) {
      if (((step >> (bits - 1 - bit)) & 1) === 0) continue;
      const [more, rest] = halvings[bit];
      const product = high * more;
      const small = lost(high, more, product) + (high * rest + low * more);
      high = product + small;
      low = small - (high - product);
    }
    roots[step] = high;
    tails[step] = low / high;
  }
  return { roots, tails };
};

/** 2^n from -600 to 600: halves of what a float64 may have as its exponent. */
const MOST = 600;
const powers = Float64Array.from({ length: 2 * MOST + 1 }, (_, index) => 2 ** (index - MOST));

/** value × 2^power, without leaving the range of float64 on the way. */
export const scaled = (value: number, power: number): number => {
  const half = power >> 1;
  return value * powers[half + MOST] * powers[power - half + MOST];
};
