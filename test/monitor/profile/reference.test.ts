import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Fields } from '../../../src/core/types.ts';
import { binOf } from '../../../src/monitor/profile/profile.ts';
import {
  binsOf,
  type CategoryReference,
  type NumberReference,
  referenceOf,
} from '../../../src/monitor/profile/reference.ts';

const numbersOf = (values: readonly number[], digits?: number): NumberReference =>
  referenceOf({ x: { kind: 'number' } }, { x: Float64Array.from(values) }, digits).x as NumberReference;

describe('the reference of a number', () => {
  test('counts every value once, in bins that cover all of them', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.double({ noDefaultInfinity: true }), fc.integer({ min: 0, max: 3 }))),
        (values) => {
          const { count, missing, counts, edges, min, max } = numbersOf(values);
          const known = values.filter((value) => !Number.isNaN(value));
          assert.equal(count, known.length);
          assert.equal(missing, values.length - known.length);
          assert.equal(
            counts.reduce((a, b) => a + b, 0),
            known.length,
          );
          assert.equal(counts.length, edges.length + 1);
          assert.deepEqual(
            edges,
            edges.toSorted((a, b) => a - b),
          );
          assert.equal(new Set(edges).size, edges.length);
          for (const value of known) assert.ok(value >= min && value <= max);
          for (const [bin, times] of counts.entries())
            assert.equal(times, known.filter((value) => binOf(edges, value) === bin).length);
        },
      ),
    );
  });

  test('has the deciles as edges, and says where most values lie', () => {
    const { edges, counts, quantiles, mean, std } = numbersOf(Array.from({ length: 100 }, (_, at) => at + 1));
    assert.deepEqual(edges, [10, 20, 30, 40, 50, 60, 70, 80, 90]);
    assert.deepEqual(counts, new Array(10).fill(10));
    assert.deepEqual(quantiles, [1, 5, 25, 50, 75, 95, 99]);
    assert.equal(mean, 50.5);
    assert.ok(Math.abs(std - Math.sqrt((100 ** 2 - 1) / 12)) < 1e-12);
  });

  test('of one value, or of none, has one bin', () => {
    assert.deepEqual(numbersOf([7, 7, 7]), {
      kind: 'number',
      count: 3,
      missing: 0,
      min: 7,
      max: 7,
      mean: 7,
      std: 0,
      quantiles: new Array(7).fill(7),
      edges: [],
      counts: [3],
      tied: true,
    });
    const { count, missing, counts, mean } = numbersOf([Number.NaN]);
    assert.deepEqual([count, missing, counts, mean], [0, 1, [0], 0]);
  });

  test('does not depend on the order of the values', () => {
    const values = fc.array(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), { minLength: 2, maxLength: 30 });
    fc.assert(
      fc.property(
        values.chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length }))),
        ([list, other]) => assert.deepEqual(numbersOf(list), numbersOf(other)),
      ),
    );
  });

  test('is told in digits of the spread, wherever the numbers lie', () => {
    const { min, max, mean } = numbersOf([1000.12345678, 1000.98765432], 3);
    assert.deepEqual([min, max, mean], [1000.1235, 1000.9877, 1000.5556]);
    const far = numbersOf([-1_234_567.8, 7_654_321.1], 3);
    assert.deepEqual([far.min, far.max], [-1_235_000, 7_654_000]);
    assert.deepEqual(numbersOf([1e-300, 2e-300], 3).max, 2e-300);
  });
});

describe('the reference of other kinds', () => {
  test('counts the hundred most frequent categories, and the others together', () => {
    const values = Array.from({ length: 120 }, (_, at) => new Array<string>(at < 5 ? 10 : 1).fill(`c${at}`)).flat();
    const column = [...values, null, '__proto__'];
    const profile = referenceOf({ c: { kind: 'category' } }, { c: column }).c as CategoryReference;
    assert.deepEqual([profile.count, profile.missing, profile.distinct], [166, 1, 121]);
    assert.equal(Object.keys(profile.counts).length, 100);
    assert.equal(profile.counts.c0, 10);
    assert.equal(Object.values(profile.counts).reduce((a, b) => a + b, 0) + profile.other, 166);
    assert.ok(Object.hasOwn(profile.counts, '__proto__'));
  });

  test('counts booleans as true and false, and keeps of texts no more than their length', () => {
    const { b, t, v } = referenceOf(
      { b: { kind: 'boolean' }, t: { kind: 'text' }, v: { kind: 'tensor', dtype: 'float32', shape: [1] } },
      { b: Float64Array.of(1, 0, 1, Number.NaN), t: ['secret', '', null], v: new Float32Array(3) },
    );
    assert.deepEqual((b as CategoryReference).counts, { true: 2, false: 1 });
    assert.deepEqual(
      [(t as NumberReference).min, (t as NumberReference).max, (t as NumberReference).missing],
      [0, 6, 1],
    );
    assert.equal(v, undefined);
    assert.doesNotMatch(JSON.stringify(t), /secret/);
  });
});

const fields: Fields = {
  amount: { kind: 'number' },
  color: { kind: 'category', labels: ['red', 'blue'] },
  at: { kind: 'datetime' },
  note: { kind: 'text' },
  paid: { kind: 'boolean' },
  image: { kind: 'tensor', dtype: 'float32', shape: [2] },
};

test('edges are numbers that JSON can write, also of infinities and of the largest numbers', () => {
  const edgesOf = (values: readonly number[]): readonly number[] => {
    const { x } = binsOf({ x: { kind: 'number' } }, undefined, { x: Float64Array.from(values) });
    return 'edges' in x ? x.edges : [];
  };
  const even = Array.from({ length: 60 }, (_, at) => at);
  const huge = Array.from({ length: 60 }, (_, at) => (at - 30) * 5e306);
  const extreme = [
    ...even,
    ...new Array<number>(40).fill(Number.MAX_VALUE),
    ...new Array<number>(40).fill(-Number.MAX_VALUE),
  ];
  for (const values of [[...even, Infinity], [...even, -Infinity, Infinity, NaN], huge, extreme]) {
    const edges = edgesOf(values);
    assert.ok(edges.length > 0 && edges.every(Number.isFinite), `${edges}`);
    assert.deepEqual(
      edges,
      edges.toSorted((a, b) => a - b),
    );
  }
});

test('bins are those of the reference where there is one, else made for the first rows', () => {
  const reference = {
    amount: {
      kind: 'number',
      count: 3,
      missing: 0,
      min: 0,
      max: 9,
      mean: 3,
      std: 1,
      quantiles: [],
      edges: [1, 2],
      counts: [1, 1, 1],
    },
  } as const;
  const made = binsOf(fields, reference, {
    color: ['red', 'green'],
    at: ['2026-11-01T00:00:00Z'],
    note: ['x'],
    image: new Float32Array(4),
  });
  assert.deepEqual(made.amount, { edges: [1, 2], range: [0, 9] });
  assert.deepEqual(made.color, { labels: ['red', 'blue', 'green'] });
  assert.equal(made.image, undefined);
  const own = binsOf(fields, undefined, { amount: Float64Array.from({ length: 101 }, (_, index) => index) });
  assert.ok(own.amount && 'edges' in own.amount);
  const [first = 0, second = 0] = own.amount.edges;
  assert.equal(own.amount.edges.length, 19);
  assert.ok(Math.abs(second - first - 4.9) < 0.1, 'they are of equal width');
});
