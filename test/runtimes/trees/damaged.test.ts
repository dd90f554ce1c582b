import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Ensemble, LEAF, LEQ, MEMBER } from '../../../src/runtimes/trees/ensemble.ts';
import { growForest } from '../../../src/runtimes/trees/forest.ts';
import { Unusual } from '../../../src/runtimes/trees/unusual.ts';

/** x0 <= 1 ? 10 : 20, with some of it changed. */
const stump = (changes: Partial<Ensemble> = {}): Ensemble => ({
  input: 'float32',
  sum: 'float32',
  aggregate: 'sum',
  targets: 1,
  tests: Uint8Array.of(LEQ, LEAF, LEAF),
  features: Int32Array.of(0, 0, 0),
  values: Float64Array.of(1, 10, 20),
  yes: Int32Array.of(1, 0, 0),
  no: Int32Array.of(2, 0, 0),
  roots: Int32Array.of(0),
  firstTargets: Int32Array.of(0),
  width: 1,
  ...changes,
});

const sumOf = (ensemble: Ensemble, x: number): number => {
  let sum = Number.NaN;
  growForest(ensemble).score([{ width: 1, data: Float32Array.of(x) }], 1, (sums, start) => {
    sum = sums[start];
  });
  return sum;
};

test('a tree answers', () => {
  assert.deepEqual([sumOf(stump(), 1), sumOf(stump(), 2), sumOf(stump(), Number.NaN)], [10, 20, 20]);
});

test('trees may share nodes', () => {
  const shared = stump({
    tests: Uint8Array.of(LEQ, LEQ, LEAF, LEAF),
    features: Int32Array.of(0, 0, 0, 0),
    values: Float64Array.of(1, 0, 10, 20),
    yes: Int32Array.of(1, 2, 0, 0),
    no: Int32Array.of(3, 3, 0, 0),
  });
  assert.deepEqual([sumOf(shared, 0), sumOf(shared, 1), sumOf(shared, 2)], [10, 20, 20]);
});

test('a tree as deep as it has nodes is walked to its end', () => {
  const depth = 50_000;
  const count = 2 * depth + 1;
  // Splits stand first, then a leaf for each, then the last.
  const deep = stump({
    tests: Uint8Array.from({ length: count }, (_, node) => (node < depth ? LEQ : LEAF)),
    features: new Int32Array(count),
    values: Float64Array.from({ length: count }, (_, node) => (node < depth ? -node : node)),
    yes: Int32Array.from({ length: count }, (_, node) => (node < depth - 1 ? node + 1 : node < depth ? count - 1 : 0)),
    no: Int32Array.from({ length: count }, (_, node) => (node < depth ? depth + node : 0)),
  });
  assert.deepEqual([sumOf(deep, 1), sumOf(deep, -depth)], [depth, count - 1]);
});

describe('trees are refused that', () => {
  for (const [what, changes] of Object.entries({
    'lead back to a node above': { no: Int32Array.of(0, 0, 0) },
    'lead to a node that is not there': { yes: Int32Array.of(3, 0, 0) },
    'lead to a node before the first': { yes: Int32Array.of(-1, 0, 0) },
    'test a feature before the first': { features: Int32Array.of(-1, 0, 0) },
    'have a root that is not there': { roots: Int32Array.of(7) },
    'are none': { roots: new Int32Array(0), firstTargets: new Int32Array(0) },
    'add to a target that is not there': { firstTargets: Int32Array.of(1) },
    'have leaves whose weights are not there': { width: 2, targets: 2, weights: new Float64Array(3) },
    'ask for a set that is not there': { tests: Uint8Array.of(MEMBER, LEAF, LEAF) },
    'ask for a set with a category below 0': { tests: Uint8Array.of(MEMBER, LEAF, LEAF), sets: new Map([[0, [-1]]]) },
  } satisfies Record<string, Partial<Ensemble>>))
    test(what, () => assert.throws(() => growForest(stump(changes)), { code: 'BAD_MODEL' }));
});

test('a feature beyond all bounds is left to another runtime', () => {
  assert.throws(() => growForest(stump({ features: Int32Array.of(2 ** 30, 0, 0) })), Unusual);
});
