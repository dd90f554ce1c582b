/**
 * The exact sum of many doubles, and of their squares. To be fast, values are cut into slices of 20 bits (S. M. Rump et al., Accurate
 * floating-point summation, 2008, "error-free vector transformation"): slices and their products are added up as doubles, which
 * are exact for so few bits and so few values. What lies too far below the largest of a block has a turn of its own.
 */
import { dyadic, NONE, plus, type Sums, times, write } from './exact.ts';
import { BLOCK } from './kernel-places.ts';

const SLICE_BITS = 20;
/** Values of which the sum of as many products of two slices is exact, with a bit to spare. */
const MOST_NEAR = 2 * BLOCK;
/** Powers above the largest value for which slices, and their products, are neither too large nor too small for doubles. */
const SLICED = { least: -450, most: 500 } as const;
/** Powers that a distance may be above that of all edges from the first to the last, and be rounded. */
const MORE_POWERS = 5;

const view = new DataView(new ArrayBuffer(8));

/** The least power of two that is above a number. */
const powerAbove = (value: number): number => {
  view.setFloat64(0, value);
  return ((view.getUint32(0) >>> 20) & 0x7ff) - 1022;
};

/** What is added to a number and taken away again to round it to `power`; one and a half keeps the place for all signs. */
const rounder = (power: number): number => 1.5 * 2 ** (52 + power);

/** Distances that are far, while a block is added. */
const rest = new Float64Array(BLOCK);
/** What the loop below has added up: parts of a sum, and of a sum of squares. */
const sumParts = new Float64Array(2);
const squareParts = new Float64Array(5);

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

export interface Summation {
  /** What distances are taken from, below which they are near, and what rounds those, in this order. */
  readonly plan: readonly [from: number, reach: number, first: number, second: number];
  /** What near distances of a block of so many values add up to, in two slices each: a and b, and their products. */
  addNear(values: number, sum: number, aa: number, ab: number, bb: number): void;
  /** Takes a distance that is not near, NaN and infinities among them, of which a block has at most `BLOCK`. */
  addFar(distance: number): void;
  /** All that are far of a block have come. */
  endFar(): void;
  sums(): Pick<Sums, 'from' | 'sum' | 'squares'>;
}

/**
 * Sums of distances from the first edge. A distance of up to 32 times that of the edges is near: it is rounded to 2^-39 of that, which
 * is far below what anybody sees of a mean; any other keeps all its bits. So what a value adds depends on nothing but itself.
 */
export const createSummation = (edges: readonly number[]): Summation => {
  const from = edges[0] ?? 0;
  const span = (edges.at(-1) ?? from) - from;
  const power = powerAbove(span) + MORE_POWERS;
  const isRounded = span > 0 && power >= SLICED.least && power <= SLICED.most;
  const first = rounder(power - SLICE_BITS + 1);
  let sum = NONE;
  let squares = NONE;
  // Near distances since the parts were taken.
  let [near, parts, squareA, squareB, squareC] = [0, 0, 0, 0, 0];
  let far = 0;

  const takeNear = (): void => {
    sum = plus(sum, dyadic(parts));
    for (const part of [squareA, 2 * squareB, squareC]) squares = plus(squares, dyadic(part));
    [near, parts, squareA, squareB, squareC] = [0, 0, 0, 0, 0];
  };
  const addOne = (value: number): void => {
    const one = dyadic(value);
    sum = plus(sum, one);
    squares = plus(squares, times(one, one));
  };
  const takeSliced = (): void => {
    for (const part of sumParts) sum = plus(sum, dyadic(part));
    for (const part of squareParts) squares = plus(squares, dyadic(part));
  };
  return {
    plan: isRounded ? [from, 2 ** power, first, first * 2 ** -SLICE_BITS] : [from, 0, 0, 0],
    addNear(values, all, aa, ab, bb) {
      if (near + values > MOST_NEAR) takeNear();
      near += values;
      parts += all;
      squareA += aa;
      squareB += ab;
      squareC += bb;
    },
    addFar(distance) {
      if (distance - distance === 0) rest[far++] = distance;
    },
    endFar() {
      let length = far;
      far = 0;
      while (length > 0) {
        let largest = 0;
        for (let at = 0; at < length; at++) largest = Math.max(largest, Math.abs(rest[at]));
        if (largest === 0) return;
        const above = powerAbove(largest);
        if (above < SLICED.least || above > SLICED.most) {
          for (let at = 0; at < length; at++) addOne(rest[at]);
          return;
        }
        length = addSliced(length, above);
        takeSliced();
      }
    },
    sums() {
      takeNear();
      return { from, sum: write(sum), squares: write(squares) };
    },
  };
};
