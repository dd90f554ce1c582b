/** The normal distribution: its tail by the incomplete gamma function, its quantiles by Newton's steps on that from a rational start. */
import { upperGamma } from './chi-squared.ts';

/** The chance that a standard normal value is `z` or more. */
export const normalTail = (z: number): number => {
  const half = upperGamma(0.5, (z * z) / 2) / 2;
  return z >= 0 ? half : 1 - half;
};

const density = (z: number): number => Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);

const STEPS = 8;

/** Of the upper half: Abramowitz & Stegun, Handbook of Mathematical Functions, 26.2.23, within 4.5e-4 of it. */
const start = (tail: number): number => {
  const t = Math.sqrt(-2 * Math.log(tail));
  return t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
};

/** The value that a standard normal one exceeds with the chance `tail`, 0 < tail < 1. */
export const normalQuantile = (tail: number): number => {
  if (tail > 0.5) return -normalQuantile(1 - tail);
  let z = start(tail);
  // Halley's step: the second derivative of the tail is z times its first.
  for (let step = 0; step < STEPS; step++) {
    const off = (normalTail(z) - tail) / density(z);
    const move = off / (1 + (z * off) / 2);
    z += move;
    if (Math.abs(move) < 1e-15 * (1 + Math.abs(z))) break;
  }
  return z;
};
