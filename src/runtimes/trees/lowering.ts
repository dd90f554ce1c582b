/** Every comparison as the one that the kernel has: `±x <= v`, in float64. */
import { EQ, MISSING_TRUE, NEQ } from './ensemble.ts';

const bits = new BigInt64Array(1);
const float = new Float64Array(bits.buffer);
/** The greatest float64 below v; NaN, which nothing is below or equal to, where there is none. */
export const below = (v: number): number => {
  if (v === 0) return -Number.MIN_VALUE;
  if (v === -Infinity) return Number.NaN;
  float[0] = v;
  bits[0] += v > 0 ? -1n : 1n;
  return float[0];
};

/**
 * LEQ, LT, GTE and GT by their bits (1: -x is compared, 0: with the number below) are each `±x <= v`. That NaN passes one is
 * that it fails the opposite, so that the nodes change places.
 */
export const lowered = (test: number): number => (test & 3) ^ (test & MISSING_TRUE ? 3 : 0);

/** Whether a comparison needs -x: 0, 1, or 2 for both. */
export const isNegated = (test: number): 0 | 1 | 2 => {
  const kind = test & 7;
  if (kind === EQ || kind === NEQ) return 2;
  return lowered(test) & 2 ? 1 : 0;
};
