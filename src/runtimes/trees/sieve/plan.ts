/** Whether rows are better sieved through an ensemble's trees than walked down them, and what the sieve needs to know of the trees. */
import type { Ensemble } from '../ensemble.ts';
import { type Table, TREE } from '../table.ts';
import { NODE } from '../write-nodes.ts';
import { MAX_NODES } from './places.ts';

/** Rows that are sieved at once. */
export const ROWS = 128;
/** So that nobody waits long for a plan. */
const MAX_ENSEMBLE_NODES = 1 << 19;
/** A set of rows for each; more of them lie too far from the processor. */
const MAX_THRESHOLDS = 1 << 16;
/** What is done for a row of 128, measured in steps of a walk. */
const NODE_STEPS = 1 / 80;
const TREE_STEPS = 0.7;
const SLOT_STEPS = 5;

export interface SieveNode {
  readonly slot: number;
  /** NaN where nothing is at most that much. */
  readonly threshold: number;
  /** Where a row goes that is at most that much, and where any other: to a node by its number, to leaf n by -1 - n. */
  readonly below: number;
  readonly above: number;
}
export interface SieveTree {
  /** Each stands behind the one that leads to it. */
  readonly nodes: readonly SieveNode[];
  /** By leaf. */
  readonly weights: readonly number[];
  readonly target: number;
}
export interface SievePlan {
  readonly single: boolean;
  readonly targets: number;
  readonly trees: readonly SieveTree[];
  /** By slot, in ascending order, without NaN. */
  readonly thresholds: readonly Float64Array[];
  /** From so many rows on they are better sieved. */
  readonly least: number;
}

/** A tree from its root on, breadth first; undefined where it is too large, or asks for sets. */
const treeOf = (root: number, target: number, table: Table, memory: ArrayBuffer): SieveTree | undefined => {
  const floats = new Float64Array(memory);
  const ints = new Int32Array(memory);
  const isLeaf = (place: number): boolean => ints[(place + 8) >> 2] === table.slots.count * 64;
  const nodes: SieveNode[] = [];
  const weights: number[] = [];
  const queue: number[] = [];
  const lead = (place: number): number => (isLeaf(place) ? -weights.push(floats[place >> 3]) : queue.push(place) - 1);
  // A tree that is a leaf is a node that leads there in any case.
  if (lead(root) < 0) nodes.push({ slot: 0, threshold: Number.NaN, below: -1, above: -1 });
  for (const place of queue) {
    const slot = ints[(place + 8) >> 2];
    if (slot & 1 || queue.length > MAX_NODES) return undefined;
    const next = ints[(place + 12) >> 2];
    nodes.push({ slot: slot / 64, threshold: floats[place >> 3], below: lead(next), above: lead(next + NODE) });
  }
  return { nodes, weights, target };
};

const thresholdsOf = (trees: readonly SieveTree[], slots: number): readonly Float64Array[] => {
  const sets = Array.from({ length: slots }, () => new Set<number>());
  for (const { nodes } of trees)
    for (const { slot, threshold } of nodes) if (!Number.isNaN(threshold)) sets[slot].add(threshold);
  return sets.map((set) => Float64Array.from(set).sort());
};

/** `memory` holds the trees as `table.ts` lays them out. */
export const planSieve = (ensemble: Ensemble, table: Table, memory: ArrayBuffer): SievePlan | undefined => {
  const { roots, firstTargets, aggregate, width, sum, targets } = ensemble;
  const most = Math.min(MAX_ENSEMBLE_NODES, roots.length * 2 * (MAX_NODES + 1));
  if (aggregate !== 'sum' || width !== 1 || ensemble.tests.length > most) return undefined;
  const ints = new Int32Array(memory);
  const single = sum === 'float32';
  const trees: SieveTree[] = [];
  let steps = 0;
  let sieved = 0;
  for (let index = 0; index < roots.length; index++) {
    const at = (table.trees.from + index * TREE) >> 2;
    const tree = treeOf(ints[at], firstTargets[index], table, memory);
    if (tree === undefined || (single && tree.weights.some((weight) => Math.fround(weight) !== weight)))
      return undefined;
    trees.push(tree);
    steps += ints[at + 1] + 0.5;
    sieved += TREE_STEPS + tree.nodes.length * NODE_STEPS;
  }
  const thresholds = thresholdsOf(trees, table.slots.count);
  sieved += thresholds.filter(({ length }) => length > 0).length * SLOT_STEPS;
  const isNear = thresholds.reduce((total, { length }) => total + length, 0) <= MAX_THRESHOLDS;
  return isNear && sieved < steps
    ? { single, targets, trees, thresholds, least: Math.ceil((ROWS * sieved) / steps) }
    : undefined;
};
