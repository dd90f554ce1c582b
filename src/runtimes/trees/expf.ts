/**
 * The exponential function of float32 as the C library of Linux has it (glibc from 2.28, musl; ARM's optimized routines, expf):
 * e^x = 2^(k/32) × 2^(r/32), the first from a table, the second by a cubic in float64, rounded once. ONNX Runtime calls it
 * after trees. `Math.exp` rounded to float32 gives another last bit for one value in some thousand.
 */
const STEPS = 32;
/** 2^(i/32), each the nearest float64. */
export const roots = Float64Array.of(
  1,
  1.0218971486541166,
  1.0442737824274138,
  1.0671404006768237,
  1.0905077326652577,
  1.1143867425958924,
  1.1387886347566916,
  1.1637248587775775,
  1.189207115002721,
  1.215247359980469,
  1.241857812073484,
  1.2690509571917332,
  1.2968395546510096,
  1.3252366431597413,
  1.3542555469368927,
  1.383909881963832,
  Math.SQRT2,
  1.4451808069770467,
  1.4768261459394993,
  1.5091644275934228,
  1.5422108254079407,
  1.5759808451078865,
  1.6104903319492543,
  1.645755478153965,
  1.681792830507429,
  1.718619298122478,
  1.7562521603732995,
  1.7947090750031072,
  1.8340080864093424,
  1.8741676341103,
  1.9152065613971474,
  1.9571441241754002,
);
const STEPS_BY_LN2 = Math.LOG2E * STEPS;
/** Added and taken away again, it rounds to an integer, halves to even. */
const SHIFT = 1.5 * 2 ** 52;
const CUBIC = 0.05550361559341535 / STEPS ** 3;
const SQUARE = 0.2402284522445722 / STEPS ** 2;
const LINEAR = 0.6931471806916203 / STEPS;

/** 2^n, from -160 to 160. */
const MOST = 160;
const powers = Float64Array.from({ length: 2 * MOST + 1 }, (_, index) => 2 ** (index - MOST));

export const expf = (x: number): number => {
  if (!(x < 89 && x > -105)) return Number.isNaN(x) ? x : x > 0 ? Infinity : 0;
  const z = STEPS_BY_LN2 * x;
  const k = z + SHIFT - SHIFT;
  const r = z - k;
  const scale = roots[((k % STEPS) + STEPS) % STEPS] * powers[Math.floor(k / STEPS) + MOST];
  return Math.fround(((CUBIC * r + SQUARE) * (r * r) + (LINEAR * r + 1)) * scale);
};
