/**
 * Sums of doubles that lose nothing on the way. Every double is a whole number of some power of two, and so is every sum of
 * them: added up as such, parts may be cut and joined in any order and give the same sum, bit for bit.
 *
 * To be fast, a block of values is cut into slices of 20 bits (S. M. Rump et al., Accurate floating-point summation, 2008,
 * "error-free vector transformation"): slices and their products are added up as doubles, which are exact for so few bits
 * and so few values. What lies too far below the largest of a block has a turn of its own.
 */

/** `whole` times two to the `power`. */
interface Dyadic {
  readonly whole: bigint;
  readonly power: number;
}

/** A number with all its digits, as C writes them: `-0x77p-1` is −59.5. The whole number is odd, so that each has one text. */
export type Exact = string;

const NONE: Dyadic = { whole: 0n, power: 0 };
export const ZERO: Exact = '0x0p0';

const plus = (a: Dyadic, b: Dyadic): Dyadic => {
  if (a.whole === 0n) return b;
  if (b.whole === 0n) return a;
  const power = Math.min(a.power, b.power);
  return { whole: (a.whole << BigInt(a.power - power)) + (b.whole << BigInt(b.power - power)), power };
};

const times = (a: Dyadic, b: Dyadic): Dyadic => ({ whole: a.whole * b.whole, power: a.power + b.power });

/** Bits of the absolute value. */
const bitsOf = (whole: bigint): number => (whole < 0n ? -whole : whole).toString(2).length;

const write = ({ whole, power }: Dyadic): Exact => {
  if (whole === 0n) return ZERO;
  const zeros = bitsOf(whole & -whole) - 1;
  const odd = whole >> BigInt(zeros);
  return `${odd < 0n ? '-' : ''}0x${(odd < 0n ? -odd : odd).toString(16)}p${power + zeros}`;
};

const read = (text: Exact): Dyadic => {
  const [, sign, whole, power] = /^(-?)(0x[0-9a-f]+)p(-?\d+)$/.exec(text) ?? [];
  return whole === undefined ? NONE : { whole: sign === '-' ? -BigInt(whole) : BigInt(whole), power: Number(power) };
};

const view = new DataView(new ArrayBuffer(8));

/** The bits of a double by IEEE 754; 0 for one that is not finite. */
const dyadic = (value: number): Dyadic => {
  if (value === 0 || !Number.isFinite(value)) return NONE;
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const exponent = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xf_ffff_ffff_ffffn;
  const whole = exponent === 0 ? fraction : fraction | 0x10_0000_0000_0000n;
  return { whole: value < 0 ? -whole : whole, power: Math.max(exponent, 1) - 1075 };
};

/** The least power of two that is above a number. */
const powerAbove = (value: number): number => {
  view.setFloat64(0, value);
  return ((view.getUint32(0) >>> 20) & 0x7ff) - 1022;
};

/** The double nearest to `whole × 2^power / divisor`. */
const quotient = ({ whole, power }: Dyadic, divisor: bigint): number => {
  const more = Math.max(0, 70 - bitsOf(whole) + bitsOf(divisor));
  const scaled = (whole << BigInt(more)) / divisor;
  const less = Math.max(0, bitsOf(scaled) - 70);
  const rest = power - more + less;
  const half = rest >> 1;
  return Number(scaled >> BigInt(less)) * 2 ** half * 2 ** (rest - half);
};

const addExact = (a: Exact, b: Exact): Exact => write(plus(read(a), read(b)));

/** What is known of `count` values by sums of their distances from a number, and of the squares of these. */
export interface Sums {
  readonly count: number;
  readonly from: number;
  readonly sum: Exact;
  readonly squares: Exact;
}

/** The mean; 0 of nothing. */
export const meanOf = ({ count, from, sum }: Sums): number => {
  if (count === 0) return 0;
  const whole = { whole: BigInt(count), power: 0 };
  return quotient(plus(read(sum), times(dyadic(from), whole)), whole.whole);
};

/** The population standard deviation; 0 of nothing. */
export const stdOf = ({ count, sum, squares }: Sums): number => {
  if (count === 0) return 0;
  const all = read(sum);
  const minus = { whole: -all.whole, power: all.power };
  const spread = plus(times({ whole: BigInt(count), power: 0 }, read(squares)), times(minus, all));
  return Math.sqrt(quotient(spread, BigInt(count) ** 2n));
};

/** The same sums, of distances from another number. */
const movedTo = (sums: Sums, from: number): Sums => {
  if (sums.from === from) return sums;
  const way = plus(dyadic(sums.from), dyadic(-from));
  const all = times(way, { whole: BigInt(sums.count), power: 0 });
  const [sum, squares] = [read(sums.sum), read(sums.squares)];
  const cross = times(plus(times(sum, { whole: 2n, power: 0 }), all), way);
  return { count: sums.count, from, sum: write(plus(sum, all)), squares: write(plus(squares, cross)) };
};

export const addSums = (a: Sums, b: Sums): Sums => {
  const { count, from, sum, squares } = movedTo(b, a.from);
  return { count: a.count + count, from, sum: addExact(a.sum, sum), squares: addExact(a.squares, squares) };
};

/** Of values with that mean, and that sum of squared distances from it; what is not finite counts as 0. */
export const sumsOf = (count: number, mean: number, m2: number): Sums => ({
  count,
  from: Number.isFinite(mean) ? mean : 0,
  sum: ZERO,
  squares: write(dyadic(m2)),
});

/** Values of a block: the sum of as many products of two slices is exact, with a bit to spare. */
const BLOCK = 4096;
const SLICE_BITS = 20;
/** Powers above the largest value for which slices, and their products, are neither too large nor too small for doubles. */
const SLICED = { least: -450, most: 500 } as const;
/** Powers that a distance may be above that of all edges from the first to the last, and be rounded. */
const MORE_POWERS = 5;

/** What is added to a number and taken away again to round it to `power`; one and a half keeps the place for all signs. */
const rounder = (power: number): number => 1.5 * 2 ** (52 + power);

/** Values that wait for their turn, while a block is added. */
const rest = new Float64Array(BLOCK);
/** What the loops below have added up: their parts of a sum, and of a sum of squares. */
const sumParts = new Float64Array(2);
const squareParts = new Float64Array(5);

/**
 * Adds up distances that are below `2 ** power`, rounded to 39 powers below that, in two slices; the others go to `rest`.
 * Returns how many those are. Here and below, functions of their own, not closures: these loops run for every value.
 */
const addRounded = (values: Float64Array, from: number, power: number): number => {
  const reach = 2 ** power;
  const first = rounder(power - SLICE_BITS + 1);
  const second = first * 2 ** -SLICE_BITS;
  let sum = 0;
  let squareA = 0;
  let squareB = 0;
  let squareC = 0;
  let left = 0;
  for (let at = 0; at < values.length; at++) {
    const value = values[at] - from;
    if (value < reach && value > -reach) {
      const a = value + first - first;
      const b = value - a + second - second;
      sum += a + b;
      squareA += a * a;
      squareB += a * b;
      squareC += b * b;
    } else if (value - value === 0) rest[left++] = value;
  }
  sumParts.set([sum, 0]);
  squareParts.set([squareA, squareB * 2, squareC, 0, 0]);
  return left;
};

/** Adds up of `rest` what 60 bits below `2 ** power` hold; the others go to its start. Returns how many those are. */
const addSliced = (length: number, power: number): number => {
  const first = rounder(power - SLICE_BITS + 1);
  const second = first * 2 ** -SLICE_BITS;
  const third = second * 2 ** -SLICE_BITS;
  let sumA = 0;
  let sumB = 0;
  let squareA = 0;
  let squareB = 0;
  let squareC = 0;
  let squareD = 0;
  let squareE = 0;
  let left = 0;
  for (let at = 0; at < length; at++) {
    const value = rest[at];
    const a = value + first - first;
    const below = value - a;
    const b = below + second - second;
    const c = below - b;
    if (c + third - third === c) {
      sumA += a;
      sumB += below;
      squareA += a * a;
      squareB += a * b;
      squareC += (a + a) * c + b * b;
      squareD += b * c;
      squareE += c * c;
    } else rest[left++] = value;
  }
  sumParts.set([sumA, sumB]);
  squareParts.set([squareA, squareB * 2, squareC, squareD * 2, squareE]);
  return left;
};

/** Adds up nothing: all that is finite goes to `rest`. Returns how many that are. */
const gather = (values: Float64Array, from: number): number => {
  sumParts.fill(0);
  squareParts.fill(0);
  let count = 0;
  for (let at = 0; at < values.length; at++) {
    const value = values[at] - from;
    if (value - value === 0) rest[count++] = value;
  }
  return count;
};

export interface Summation {
  add(values: Float64Array): void;
  sums(): Pick<Sums, 'from' | 'sum' | 'squares'>;
}

/**
 * Sums of distances from the first edge. A distance of up to 32 times that of the edges is rounded to 2^-39 of that, which
 * is far below what anybody sees of a mean; any other keeps all its bits. So what a value adds depends on nothing but itself.
 */
export const createSummation = (edges: readonly number[]): Summation => {
  const from = edges[0] ?? 0;
  const span = (edges.at(-1) ?? from) - from;
  const power = powerAbove(span) + MORE_POWERS;
  const isRounded = span > 0 && power >= SLICED.least && power <= SLICED.most;
  let sum = NONE;
  let squares = NONE;

  const takeParts = (): void => {
    for (const part of sumParts) sum = plus(sum, dyadic(part));
    for (const part of squareParts) squares = plus(squares, dyadic(part));
  };
  const addOne = (value: number): void => {
    const one = dyadic(value);
    sum = plus(sum, one);
    squares = plus(squares, times(one, one));
  };
  /** Adds all bits of what is in `rest`. */
  const addRest = (count: number): void => {
    for (let length = count; length > 0; takeParts()) {
      let largest = 0;
      for (let at = 0; at < length; at++) largest = Math.max(largest, Math.abs(rest[at]));
      if (largest === 0) return;
      const above = powerAbove(largest);
      if (above < SLICED.least || above > SLICED.most) {
        for (let at = 0; at < length; at++) addOne(rest[at]);
        return;
      }
      length = addSliced(length, above);
    }
  };
  const addBlock = (values: Float64Array): void => {
    const left = isRounded ? addRounded(values, from, power) : gather(values, from);
    takeParts();
    addRest(left);
  };
  return {
    add(values) {
      for (let start = 0; start < values.length; start += BLOCK) addBlock(values.subarray(start, start + BLOCK));
    },
    sums: () => ({ from, sum: write(sum), squares: write(squares) }),
  };
};
