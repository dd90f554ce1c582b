/**
 * Where the mean of values between 0 and 1 lies, however often one looks: a confidence sequence by betting (I. Waudby-Smith &
 * A. Ramdas, Estimating means of bounded random variables by betting, 2024; arXiv:2010.09686). Someone bets against each mean
 * that may be the true one; what has multiplied the stake by 1/α is not it, but with chance α, at any time and for any law.
 *
 *     let bets = startBets();                    // plain data: stored as JSON, goes on with the same values
 *     bets = addValues(bets, [0.4, 0.7, …]);
 *     boundsOfMean(bets);                        // [0.31, 0.55]
 *
 * Values of one sequence are independent of each other, or have at least the same mean whatever came before.
 */
import { ALPHA, type Bounds } from '../statistics/proportion.ts';

/** Means that are bet against: so many, and 0. */
const GRID = 1000;
/** No bet is worth more than this part of what there is, whatever comes. */
const MOST = 0.5;

export interface Bets {
  /** The chance that the mean is ever outside the bounds. */
  readonly alpha: number;
  readonly count: number;
  readonly sum: number;
  /** Of squared distances from the mean as it was known then. */
  readonly squares: number;
  /** The lowest mean that is still possible, in thousandths; the lists go on from there. */
  readonly from: number;
  /** ln of what bets that the mean is higher, and lower, have made of 1, a mean. */
  readonly above: readonly number[];
  readonly below: readonly number[];
}

export const startBets = (alpha: number = ALPHA): Bets => {
  const none = new Array<number>(GRID + 1).fill(0);
  return { alpha, count: 0, sum: 0, squares: 0, from: 0, above: none, below: none };
};

/** Values from 0 to 1, in the order in which they came. A mean that is no longer possible at either end never comes back. */
export const addValues = (bets: Bets, values: readonly number[]): Bets => {
  let { count, sum, squares } = bets;
  const [above, below] = [[...bets.above], [...bets.below]];
  const most = Math.log(2 / bets.alpha);
  let [first, last] = [0, above.length - 1];
  for (const value of values) {
    const variance = (0.25 + squares) / (count + 1);
    count++;
    const stake = Math.sqrt((2 * Math.log(2 / bets.alpha)) / (count * Math.log(count + 1) * variance));
    for (let at = first; at <= last; at++) {
      const mean = (bets.from + at) / GRID;
      above[at] += Math.log1p(Math.min(stake, MOST / mean) * (value - mean));
      below[at] += Math.log1p(-Math.min(stake, MOST / (1 - mean)) * (value - mean));
    }
    while (first < last && above[first] >= most) first++;
    while (last > first && below[last] >= most) last--;
    sum += value;
    squares += (value - Math.min(1, (0.5 + sum) / (count + 1))) ** 2;
  }
  const possible = [first, last + 1] as const;
  return {
    ...bets,
    count,
    sum,
    squares,
    from: bets.from + first,
    above: above.slice(...possible),
    below: below.slice(...possible),
  };
};

/** The lowest and the highest mean that is still possible, to a thousandth outwards; [0, 1] before the first value. */
export const boundsOfMean = ({ from, above }: Bets): Bounds => [
  Math.max(0, (from - 1) / GRID),
  Math.min(1, (from + above.length) / GRID),
];

/** Differences of pairs from −1 to 1, as `addValues` takes their means. */
export const addDifferences = (bets: Bets, differences: readonly number[]): Bets =>
  addValues(
    bets,
    differences.map((difference) => (difference + 1) / 2),
  );

/** Of the mean of differences of pairs, from −1 to 1. */
export const boundsOfPairs = (bets: Bets): Bounds => {
  const [low, high] = boundsOfMean(bets);
  return [2 * low - 1, 2 * high - 1];
};
