/** An ensemble, ready to answer: its table in a kernel's memory, and rows through it. */
import type { Ensemble } from './ensemble.ts';
import { type FeaturePart, feedRows } from './feed.ts';
import { measure } from './measure.ts';
import { openKernel } from './open-kernel.ts';
import { layOut } from './table.ts';

/** Sums of `rows` rows from `first` on: that of target t and row r is at `start + t * stride + r`. */
export type TakeSums = (sums: Float64Array, start: number, stride: number, first: number, rows: number) => void;

export interface Forest {
  /** Columns that a row must have at least. */
  readonly width: number;
  readonly kernel: 'WebAssembly' | 'JavaScript';
  /** Sums every target's weights over the trees, in their order, a piece of the batch at a time. */
  score(parts: readonly FeaturePart[], rows: number, take: TakeSums): void;
}

/** So many rows that are left over go one by one; more are walked like eight. */
const MAX_SINGLE = 4;

/** @throws BAD_MODEL for damaged trees, Unusual for what is left to another runtime. */
export const growForest = (ensemble: Ensemble): Forest => {
  const { sum, aggregate, targets, width } = ensemble;
  const {
    bytes,
    trees,
    groups,
    leaves,
    sums,
    rows: room,
    blocks,
    blockBytes,
    stride,
    slots,
    write,
  } = layOut(ensemble, measure(ensemble));
  const { name, memory, kernel } = openKernel(bytes);
  write(memory);
  const floats = new Float64Array(memory);
  const mode = aggregate === 'sum' ? (sum === 'float32' ? 0 : 1) : aggregate === 'min' ? 2 : 3;
  const initial = aggregate === 'sum' ? 0 : aggregate === 'min' ? Infinity : -Infinity;
  const start = sums >> 3;
  const end = start + targets * blocks * 8;

  const walkOne = (row: number): void => {
    kernel.row(groups.from, groups.to, room + (row >> 3) * blockBytes + (row & 7) * 8);
    kernel.gather(trees.from, trees.to, leaves, sums + row * 8, mode, width, stride);
  };
  return {
    width: slots.width,
    kernel: name,
    score(parts, rows, take) {
      for (let first = 0; first < rows; first += blocks * 8) {
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
