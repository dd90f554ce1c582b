/** The kernel that counts blocks of numbers, one a thread: what it is to count is written before each call, and what it found read after. */
import { PROFILE_BYTES } from './kernel-bytes.ts';
import { BLOCK, FOUND, MOST_THRESHOLDS, PLAN, THRESHOLDS, TIMES } from './kernel-places.ts';

interface NumberKernelExports {
  readonly memory: WebAssembly.Memory;
  readonly sum: (endBytes: number) => void;
  readonly rank: (endBytes: number, lastBytes: number) => void;
}

export interface NumberKernel {
  /** Room for the values of a block; those that are not finite are NaN after `sum`. */
  readonly block: Float64Array;
  /** What distances are taken from, below which they are rounded, and the two numbers that round them. */
  readonly plan: Float64Array;
  readonly thresholds: Float64Array;
  /** By threshold. */
  readonly times: Float64Array;
  /** Count, how many of them are far, least, greatest, sum, and the three sums of squares. */
  readonly found: Float64Array;
  /** Takes a block of an even number of values. */
  sum(values: number): void;
  /** How many of these values are at or below each of so many thresholds. */
  rank(values: number, thresholds: number): void;
}

let opened: NumberKernel | undefined;

const open = (): NumberKernel => {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(PROFILE_BYTES, 'hex')));
  const { memory, sum, rank } = exports as WebAssembly.Exports & NumberKernelExports;
  const view = (place: number, length: number): Float64Array => new Float64Array(memory.buffer, place, length);
  return {
    block: view(0, BLOCK),
    plan: view(PLAN, 4),
    thresholds: view(THRESHOLDS, MOST_THRESHOLDS),
    times: view(TIMES, MOST_THRESHOLDS),
    found: view(FOUND, 8),
    sum: (values) => sum(values * 8),
    rank: (values, thresholds) => rank(values * 8, thresholds * 8),
  };
};

export const numberKernel = (): NumberKernel => {
  opened ??= open();
  return opened;
};
