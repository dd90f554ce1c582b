/**
 * Rows through trees as sets of rows: 128 at once, a bit each. Of every threshold that a slot is compared with there is the set of
 * rows that are above it, found by each value's rank; a node then parts the rows that come to it in two operations, whatever the
 * tree's shape. The idea is QuickScorer's (Lucchese et al., 2015), turned from bits of leaves to bits of rows.
 */
import type { Ensemble } from '../ensemble.ts';
import type { FeaturePart } from '../feed.ts';
import type { TakeSums } from '../kernel.ts';
import { compileKernel, instantiate } from '../open-kernel.ts';
import type { Table } from '../table.ts';
import { createSieveFeed } from './feed.ts';
import { SIEVE_BYTES } from './kernel-bytes.ts';
import { placesOf, TREE, writeSieve } from './memory.ts';
import { planSieve, ROWS } from './plan.ts';

interface SieveKernel {
  /** Records of slots: their masks are made. */
  rank(slot: number, last: number): void;
  /** The rows of the masks through all trees, into their sums; `single` says of which kind. */
  sieve(tree: number, last: number, node: number, sums: number, single: number): void;
  /** float32 numbers to float64. */
  promote(from: number, end: number, to: number): void;
}

export interface Sieve {
  /** Sums of the batch's rows, but for a few at its end, which are better walked: answers where those begin. */
  score(parts: readonly FeaturePart[], rows: number, take: TakeSums): number;
}

let compiled: WebAssembly.Module | undefined;

/** `memory` holds the trees as `table.ts` lays them out; undefined for trees that are better walked. */
export const growSieve = (ensemble: Ensemble, table: Table, memory: ArrayBuffer): Sieve | undefined => {
  const plan = planSieve(ensemble, table, memory);
  if (plan === undefined) return undefined;
  const places = placesOf(plan, table.slots);
  compiled ??= compileKernel(SIEVE_BYTES);
  const opened = instantiate<SieveKernel>(compiled, places.bytes);
  writeSieve(plan, places, opened.memory);
  const feed = createSieveFeed(table.slots, places, opened.memory);
  const floats = new Float64Array(opened.memory);
  const { trees, nodes, singles, sums } = places;
  const last = trees + plan.trees.length * TREE;
  const single = Number(plan.single);
  const [into, past] = plan.single
    ? [singles, singles + plan.targets * ROWS * 4]
    : [sums, sums + plan.targets * ROWS * 8];
  const { kernel } = opened;
  return {
    score(parts, rows, take) {
      const left = rows % ROWS;
      const end = left < plan.least ? rows - left : rows;
      if (end === 0) return 0;
      const { brings, ranked } = feed(parts);
      for (let first = 0; first < end; first += ROWS) {
        const count = Math.min(ROWS, end - first);
        for (const bring of brings) bring(first, count);
        for (const [slot, behind] of ranked) kernel.rank(slot, behind);
        floats.fill(0, into >> 3, past >> 3);
        kernel.sieve(trees, last, nodes, into, single);
        if (plan.single) kernel.promote(singles, past, sums);
        take(floats, sums >> 3, ROWS, first, count);
      }
      return end;
    },
  };
};
