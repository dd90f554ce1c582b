/** An ensemble's nodes as the kernel reads them: 16 bytes each, in pairs (see `table.ts`). */
import { BLOCK, blocksOf, MISSING_LANE } from './blocks.ts';
import { type Ensemble, EQ, LEAF, MEMBER, MISSING_TRUE, NEQ } from './ensemble.ts';
import { below, lowered } from './lowering.ts';
import { guiseOf, LANES, type Slots } from './slots.ts';

export const NODE = 16;

/** Where nodes are written. */
export interface Site {
  readonly memory: ArrayBuffer;
  readonly slots: Slots;
  /** The first pair, in bytes. */
  readonly first: number;
  /** Where leaves' weights lie, in bytes. */
  readonly weights: number;
}

/** The members of a set that lie in a block, as bits. */
const membersIn = (set: ArrayLike<number>, block: number): bigint => {
  let members = 0n;
  for (let index = 0; index < set.length; index++)
    if (Math.floor(set[index] / BLOCK) === block) members |= 1n << BigInt(set[index] % BLOCK);
  return members;
};

/** Writes the tree of a root and says where it lies. Nodes that trees share are written once. */
export const createNodeWriter = (ensemble: Ensemble, site: Site): ((root: number) => number) => {
  const { tests, features, values, yes, no, sets, width } = ensemble;
  const { memory, slots, weights } = site;
  const ints = new Int32Array(memory);
  const floats = new Float64Array(memory);
  const view = new DataView(memory);
  const nan = slots.count * 64;
  const pairOf = new Int32Array(tests.length);
  /** Nodes that are still to be written, each with its place. */
  const stack: number[] = [];
  let free = site.first;
  const pair = (): number => {
    free += 2 * NODE;
    return free - 2 * NODE;
  };
  const put = (place: number, slot: number, next: number): void => {
    ints[(place + 8) >> 2] = slot;
    ints[(place + 12) >> 2] = next;
  };
  const child = (place: number, node: number): void => {
    stack.push(node, place);
  };
  const compare = (place: number, node: number, test: number, next: number): void => {
    const how = lowered(test);
    const v = how & 2 ? -values[node] : values[node];
    floats[place >> 3] = how & 1 ? below(v) : v;
    put(place, slots.indexOf(features[node], guiseOf(test) | (how >> 1)) * 64, next);
  };

  /** A block of its categories after the other: what is in none of them goes on to the next. */
  const writeMember = (node: number, place: number, next: number, isNew: boolean): void => {
    const set = sets?.get(node) ?? [];
    const parts = blocksOf(set);
    let at = place;
    let to = next;
    for (let part = 0; part < parts.length; part++) {
      const missing = part === 0 && tests[node] & MISSING_TRUE ? 1n << BigInt(MISSING_LANE) : 0n;
      view.setBigUint64(at, missing | membersIn(set, parts[part]), true);
      put(at, slots.indexOf(features[node], LANES + parts[part]) * 64 + 1, to);
      // A node that is written twice shares what stands behind its first pair.
      if (!isNew) return;
      child(to, yes[node]);
      at = to + NODE;
      if (part < parts.length - 1) to = pair();
    }
    child(at, no[node]);
  };
  /** x <= v, and then x >= v. What differs from v goes the other way, twice; NaN is on one side of both. */
  const writeEqual = (node: number, place: number, next: number, isNew: boolean): void => {
    const test = tests[node];
    const isSame = (test & 7) === EQ;
    const flags = test & ~7 & (isSame ? -1 : ~MISSING_TRUE);
    const both = isSame || test & MISSING_TRUE ? flags : flags | MISSING_TRUE;
    const inside = isSame ? yes[node] : no[node];
    const outside = isSame ? no[node] : yes[node];
    const swapped = both & MISSING_TRUE ? NODE : 0;
    compare(place, node, both, next);
    if (!isNew) return;
    const second = pair();
    compare(next + swapped, node, both | 2, second);
    child(next + NODE - swapped, outside);
    child(second + swapped, inside);
    child(second + NODE - swapped, outside);
  };
  /** Writes a node at a place; what it leads to once, behind the pairs so far. A node may stand at several places. */
  const writeNode = (node: number, place: number): void => {
    const test = tests[node];
    const kind = test & 7;
    if (kind === LEAF) {
      floats[place >> 3] = width === 1 ? values[node] : weights + values[node] * 8;
      put(place, nan, place - NODE);
      return;
    }
    const isNew = pairOf[node] === 0;
    if (isNew) pairOf[node] = pair();
    const next = pairOf[node];
    if (kind === MEMBER) writeMember(node, place, next, isNew);
    else if (kind === EQ || kind === NEQ) writeEqual(node, place, next, isNew);
    else {
      compare(place, node, test, next);
      if (!isNew) return;
      const swapped = test & MISSING_TRUE ? NODE : 0;
      child(next + swapped, yes[node]);
      child(next + NODE - swapped, no[node]);
    }
  };
  return (root) => {
    const place = pair();
    writeNode(root, place);
    while (stack.length > 0) {
      const at = stack.pop() as number;
      writeNode(stack.pop() as number, at);
    }
    return place;
  };
};
