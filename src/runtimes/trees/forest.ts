/** An ensemble, ready to answer: its table in a kernel's memory, and rows through it. */
import type { Ensemble } from './ensemble.ts';
import { type FeaturePart, feedRows } from './feed.ts';
import type { TakeSums } from './kernel.ts';
import { measure } from './measure.ts';
import { openKernel } from './open-kernel.ts';
import type { Sieve } from './sieve/sieve.ts';
import { layOut } from './table.ts';

export interface Forest {
  /** Columns that a row must have at least. */
  readonly width: number;
  readonly kernel: 'WebAssembly' | 'JavaScript';
  /** Sums every target's weights over the trees, in their order, a piece of the batch at a time. */
  score(parts: readonly FeaturePart[], rows: number, take: TakeSums): void;
}

/** So many rows that are left over go one by one; more are walked like eight. */
const MAX_SINGLE = 4;
/** A batch of so many rows may be better sieved. */
const MIN_SIEVED = 32;

/** @throws BAD_MODEL for damaged trees, Unusual for what is left to another runtime. */
export const growForest = (ensemble: Ensemble): Forest => {
  const { sum, aggregate, targets, width } = ensemble;
  const table = layOut(ensemble, measure(ensemble));
  const { bytes, trees, groups, leaves, sums, rows: room, blocks, blockBytes, stride, slots, write } = table;
  const { name, memory, kernel } = openKernel(bytes);
  write(memory);
  const floats = new Float64Array(memory);
  const mode = aggregate === 'sum' ? (sum === 'float32' ? 0 : 1) : aggregate === 'min' ? 2 : 3;
  const initial = aggregate === 'sum' ? 0 : aggregate === 'min' ? Infinity : -Infinity;
  const start = sums >> 3;
  const end = start + targets * blocks * 8;

  let sieve: Sieve | undefined;
  let isAsked = name === 'JavaScript';
  /** Brings the sieve, where the trees are such; batches are walked until it is there, to the same bits. */
  const askForSieve = async (): Promise<void> => {
    isAsked = true;
    try {
      const { growSieve } = await import('./sieve/sieve.ts');
      sieve = growSieve(ensemble, table, memory);
    } catch {
      // An engine without SIMD; a page that cannot load more.
    }
  };

  const walkOne = (row: number): void => {
    kernel.row(groups.from, groups.to, room + (row >> 3) * blockBytes + (row & 7) * 8);
    kernel.gather(trees.from, trees.to, leaves, sums + row * 8, mode, width, stride);
  };
  return {
    width: slots.width,
    kernel: name,
    score(parts, rows, take) {
      if (!isAsked && rows >= MIN_SIEVED) void askForSieve();
      for (let first = sieve?.score(parts, rows, take) ?? 0; first < rows; first += blocks * 8) {
        const count = Math.min(blocks * 8, rows - first);
        feedRows(parts, slots, first, count, floats, room >> 3);
        floats.fill(initial, start, end);
        const singles = count % 8 <= MAX_SINGLE ? count % 8 : 0;
        if (count > singles) {
          const past = room + Math.ceil((count - singles) / 8) * blockBytes;
          kernel.batch(trees.from, trees.to, room, past, blockBytes, sums, mode, width, stride);
        }
        for (let row = count - singles; row < count; row++) walkOne(row);
        take(floats, start, stride >> 3, first, count);
      }
    },
  };
};
