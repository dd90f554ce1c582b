/** Random numbers that are the same on every machine, and counts drawn by their laws rather than row by row. */

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

  /** Cut in halves by the median of uniform values, which is beta (J. H. Ahrens & U. Dieter, 1974), until few are left. */
  const binomial = (n: number, p: number): number => {
    let [left, chance, found] = [n, p, 0];
    while (left > 30) {
      const rank = 1 + Math.floor(left / 2);
      const [low, high] = [gamma(rank), gamma(left + 1 - rank)];
      const middle = low / (low + high);
      if (middle <= chance) {
        found += rank;
        left -= rank;
        chance = (chance - middle) / (1 - middle);
      } else {
        left = rank - 1;
        chance /= middle;
      }
    }
    for (let at = 0; at < left; at++) if (uniform() < chance) found++;
    return found;
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
