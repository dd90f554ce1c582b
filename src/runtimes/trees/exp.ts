/**
 * The exponential function of float64 as the C library of Linux has it (glibc from 2.28; ARM's optimized routines, exp):
 * e^x = 2^(k/128) × e^r, the first from a table in two parts, the second by a polynomial, put together by one fused
 * multiply-add. LightGBM and CatBoost call it. `Math.exp` gives another last bit for one value in some ten.
 */
import { lost, rootsOfTwo, scaled } from './powers.ts';

const BITS = 7;
const STEPS = 1 << BITS;
const STEPS_BY_LN2 = Math.LOG2E * STEPS;
/** Added and taken away again, it rounds to an integer, halves to even. */
const SHIFT = 1.5 * 2 ** 52;
/** ln 2 / 128 in two parts: times k, the first is exact. */
const [STEP_HIGH, STEP_LOW] = [0.005415212348111709, 1.2864023111638344e-14];
const [C2, C3, C4, C5] = [0.49999999999996786, 0.16666666666665886, 0.0416666808410674, 0.008333335853059549];

const { roots, tails } = rootsOfTwo(BITS);

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
  return scaled(sum + (product - (sum - root) + lost(root, more, product)), (k - step) / STEPS);
};
