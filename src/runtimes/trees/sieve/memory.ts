/**
 * The memory that the sieve's kernel works in, laid out as bytes behind what `places.ts` names:
 *
 *   slots    64 bytes, of those that are tested: float64 of where buckets begin, of buckets to 1, of the last bucket, and 1 or -1 by
 *            which values are multiplied; int32 place of the first row's value, bytes to the next row's, 1 if they are float32, place of
 *            its buckets, what is added to twice a threshold's place to come to its mask, half of the search in bytes, place and
 *            bytes of its masks.
 *   trees    16 bytes: int32 bytes of its nodes, leaves by eight, place of its leaves' weights, offset of its target's sums.
 *   nodes    8 bytes: int32 place of the mask, uint16 places of the rows below and above. Of all trees, one behind the other.
 *   buckets  int32, of each slot: the place before the first threshold in the bucket.
 *   values   float64: a slot's thresholds, and Infinity where a search may go beyond them.
 *   masks    128 bits: by threshold the rows that are not at most that much. In the order of the slots.
 *   weights  float32 or float64, as the sums are.
 *   singles  float32 by target, then by row: sums, where they are such.
 *   sums     float64 by target, then by row.
 *   columns  float64 by slot, then by row.
 *   raw      rows as they are given.
 */
import type { Slots } from '../slots.ts';
import { FIRST, LEAVES, REACH } from './places.ts';
import { ROWS, type SievePlan } from './plan.ts';
import { type Search, searchOf } from './search.ts';

export const SLOT = 64;
export const TREE = 16;
const NODE = 8;
const MASK = 16;
/** Columns that a row may have beyond those that the trees test. */
const MORE_COLUMNS = 64;

interface SlotPlaces extends Search {
  readonly slot: number;
  readonly buckets: number;
  readonly values: number;
  readonly masks: number;
}
export interface SieveMemory {
  readonly bytes: number;
  readonly slots: readonly SlotPlaces[];
  /** By slot where its record is, or 0. */
  readonly records: Int32Array;
  readonly trees: number;
  readonly nodes: number;
  readonly weights: number;
  readonly singles: number;
  readonly sums: number;
  readonly columns: number;
  readonly raw: number;
}

export const placesOf = ({ trees, thresholds, targets, single }: SievePlan, { width, count }: Slots): SieveMemory => {
  let free = FIRST;
  const take = (bytes: number): number => {
    const place = free;
    free += Math.ceil(bytes / MASK) * MASK;
    return place;
  };
  const searches = thresholds.flatMap((values, slot) => (values.length > 0 ? { slot, ...searchOf(values) } : []));
  const first = take(searches.length * SLOT);
  const records = new Int32Array(count);
  searches.forEach(({ slot }, index) => {
    records[slot] = first + index * SLOT;
  });
  const places = {
    trees: take(trees.length * TREE),
    nodes: take(trees.reduce((all, { nodes }) => all + nodes.length, 0) * NODE),
  };
  const searched = searches.map((search) => ({
    ...search,
    buckets: take(search.starts.length * 4),
    values: take((search.thresholds.length + search.reach) * 8),
  }));
  const slots = searched.map((one) => ({ ...one, masks: take((one.thresholds.length + one.reach) * MASK) }));
  return {
    ...places,
    slots,
    records,
    weights: take(trees.reduce((all, { weights }) => all + weights.length, 0) * (single ? 4 : 8)),
    singles: take(targets * ROWS * 4),
    sums: take(targets * ROWS * 8),
    columns: take(count * ROWS * 8),
    raw: take((width + MORE_COLUMNS) * ROWS * 8),
    bytes: free,
  };
};

const writeSlots = ({ slots, records }: SieveMemory, memory: ArrayBuffer): void => {
  const floats = new Float64Array(memory);
  const ints = new Int32Array(memory);
  for (const { slot, low, scale, starts, thresholds, reach, buckets, values, masks } of slots) {
    const record = records[slot];
    floats.set([low, scale, starts.length - 1], record >> 3);
    ints.set([buckets, 16 - 2 * values + masks, reach * 4, masks, thresholds.length * MASK], (record + 44) >> 2);
    for (let bucket = 0; bucket < starts.length; bucket++)
      ints[(buckets >> 2) + bucket] = values + 8 * starts[bucket] - 8;
    floats.set(thresholds, values >> 3);
    floats.fill(Infinity, (values >> 3) + thresholds.length, (values >> 3) + thresholds.length + reach);
  }
};

/** Writes all but what every batch brings. */
export const writeSieve = ({ trees, single }: SievePlan, places: SieveMemory, memory: ArrayBuffer): void => {
  const ints = new Int32Array(memory);
  const shorts = new Uint16Array(memory);
  const weights = single ? new Float32Array(memory) : new Float64Array(memory);
  ints.fill(-1, REACH >> 2, (REACH + MASK) >> 2);
  writeSlots(places, memory);
  const masks = new Map(
    places.slots.map(({ slot, thresholds, masks: first }) => [
      slot,
      new Map(Array.from(thresholds, (threshold, index) => [threshold, first + index * MASK])),
    ]),
  );
  const placeOf = (to: number): number => (to < 0 ? LEAVES + (-1 - to) * MASK : REACH + to * MASK);
  const size = weights.BYTES_PER_ELEMENT;
  let node = places.nodes;
  let weight = places.weights;
  trees.forEach((tree, index) => {
    const record = [tree.nodes.length * NODE, Math.ceil(tree.weights.length / 8), weight, tree.target * ROWS * size];
    ints.set(record, (places.trees + index * TREE) >> 2);
    for (const { slot, threshold, below, above } of tree.nodes) {
      // All rows are above NaN.
      ints[node >> 2] = masks.get(slot)?.get(threshold) ?? REACH;
      shorts.set([placeOf(below), placeOf(above)], (node + 4) >> 1);
      node += NODE;
    }
    weights.set(tree.weights, weight / size);
    weight += tree.weights.length * size;
  });
};
