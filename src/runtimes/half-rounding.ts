/** Numbers as the nearest ones of 16 bits. Source: IEEE 754-2019, 4.3.1 (roundTiesToEven). Web-standard. */
import { halfLimits } from '../core/halves.ts';

/** Binary digits behind the point, and the exponent of the smallest number that has all of them. */
const formats = { float16: [10, -14], bfloat16: [7, -126] } as const;

/** Rounds once, numbers that are below the limit of the dtype. */
export const nearestIn = (dtype: keyof typeof formats): ((value: number) => number) => {
  const [digits, least] = formats[dtype];
  return (value) => {
    const size = Math.abs(value);
    // A sum of that size keeps just those digits, by the processor's own rounding. A logarithm that is rounded up across a
    // power of two does no harm, as that power is nearest to such a number either way.
    const shift = 1.5 * 2 ** (Math.max(Math.floor(Math.log2(size)), least) - digits + 52);
    const nearest = size + shift - shift;
    return 1 / value < 0 ? -nearest : nearest;
  };
};

/**
 * What a graph answers in the dtype, whatever ran it: ONNX Runtime computes halves as float32, and leaves out the last rounding
 * where the answer is cast to float32 again. What is past the limit is infinite.
 */
export const answeredIn = (dtype: keyof typeof formats): ((value: number) => number) => {
  const nearest = nearestIn(dtype);
  const limit = halfLimits[dtype] ?? Infinity;
  return (value) => (Math.abs(value) < limit ? nearest(value) : value * Infinity);
};
