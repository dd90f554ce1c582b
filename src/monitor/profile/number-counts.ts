/** Counts numbers on bins, a block at a time: each costs some steps that never branch, whatever it is. */
import type { Sums } from './exact.ts';
import { BLOCK, MOST_THRESHOLDS } from './kernel-places.ts';
import { numberKernel } from './number-kernel.ts';
import type { NumberBins } from './profile.ts';
import { createSummation } from './summation.ts';

/** What numbers look like that are finite. */
export interface NumberCounts extends Sums {
  /** ±Infinity of none. */
  readonly min: number;
  readonly max: number;
  readonly bins: readonly number[];
  readonly below: number;
  readonly above: number;
}

export interface NumberCounting {
  add(values: Float64Array): void;
  counts(): NumberCounts;
}

const bits = new BigInt64Array(1);
const double = new Float64Array(bits.buffer);

/** The greatest double that is below a finite one (IEEE 754: doubles of one sign are in the order of their bits). */
const nextBelow = (value: number): number => {
  if (value === 0) return -Number.MIN_VALUE;
  double[0] = value;
  bits[0] += value > 0 ? -1n : 1n;
  return double[0];
};

export const startNumbers = ({ edges, range }: Pick<NumberBins, 'edges' | 'range'>): NumberCounting => {
  const kernel = numberKernel();
  const { block, found } = kernel;
  const summation = createSummation(edges);
  const plan = Float64Array.from(summation.plan);
  const [least, greatest] = range ?? [-Infinity, Infinity];
  const below = Number.isFinite(least) ? nextBelow(least) : least;
  const thresholds = Float64Array.of(...edges, below, greatest);
  const atMost = new Float64Array(thresholds.length);
  let [count, min, max] = [0, Infinity, -Infinity];

  const rank = (length: number): void => {
    for (let start = 0; start < thresholds.length; start += MOST_THRESHOLDS) {
      const some = thresholds.subarray(start, start + MOST_THRESHOLDS);
      kernel.thresholds.set(some);
      kernel.rank(length, some.length);
      for (let at = 0; at < some.length; at++) atMost[start + at] += kernel.times[at];
    }
  };
  const addFar = (length: number): void => {
    const [from, reach] = plan;
    for (let at = 0; at < length; at++) {
      const distance = block[at] - from;
      if (!(Math.abs(distance) < reach)) summation.addFar(distance);
    }
    summation.endFar();
  };
  const addBlock = (values: Float64Array): void => {
    block.set(values);
    const length = values.length + (values.length & 1);
    if (length > values.length) block[values.length] = Number.NaN;
    kernel.plan.set(plan);
    kernel.sum(length);
    rank(length);
    const far = found[1];
    count += found[0];
    min = Math.min(min, found[2]);
    max = Math.max(max, found[3]);
    summation.addNear(values.length, found[4], found[5], found[6], found[7]);
    if (far > 0) addFar(length);
  };
  return {
    add(values) {
      for (let start = 0; start < values.length; start += BLOCK) addBlock(values.subarray(start, start + BLOCK));
    },
    counts() {
      const last = edges.length;
      const bins = Array.from({ length: last + 1 }, (_, bin) => {
        return (bin < last ? atMost[bin] : count) - (bin === 0 ? 0 : atMost[bin - 1]);
      });
      return { count, min, max, bins, below: atMost[last], above: count - atMost[last + 1], ...summation.sums() };
    },
  };
};
