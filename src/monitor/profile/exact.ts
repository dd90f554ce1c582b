/**
 * Sums of doubles that lose nothing on the way. Every double is a whole number of some power of two, and so is every sum of
 * them: added up as such, parts may be cut and joined in any order and give the same sum, bit for bit.
 */

/** `whole` times two to the `power`. */
export interface Dyadic {
  readonly whole: bigint;
  readonly power: number;
}

/** A number with all its digits, as C writes them: `-0x77p-1` is −59.5. The whole number is odd, so that each has one text. */
export type Exact = string;

export const NONE: Dyadic = { whole: 0n, power: 0 };
export const ZERO: Exact = '0x0p0';

export const plus = (a: Dyadic, b: Dyadic): Dyadic => {
  if (a.whole === 0n) return b;
  if (b.whole === 0n) return a;
  const power = Math.min(a.power, b.power);
  return { whole: (a.whole << BigInt(a.power - power)) + (b.whole << BigInt(b.power - power)), power };
};

export const times = (a: Dyadic, b: Dyadic): Dyadic => ({ whole: a.whole * b.whole, power: a.power + b.power });

/** Bits of the absolute value. */
const bitsOf = (whole: bigint): number => (whole < 0n ? -whole : whole).toString(2).length;

export const write = ({ whole, power }: Dyadic): Exact => {
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
export const dyadic = (value: number): Dyadic => {
  if (value === 0 || !Number.isFinite(value)) return NONE;
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const exponent = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xf_ffff_ffff_ffffn;
  const whole = exponent === 0 ? fraction : fraction | 0x10_0000_0000_0000n;
  return { whole: value < 0 ? -whole : whole, power: Math.max(exponent, 1) - 1075 };
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
