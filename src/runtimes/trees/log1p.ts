/**
 * ln(1 + x) of float64 as Sun's fdlibm has it (s_log1p.c), for x from 0: engines have it in other ways, to other last bits. 1 + x is
 * taken as 2^k × (1 + f), f near 0, and what the sum lost is brought back; ln(1 + f) is a polynomial in s = f / (2 + f).
 */
const [LN2_HIGH, LN2_LOW] = [6.931471803691238e-1, 1.9082149292705877e-10];
const [L1, L2, L3, L4, L5, L6, L7] = [
  0.6666666666666735, 0.3999999999940942, 0.2857142874366239, 0.22222198432149784, 0.1818357216161805,
  0.15313837699209373, 0.14798198605116586,
];
/** High words of sqrt(2) - 1 and of what sqrt(2) has beyond its exponent, as fdlibm compares them. */
const NEAR_HIGH = 0x3fda827a;
const SQRT2_HIGH = 0x6a09e;
const ONE_HIGH = 0x3ff00000;
const HALF_HIGH = 0x3fe00000;
const EXPONENT_BIAS = 1023;
/** x from here on has no bit left for 1. */
const WHOLE = 2 ** 53;
const [SMALL, TINY] = [2 ** -29, 2 ** -54];

const float = new Float64Array(1);
const words = new Uint32Array(float.buffer);
const HIGH = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 1 : 0;

export const log1p = (x: number): number => {
  if (!(x < Infinity)) return x;
  if (x < SMALL) return x < TINY ? x : x - x * x * 0.5;
  let k = 0;
  let f = x;
  let lost = 0;
  let isNear = false;
  float[0] = x;
  if (words[HIGH] >= NEAR_HIGH) {
    const sum = x < WHOLE ? 1 + x : x;
    float[0] = sum;
    k = (words[HIGH] >>> 20) - EXPONENT_BIAS;
    if (x < WHOLE) lost = (k > 0 ? 1 - (sum - x) : x - (sum - 1)) / sum;
    const fraction = words[HIGH] & 0xfffff;
    const isBelow = fraction < SQRT2_HIGH;
    words[HIGH] = fraction | (isBelow ? ONE_HIGH : HALF_HIGH);
    if (!isBelow) k++;
    isNear = (isBelow ? fraction : (0x100000 - fraction) >> 2) === 0;
    f = float[0] - 1;
  }
  const half = 0.5 * f * f;
  if (isNear) {
    if (f === 0) return k * LN2_HIGH + (lost + k * LN2_LOW);
    const rest = half * (1 - 0.6666666666666666 * f);
    return k === 0 ? f - rest : k * LN2_HIGH - (rest - (k * LN2_LOW + lost) - f);
  }
  const s = f / (2 + f);
  const z = s * s;
  const rest = z * (L1 + z * (L2 + z * (L3 + z * (L4 + z * (L5 + z * (L6 + z * L7))))));
  return k === 0
    ? f - (half - s * (half + rest))
    : k * LN2_HIGH - (half - (s * (half + rest) + (k * LN2_LOW + lost)) - f);
};
