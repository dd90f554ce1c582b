import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Ensemble, EQ, GT, GTE, LEAF, LEQ, LT, MEMBER, NEQ } from '../../../src/runtimes/trees/ensemble.ts';
import type { FeaturePart } from '../../../src/runtimes/trees/feed.ts';
import { measure } from '../../../src/runtimes/trees/measure.ts';
import { growSieve, type Sieve } from '../../../src/runtimes/trees/sieve/sieve.ts';
import { layOut } from '../../../src/runtimes/trees/table.ts';
import { FEATURES, grow, rowsOf, type Shape, walk } from './ensembles.ts';
import { random } from './rows.ts';

const sieveOf = (ensemble: Ensemble): Sieve | undefined => {
  const table = layOut(ensemble, measure(ensemble));
  const memory = new ArrayBuffer(Math.ceil(table.bytes / 8) * 8);
  table.write(memory);
  return growSieve(ensemble, table, memory);
};

/** Sums of the rows that it takes, target by target. */
const sumsOf = (sieve: Sieve, parts: readonly FeaturePart[], rows: number, targets: number): readonly number[][] => {
  const sums: number[][] = Array.from({ length: rows }, () => []);
  const end = sieve.score(parts, rows, (floats, start, stride, first, count) => {
    for (let row = 0; row < count; row++)
      for (let target = 0; target < targets; target++) sums[first + row].push(floats[start + row + target * stride]);
  });
  assert.ok(end === rows || rows - end < 128);
  return sums.slice(0, end);
};

const shape: Shape = {
  trees: 90,
  depth: 6,
  targets: 1,
  width: 1,
  sum: 'float32',
  aggregate: 'sum',
  tests: [LEQ, LT, GTE, GT],
};
const shapes: Readonly<Record<string, Shape>> = {
  'that compare': shape,
  'that compare, in float64': { ...shape, sum: 'float64' },
  'that compare and ask for equality': { ...shape, depth: 5, tests: [LEQ, LT, GTE, GT, EQ, NEQ] },
  'of more than 64 leaves': { ...shape, depth: 8, trees: 40 },
  'for several targets': { ...shape, targets: 4, sum: 'float64' },
};

describe('a sieve for trees', () => {
  for (const [what, one] of Object.entries(shapes))
    test(`${what} answers as when they are walked node by node`, () => {
      let tried = 0;
      for (let seed = 1; seed <= 12; seed++) {
        const next = random(seed);
        const ensemble = grow(one, next);
        const sieve = sieveOf(ensemble);
        if (sieve === undefined) continue;
        tried++;
        const data = rowsOf(300, next, one.sum === 'float32');
        const given = one.sum === 'float32' ? Float32Array.from(data) : data;
        const answers = sumsOf(sieve, [{ width: FEATURES, data: given }], 300, one.targets);
        const expected = answers.map((_, row) => walk(ensemble, data.subarray(row * FEATURES, (row + 1) * FEATURES)));
        assert.ok(answers.length >= 256);
        assert.deepEqual(answers, expected, `seed ${seed}`);
      }
      assert.ok(tried >= 6, `${tried} tried`);
    });

  test('reads parts side by side, one-hot columns among them', () => {
    const next = random(5);
    const grown = grow(shape, next);
    // Features 2 and 3 are columns of one part, and are only asked whether they are 0.
    const isOneHot = (node: number): boolean => grown.features[node] === 2 || grown.features[node] === 3;
    const ensemble: Ensemble = {
      ...grown,
      tests: grown.tests.map((asked, node) => (asked !== LEAF && isOneHot(node) ? LEQ : asked)),
      values: grown.values.map((value, node) => (grown.tests[node] !== LEAF && isOneHot(node) ? 0.5 : value)),
    };
    const sieve = sieveOf(ensemble);
    assert.ok(sieve);
    const data = rowsOf(1000, next, true);
    const codes = Int32Array.from({ length: 1000 }, () => Math.floor(next() * 4) - 1);
    for (let row = 0; row < 1000; row++) {
      data[row * FEATURES + 2] = Number(codes[row] === 0);
      data[row * FEATURES + 3] = Number(codes[row] === 1);
    }
    const columns = (from: number, to: number): Float64Array =>
      data.filter((_, at) => at % FEATURES >= from && at % FEATURES < to);
    const parts: FeaturePart[] = [
      { width: 2, data: Float32Array.from(columns(0, 2)) },
      { width: 2, codes },
      { width: 1, data: Float32Array.from(columns(4, 5)) },
      { width: 1, data: columns(5, 6) },
    ];
    const answers = sumsOf(sieve, parts, 1000, 1);
    const expected = answers.map((_, row) => walk(ensemble, data.subarray(row * FEATURES, (row + 1) * FEATURES)));
    assert.deepEqual(answers, expected);
  });

  test('is not for sets, large trees, the least of leaves, nor for a few trees of many columns', () => {
    const next = random(3);
    assert.equal(sieveOf(grow({ ...shape, tests: [MEMBER] }, next)), undefined);
    assert.equal(sieveOf(grow({ ...shape, depth: 14, trees: 2 }, next)), undefined);
    assert.equal(sieveOf(grow({ ...shape, aggregate: 'min' }, next)), undefined);
    assert.equal(sieveOf(grow({ ...shape, trees: 2 }, next)), undefined);
  });
});
