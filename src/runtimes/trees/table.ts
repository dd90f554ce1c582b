/**
 * The memory that the kernel works in, all of one ensemble's, laid out as bytes:
 *
 *   nodes    16 bytes: float64 threshold (of a leaf: its weight, or where its weights lie; of a set: 64 bits),
 *            int32 offset of the slot in a block of rows (+ 1 for a set), int32 place of the node where the test holds;
 *            the other stands 16 bytes behind it. A leaf tests a slot that is always NaN and leads to itself.
 *   trees    16 bytes: int32 root, depth, offset of its first target's sums, 1 if it has sets. In their order.
 *   groups   72 bytes: 8 roots, 8 places for the leaves, depth, 1 if any has sets. Trees of like depth together.
 *   leaves   int32 by tree: where one row came to; one more, for the places of a group that nobody fills.
 *   weights  float64, of leaves that have several.
 *   sums     float64 by target, then by row.
 *   rows     blocks of eight rows: float64 by slot, then by row, and NaN eight times at the end.
 */
import type { Ensemble } from './ensemble.ts';
import { isNegated } from './lowering.ts';
import { type Heights, stepsOf } from './measure.ts';
import { collectSlots, type Slots } from './slots.ts';
import { unusual } from './unusual.ts';
import { createNodeWriter, NODE } from './write-nodes.ts';

export const TREE = 16;
const GROUP = 72;
/** Rows that are walked down a tree before the next tree's turn; more of them leave the processor's cache. */
const MAX_BLOCKS = 16;
const MAX_ROWS_BYTES = 1 << 20;
const MAX_BYTES = 2 ** 31;

export interface ByteSpan {
  readonly from: number;
  readonly to: number;
}

/** Where the parts lie, in bytes. */
export interface Places {
  readonly bytes: number;
  readonly nodes: number;
  readonly trees: ByteSpan;
  readonly groups: ByteSpan;
  readonly leaves: number;
  /** Of leaves: the one more. */
  readonly spare: number;
  readonly weights: number;
  readonly sums: number;
  readonly rows: number;
  /** Blocks of eight rows that there is room for. */
  readonly blocks: number;
  readonly blockBytes: number;
  /** Bytes from a row's sum for one target to its sum for the next. */
  readonly stride: number;
}

export interface Table extends Places {
  readonly slots: Slots;
  /** Writes all but sums and rows into a memory of so many bytes. */
  write(memory: ArrayBuffer): void;
}

const align = (bytes: number): number => Math.ceil(bytes / 8) * 8;

/** @throws Unusual when it would take 2 GiB. */
const placesOf = (ensemble: Ensemble, slots: Slots): Places => {
  const { tests, roots, weights: given, targets } = ensemble;
  let pairs = 0;
  // Each step leads to a pair.
  for (let node = 0; node < tests.length; node++) pairs += stepsOf(ensemble, node);
  const nodes = 2 * NODE;
  const trees = nodes + (pairs + roots.length) * 2 * NODE;
  const groups = trees + roots.length * TREE;
  const leaves = groups + Math.ceil(roots.length / 8) * GROUP;
  const spare = leaves + roots.length * 4;
  const weights = align(spare + 4);
  const sums = weights + (given?.length ?? 0) * 8;
  const blockBytes = (slots.count + 1) * 64;
  const blocks = Math.max(1, Math.min(MAX_BLOCKS, Math.floor(MAX_ROWS_BYTES / blockBytes)));
  const stride = blocks * 64;
  const rows = sums + targets * stride;
  const bytes = rows + blocks * blockBytes;
  if (bytes >= MAX_BYTES) throw unusual('trees of 2 GiB');
  return {
    bytes,
    nodes,
    trees: { from: trees, to: groups },
    groups: { from: groups, to: leaves },
    leaves,
    spare,
    weights,
    sums,
    rows,
    blocks,
    blockBytes,
    stride,
  };
};

/** Groups of eight trees, by their depths. */
const writeGroups = ({ roots }: Ensemble, { steps }: Heights, places: Places, ints: Int32Array): void => {
  const depths = Int32Array.from(roots, (root) => steps[root]);
  const order = [...depths.keys()].sort((a, b) => depths[a] - depths[b] || a - b);
  for (let group = 0; group * 8 < order.length; group++) {
    const at = (places.groups.from + group * GROUP) >> 2;
    for (let lane = 0; lane < 8; lane++) {
      const tree = order[group * 8 + lane];
      const entry = (places.trees.from + (tree ?? order[group * 8]) * TREE) >> 2;
      ints[at + lane] = ints[entry];
      ints[at + 8 + lane] = tree === undefined ? places.spare : places.leaves + tree * 4;
      if (tree !== undefined) ints[at + 16] = ints[entry + 1];
      ints[at + 17] |= ints[entry + 3];
    }
  }
};

/** @throws Unusual when it would take 2 GiB. */
export const layOut = (ensemble: Ensemble, heights: Heights): Table => {
  const { roots, firstTargets, weights } = ensemble;
  const slots = collectSlots(ensemble, isNegated);
  const places = placesOf(ensemble, slots);
  return {
    ...places,
    slots,
    write(memory) {
      const floats = new Float64Array(memory);
      const ints = new Int32Array(memory);
      const { stride, rows, blocks, blockBytes } = places;
      const writeTree = createNodeWriter(ensemble, { memory, slots, first: places.nodes, weights: places.weights });
      for (let tree = 0; tree < roots.length; tree++) {
        const root = roots[tree];
        const entry = [writeTree(root), heights.steps[root], firstTargets[tree] * stride, heights.sets[root]];
        ints.set(entry, (places.trees.from + tree * TREE) >> 2);
      }
      writeGroups(ensemble, heights, places, ints);
      if (weights) floats.set(weights, places.weights >> 3);
      for (let block = 0; block < blocks; block++) {
        const end = (rows + (block + 1) * blockBytes) >> 3;
        floats.fill(Number.NaN, end - 8, end);
      }
    },
  };
};
