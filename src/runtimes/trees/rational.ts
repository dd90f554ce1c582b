/**
 * Sigmoid and tanh of float32 as ONNX Runtime's kernels have them (MLAS, logistic.cpp and tanh.cpp): a quotient of two
 * polynomials in x², every product rounded together with its addition, within 1.2e-7 of the exact value. Same bits as
 * onnxruntime-node on x64 (0 of 200,000 differ).
 */
import { fused } from './fused.ts';

const f = Math.fround;

/** Horner's scheme from the highest coefficient on. */
const polynomial = (x: number, coefficients: Float32Array): number => {
  let sum = coefficients[0];
  for (let at = 1; at < coefficients.length; at++) sum = fused(sum, x, coefficients[at]);
  return sum;
};

const within = (x: number, limit: number): number => Math.min(limit, Math.max(-limit, x));

const SIGMOID_LIMIT = 18;
export const sigmoidUpper = Float32Array.of(
  4.37031012579801e-11,
  1.15627324459942e-7,
  6.08574864600143e-5,
  8.51377133304701e-3,
  2.48287947061529e-1,
);
export const sigmoidLower = Float32Array.of(
  6.10247389755681e-13,
  5.76102136993427e-9,
  6.2910678501704e-6,
  1.70198817374094e-3,
  1.16817656904453e-1,
  9.9315192102318e-1,
);
export const sigmoid = (value: number): number => {
  const x = within(value, SIGMOID_LIMIT);
  const square = f(x * x);
  const quotient = f(f(polynomial(square, sigmoidUpper) * x) / polynomial(square, sigmoidLower));
  return Math.min(1, Math.max(0, f(quotient + 0.5)));
};

const TANH_LIMIT = 9;
export const tanhUpper = Float32Array.of(
  -2.76076847742355e-16,
  2.00018790482477e-13,
  -8.60467152213735e-11,
  5.12229709037114e-8,
  1.48572235717979e-5,
  6.37261928875436e-4,
  4.89352455891786e-3,
);
export const tanhLower = Float32Array.of(
  1.19825839466702e-6,
  1.18534705686654e-4,
  2.268434632439e-3,
  4.89352518554385e-3,
);
export const tanh = (value: number): number => {
  const x = within(value, TANH_LIMIT);
  const square = f(x * x);
  return f(f(polynomial(square, tanhUpper) * x) / polynomial(square, tanhLower));
};
