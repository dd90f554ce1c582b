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
import { BLOCK, blocksOf, MISSING_LANE } from './blocks.ts';
import { type Ensemble, EQ, LEAF, MEMBER, MISSING_TRUE, NEQ } from './ensemble.ts';
import { type Heights, stepsOf } from './measure.ts';
import { collectSlots, guiseOf, LANES, type Slots } from './slots.ts';
import { unusual } from './unusual.ts';

const NODE = 16;
const TREE = 16;
const GROUP = 72;
/** Rows that are walked down a tree before the next tree's turn; more of them leave the processor's cache. */
const MAX_BLOCKS = 16;
const MAX_ROWS_BYTES = 1 << 20;
const MAX_BYTES = 2 ** 31;

export interface ByteSpan {
  readonly from: number;
  readonly to: number;
}

export interface Table {
  readonly bytes: number;
  readonly trees: ByteSpan;
  readonly groups: ByteSpan;
  readonly leaves: number;
  readonly sums: number;
  readonly rows: number;
  /** Blocks of eight rows that there is room for. */
  readonly blocks: number;
  readonly blockBytes: number;
  /** Bytes from a row's sum for one target to its sum for the next. */
  readonly stride: number;
  readonly slots: Slots;
  /** Writes all but sums and rows into a memory of so many bytes. */
  write(memory: ArrayBuffer): void;
}

const bits = new BigInt64Array(1);
const float = new Float64Array(bits.buffer);
/** The greatest float64 below v; NaN, which nothing is below or equal to, where there is none. */
const below = (v: number): number => {
  if (v === 0) return -Number.MIN_VALUE;
  if (v === -Infinity) return Number.NaN;
  float[0] = v;
  bits[0] += v > 0 ? -1n : 1n;
  return float[0];
};

/**
 * LEQ, LT, GTE and GT by their bits (1: -x is compared, 0: with the number below) are each `±x <= v`. That NaN passes one is
 * that it fails the opposite, so that the nodes change places.
 */
const lowered = (test: number): number => (test & 3) ^ (test & MISSING_TRUE ? 3 : 0);
const isNegated = (test: number): 0 | 1 | 2 => {
  const kind = test & 7;
  if (kind === EQ || kind === NEQ) return 2;
  return lowered(test) & 2 ? 1 : 0;
};

const align = (bytes: number): number => Math.ceil(bytes / 8) * 8;

/** @throws Unusual when it would take 2 GiB. */
export const layOut = (ensemble: Ensemble, heights: Heights): Table => {
  const { tests, features, values, yes, no, sets, roots, firstTargets, width, weights, targets } = ensemble;
  const slots = collectSlots(ensemble, isNegated);
  let pairs = 0;
  // Each step leads to a pair.
  for (let node = 0; node < tests.length; node++) pairs += stepsOf(ensemble, node);
  const firstNode = 2 * NODE;
  const trees = firstNode + (pairs + roots.length) * 2 * NODE;
  const groups = trees + roots.length * TREE;
  const groupCount = Math.ceil(roots.length / 8);
  const leaves = groups + groupCount * GROUP;
  const spare = leaves + roots.length * 4;
  const firstWeight = align(spare + 4);
  const sums = firstWeight + (weights?.length ?? 0) * 8;
  const blockBytes = (slots.count + 1) * 64;
  const blocks = Math.max(1, Math.min(MAX_BLOCKS, Math.floor(MAX_ROWS_BYTES / blockBytes)));
  const stride = blocks * 64;
  const rows = sums + targets * stride;
  const bytes = rows + blocks * blockBytes;
  if (bytes >= MAX_BYTES) throw unusual('trees of 2 GiB');

  const write = (memory: ArrayBuffer): void => {
    const view = new DataView(memory);
    const floats = new Float64Array(memory);
    const ints = new Int32Array(memory);
    const nan = slots.count * 64;
    const pairOf = new Int32Array(tests.length);
    let free = firstNode;
    const pair = (): number => {
      const place = free;
      free += 2 * NODE;
      return place;
    };
    const put = (place: number, slot: number, next: number): void => {
      ints[(place + 8) >> 2] = slot;
      ints[(place + 12) >> 2] = next;
    };
    const compare = (place: number, node: number, test: number, next: number): void => {
      const how = lowered(test);
      const v = how & 2 ? -values[node] : values[node];
      floats[place >> 3] = how & 1 ? below(v) : v;
      put(place, slots.indexOf(features[node], guiseOf(test) | (how >> 1)) * 64, next);
    };
    const stack: { node: number; place: number }[] = [];
    /** Writes a node at a place; what it leads to once, behind the pairs so far. A node may stand at several places. */
    const writeNode = (node: number, place: number): void => {
      const test = tests[node];
      const kind = test & 7;
      if (kind === LEAF) {
        floats[place >> 3] = width === 1 ? values[node] : firstWeight + values[node] * 8;
        put(place, nan, place - NODE);
        return;
      }
      const isNew = pairOf[node] === 0;
      if (isNew) pairOf[node] = pair();
      const next = pairOf[node];
      const child = (at: number, to: number): void => {
        if (isNew) stack.push({ node: to, place: at });
      };
      if (kind === MEMBER) {
        const set = sets?.get(node) ?? [];
        const parts = blocksOf(set);
        let at = place;
        let to = next;
        for (let part = 0; part < parts.length; part++) {
          let members = part === 0 && test & MISSING_TRUE ? 1n << BigInt(MISSING_LANE) : 0n;
          for (let index = 0; index < set.length; index++)
            if (Math.floor(set[index] / BLOCK) === parts[part]) members |= 1n << BigInt(set[index] % BLOCK);
          view.setBigUint64(at, members, true);
          put(at, slots.indexOf(features[node], LANES + parts[part]) * 64 + 1, to);
          child(to, yes[node]);
          at = to + NODE;
          // A node that is written twice shares what stands behind its first pair.
          if (!isNew) return;
          if (part < parts.length - 1) to = pair();
        }
        child(at, no[node]);
      } else if (kind === EQ || kind === NEQ) {
        // x <= v, and then x >= v. What differs from v goes the other way, twice; NaN is on one side of both.
        const isSame = kind === EQ;
        const flags = test & ~7 & (isSame ? -1 : ~MISSING_TRUE);
        const both = isSame || test & MISSING_TRUE ? flags : flags | MISSING_TRUE;
        const [inside, outside] = isSame ? [yes[node], no[node]] : [no[node], yes[node]];
        const swapped = both & MISSING_TRUE ? NODE : 0;
        compare(place, node, both, next);
        if (!isNew) return;
        const second = pair();
        compare(next + swapped, node, both | 2, second);
        child(next + NODE - swapped, outside);
        child(second + swapped, inside);
        child(second + NODE - swapped, outside);
      } else {
        compare(place, node, test, next);
        const swapped = test & MISSING_TRUE ? NODE : 0;
        child(next + swapped, yes[node]);
        child(next + NODE - swapped, no[node]);
      }
    };
    const depths = new Int32Array(roots.length);
    for (let tree = 0; tree < roots.length; tree++) {
      const root = pair();
      writeNode(roots[tree], root);
      for (let top = stack.pop(); top !== undefined; top = stack.pop()) writeNode(top.node, top.place);
      depths[tree] = heights.steps[roots[tree]];
      const entry = [root, depths[tree], firstTargets[tree] * stride, heights.sets[roots[tree]]];
      ints.set(entry, (trees + tree * TREE) >> 2);
    }
    const order = [...depths.keys()].sort((a, b) => depths[a] - depths[b] || a - b);
    for (let group = 0; group < groupCount; group++) {
      const at = (groups + group * GROUP) >> 2;
      for (let lane = 0; lane < 8; lane++) {
        const tree = order[group * 8 + lane];
        const entry = (trees + (tree ?? order[group * 8]) * TREE) >> 2;
        ints[at + lane] = ints[entry];
        ints[at + 8 + lane] = tree === undefined ? spare : leaves + tree * 4;
        if (tree !== undefined) ints[at + 16] = ints[entry + 1];
        ints[at + 17] |= ints[entry + 3];
      }
    }
    if (weights) floats.set(weights, firstWeight >> 3);
    for (let block = 0; block < blocks; block++) {
      const end = (rows + (block + 1) * blockBytes) >> 3;
      floats.fill(Number.NaN, end - 8, end);
    }
  };
  return {
    bytes,
    trees: { from: trees, to: groups },
    groups: { from: groups, to: groups + groupCount * GROUP },
    leaves,
    sums,
    rows,
    blocks,
    blockBytes,
    stride,
    slots,
    write,
  };
};
