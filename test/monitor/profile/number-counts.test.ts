import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { addSums } from '../../../src/monitor/profile/exact.ts';
import { BLOCK, MOST_THRESHOLDS } from '../../../src/monitor/profile/kernel-places.ts';
import { startNumbers } from '../../../src/monitor/profile/number-counts.ts';
import { binOf } from '../../../src/monitor/profile/profile.ts';
import { seeded } from '../../../src/monitor/statistics/random.ts';

type NumberPlan = Parameters<typeof startNumbers>[0];

const counted = (plan: NumberPlan, ...parts: readonly Float64Array[]) => {
  const counting = startNumbers(plan);
  for (const part of parts) counting.add(part);
  return counting.counts();
};

/** The same, value by value. */
const slowly = ({ edges, range: [least, greatest] = [-Infinity, Infinity] }: NumberPlan, values: Float64Array) => {
  const finite = [...values].filter(Number.isFinite);
  const bins = new Array<number>(edges.length + 1).fill(0);
  for (const value of finite) bins[binOf(edges, value)]++;
  return {
    count: finite.length,
    min: Math.min(...finite) + 0,
    max: Math.max(...finite) + 0,
    bins,
    below: finite.filter((value) => value < least).length,
    above: finite.filter((value) => value > greatest).length,
  };
};

const strange = [Number.NaN, Infinity, -Infinity, 0, -0, 5e-324, -5e-324, 1e308, -1e308, 0.5, 1e-310] as const;
const number = fc.oneof(fc.double({ min: -3, max: 3, noNaN: true }), fc.double(), fc.constantFrom(...strange));
const edge = fc.oneof(fc.double({ min: -3, max: 3, noNaN: true }), fc.constantFrom(0, 5e-324, -5e-324, 0.5, 1e-310));

test('numbers are counted as one would value by value, whatever they and the edges are', () => {
  const edges = fc.uniqueArray(edge, { maxLength: 12, comparator: 'IsStrictlyEqual' });
  fc.assert(
    fc.property(fc.array(number, { maxLength: 70 }), edges, edge, edge, (values, some, one, other) => {
      const plan = {
        edges: some.toSorted((a, b) => a - b),
        range: [Math.min(one, other), Math.max(one, other)] as const,
      };
      const { from, sum, squares, ...found } = counted(plan, Float64Array.from(values));
      assert.deepEqual(found, slowly(plan, Float64Array.from(values)));
    }),
    { numRuns: 2000, seed: 4 },
  );
});

test('blocks of every length, in memory that threads share too, give the same counts and sums, wherever they are cut', () => {
  const random = seeded(8);
  const values = Float64Array.from({ length: 2 * BLOCK + 5 }, (_, at) =>
    at % 97 === 0 ? Number.NaN : at % 1009 === 0 ? 1e9 * random() : random(),
  );
  const plan = { edges: [0.1, 0.4, 0.9], range: [0.001, 0.999] } as const;
  const { from, sum, squares, ...whole } = counted(plan, values);
  assert.deepEqual(whole, slowly(plan, values));
  const shared = new Float64Array(new SharedArrayBuffer(values.byteLength));
  shared.set(values);
  for (const cut of [1, 2, BLOCK - 1, BLOCK, BLOCK + 1, values.length]) {
    assert.deepEqual(counted(plan, shared.subarray(0, cut), shared.subarray(cut)), { from, sum, squares, ...whole });
    const [a, b] = [counted(plan, values.subarray(0, cut)), counted(plan, values.subarray(cut))];
    assert.deepEqual(addSums(a, b), { count: whole.count, from, sum, squares });
  }
  const each = startNumbers(plan);
  for (let at = 0; at < values.length; at++) each.add(values.subarray(at, at + 1));
  assert.deepEqual(each.counts(), { from, sum, squares, ...whole });
});

test('a profile may have more edges than are counted at once', () => {
  const edges = Array.from({ length: 2 * MOST_THRESHOLDS + 3 }, (_, at) => at);
  const values = Float64Array.from({ length: 5000 }, (_, at) => (at * 7919) % 1100);
  const { from, sum, squares, ...found } = counted({ edges }, values);
  assert.deepEqual(found, slowly({ edges }, values));
});
