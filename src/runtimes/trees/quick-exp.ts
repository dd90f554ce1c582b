/**
 * The exponential function of float64 that CatBoost takes where many are asked for (fmath's expd): 2^(k/2048) from a table,
 * times a cubic.
 */
import { rootsOfTwo, scaled } from './powers.ts';

const BITS = 11;
const STEPS = 1 << BITS;
const STEPS_BY_LN2 = STEPS / Math.LN2;
const LN2_BY_STEPS = 1 / STEPS_BY_LN2;
/** Added and taken away again, it rounds to an integer, halves to even. */
const SHIFT = 1.5 * 2 ** 52;
const [C2, C3] = [0.16666666685227835, 3.0000000027955394];

const { roots } = rootsOfTwo(BITS);

export const quickExp = (x: number): number => {
  if (!(x < 709.782712893384 && x > -708.396418532264)) return Number.isNaN(x) ? x : x > 0 ? Infinity : 0;
  const k = x * STEPS_BY_LN2 + SHIFT - SHIFT;
  const t = k * LN2_BY_STEPS - x;
  const cubic = (C3 - t) * (t * t) * C2 - t + 1;
  const step = ((k % STEPS) + STEPS) % STEPS;
  return cubic * scaled(roots[step], (k - step) / STEPS);
};
