/** Random numbers that are the same on every machine, and counts drawn by their laws rather than row by row. */
import { lnGamma } from '../../../src/monitor/statistics/ln-gamma.ts';

export interface Random {
  /** From 0 to 1, never 0. */
  uniform(): number;
  normal(): number;
  /** Gamma of that shape and scale 1. */
  gamma(shape: number): number;
  /** How many of `n` fall into each cell of these chances, which add up to 1. */
  multinomial(n: number, p: readonly number[]): number[];
  binomial(n: number, p: number): number;
}

/** xoshiro128** seeded by splitmix32 (D. Blackman & S. Vigna, Scrambled Linear Pseudorandom Number Generators, 2021). */
const createUniform = (seed: number): (() => number) => {
  let seeding = seed >>> 0;
  const split = (): number => {
    seeding = (seeding + 0x9e3779b9) >>> 0;
    let z = seeding;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
  let [a, b, c, d] = [split(), split(), split(), split()];
  const next = (): number => {
    const x = Math.imul(b, 5);
    const result = Math.imul((x << 7) | (x >>> 25), 9) >>> 0;
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = (d << 11) | (d >>> 21);
    return result;
  };
  return () => (next() * 2 ** 21 + (next() >>> 11) + 0.5) / 2 ** 53;
};

export const createRandom = (seed: number): Random => {
  const uniform = createUniform(seed);
  const normal = (): number => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());

  /** G. Marsaglia & W. W. Tsang, A simple method for generating gamma variables, 2000. */
  const gamma = (shape: number): number => {
    if (shape < 1) return gamma(shape + 1) * uniform() ** (1 / shape);
    const d = shape - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const x = normal();
      const v = (1 + c * x) ** 3;
      if (v > 0 && Math.log(uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
    }
  };

  const few = (n: number, p: number): number => {
    const step = Math.log1p(-p);
    let found = -1;
    // How far it is to the next one.
    for (let at = 0; at <= n; found++) at += 1 + Math.floor(Math.log(uniform()) / step);
    return found;
  };

  /** W. Hörmann, The generation of binomial random variates, 1993: BTRS, for n p ≥ 10 and p ≤ ½. */
  const many = (n: number, p: number): number => {
    const spread = Math.sqrt(n * p * (1 - p));
    const b = 1.15 + 2.53 * spread;
    const a = -0.0873 + 0.0248 * b + 0.01 * p;
    const c = n * p + 0.5;
    const top = 0.92 - 4.2 / b;
    const alpha = (2.83 + 5.1 / b) * spread;
    const mode = Math.floor((n + 1) * p);
    const atMode = lnGamma(mode + 1) + lnGamma(n - mode + 1);
    const odds = Math.log(p / (1 - p));
    for (;;) {
      const u = uniform() - 0.5;
      const v = uniform();
      const us = 0.5 - Math.abs(u);
      const k = Math.floor(((2 * a) / us + b) * u + c);
      if (us >= 0.07 && v <= top) return k;
      if (k < 0 || k > n) continue;
      const height = Math.log((v * alpha) / (a / (us * us) + b));
      if (height <= atMode - lnGamma(k + 1) - lnGamma(n - k + 1) + (k - mode) * odds) return k;
    }
  };

  const binomial = (n: number, p: number): number => {
    if (n === 0 || p <= 0) return 0;
    if (p > 0.5) return n - binomial(n, 1 - p);
    return n * p < 10 ? few(n, p) : many(n, p);
  };

  const multinomial = (n: number, p: readonly number[]): number[] => {
    let [rest, share] = [n, 1];
    return p.map((chance, cell) => {
      const count = cell === p.length - 1 ? rest : binomial(rest, Math.min(1, Math.max(0, chance / share)));
      rest -= count;
      share -= chance;
      return count;
    });
  };
  return { uniform, normal, gamma, multinomial, binomial };
};
