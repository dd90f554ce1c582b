import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { binOf } from '../../../src/core/profile.ts';
import type { Fields } from '../../../src/core/types.ts';
import { stabilityIndex } from '../../../src/modes/batch/report/compare.ts';
import {
  type Bins,
  binsOf,
  mergeTallies,
  startTally,
  stdOf,
  type Tally,
  timesOf,
} from '../../../src/modes/batch/tally.ts';

const fields: Fields = {
  amount: { kind: 'number' },
  color: { kind: 'category', labels: ['red', 'blue'] },
  at: { kind: 'datetime' },
  note: { kind: 'text' },
  paid: { kind: 'boolean' },
  image: { kind: 'tensor', dtype: 'float32', shape: [2] },
};
const bins: Bins = {
  amount: { edges: [0, 10, 20] },
  color: { labels: ['red', 'blue'] },
  note: { edges: [3] },
  paid: { labels: ['true', 'false'] },
};

const tallyOf = (columns: Parameters<ReturnType<typeof startTally>['add']>[0]): Tally => {
  const counting = startTally(fields, bins);
  counting.add(columns);
  return counting.tally();
};

test('numbers are counted on their bins; NaN, null and what is no number are missing', () => {
  const typed = tallyOf({ amount: Float64Array.of(-5, 0, 0.5, 10, 15, 99, Number.NaN) }).amount;
  const plain = tallyOf({ amount: [-5, '0', '0.5', 10n, 15, 99, null] }).amount;
  assert.deepEqual(typed, plain);
  assert.ok(typed?.kind === 'number');
  assert.deepEqual([typed.count, typed.missing, typed.min, typed.max], [6, 1, -5, 99]);
  assert.deepEqual(typed.bins, [2, 2, 1, 1]);
  assert.ok(Math.abs(typed.mean - 119.5 / 6) < 1e-12);
});

test('a value falls into the first bin whose edge is not below it, whether bins are even or not', () => {
  const even = Array.from({ length: 19 }, (_, index) => -4.9 + (9.8 * (index + 1)) / 20);
  const uneven = [-3, -1, 0, 0.5, 7, 8];
  const number = fc.oneof(fc.double({ min: -6, max: 9, noNaN: true }), fc.constantFrom(...even, ...uneven));
  fc.assert(
    fc.property(fc.array(number, { minLength: 1, maxLength: 80 }), fc.constantFrom(even, uneven), (values, edges) => {
      const counting = startTally(fields, { amount: { edges } });
      counting.add({ amount: Float64Array.from(values) });
      const { amount } = counting.tally();
      const expected = new Array<number>(edges.length + 1).fill(0);
      for (const value of values) expected[binOf(edges, value)]++;
      assert.ok(amount?.kind === 'number');
      assert.deepEqual(amount.bins, expected);
    }),
    { numRuns: 1000, seed: 5 },
  );
});

test('labels are counted, those that are not known together', () => {
  assert.deepEqual(tallyOf({ color: ['red', 'red', 'green', null, 'blue', undefined] }).color, {
    kind: 'category',
    count: 4,
    missing: 2,
    counts: { red: 2, blue: 1 },
    other: 1,
  });
  assert.deepEqual(tallyOf({ paid: Float64Array.of(1, 0, 1, Number.NaN) }).paid, {
    kind: 'category',
    count: 3,
    missing: 1,
    counts: { true: 2, false: 1 },
    other: 0,
  });
});

test('texts are told by their length only', () => {
  const note = tallyOf({ note: ['a', 'secret', null] }).note;
  assert.ok(note?.kind === 'number');
  assert.deepEqual([note.count, note.min, note.max, note.bins], [2, 1, 6, [1, 1]]);
});

test('the tallies of parts merge into the tally of the whole, wherever it is cut', () => {
  const values = fc.array(fc.oneof(fc.double({ min: -1e6, max: 1e6, noNaN: true }), fc.constant(Number.NaN)), {
    maxLength: 60,
  });
  const labels = fc.array(fc.constantFrom('red', 'blue', 'green', null), { maxLength: 60 });
  fc.assert(
    fc.property(values, values, labels, labels, (a, b, c, d) => {
      const merged = mergeTallies(
        tallyOf({ amount: Float64Array.from(a), color: c }),
        tallyOf({ amount: Float64Array.from(b), color: d }),
      );
      const whole = tallyOf({ amount: Float64Array.from([...a, ...b]), color: [...c, ...d] });
      assert.deepEqual(merged.color, whole.color);
      const [one, other] = [merged.amount, whole.amount];
      assert.ok(one?.kind === 'number' && other?.kind === 'number');
      assert.deepEqual(
        [one.count, one.missing, one.min, one.max, one.bins],
        [other.count, other.missing, other.min, other.max, other.bins],
      );
      assert.ok(Math.abs(one.mean - other.mean) <= 1e-9 * (1 + Math.abs(other.mean)));
      assert.ok(Math.abs(stdOf(one) - stdOf(other)) <= 1e-6 * (1 + stdOf(other)));
    }),
    { numRuns: 500, seed: 11 },
  );
});

test('the spread of large numbers that lie close together is not lost', () => {
  const amount = tallyOf({ amount: Float64Array.from({ length: 1000 }, (_, index) => 1e12 + (index % 2)) }).amount;
  assert.ok(amount?.kind === 'number');
  assert.ok(Math.abs(stdOf(amount) - 0.5) < 1e-9);
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
  assert.deepEqual(made.amount, { edges: [1, 2] });
  assert.deepEqual(made.color, { labels: ['red', 'blue', 'green'] });
  assert.equal(made.image, undefined);
  const own = binsOf(fields, undefined, { amount: Float64Array.from({ length: 101 }, (_, index) => index) });
  assert.ok(own.amount && 'edges' in own.amount);
  const [first = 0, second = 0] = own.amount.edges;
  assert.equal(own.amount.edges.length, 19);
  assert.ok(Math.abs(second - first - 4.9) < 0.1, 'they are of equal width');
});

test('the stability index is nothing for the same shares, and grows with their distance', () => {
  assert.equal(stabilityIndex([0.5, 0.5], [0.5, 0.5]), 0);
  // (0.6 - 0.5) ln(0.6 / 0.5) + (0.4 - 0.5) ln(0.4 / 0.5)
  assert.ok(Math.abs(stabilityIndex([0.6, 0.4], [0.5, 0.5]) - 0.040546) < 1e-6);
  assert.ok(stabilityIndex([1, 0], [0.5, 0.5]) > 1);
  assert.ok(Number.isFinite(stabilityIndex([1, 0], [0, 1])));
});

test('labels that every object has are labels like any other, in tallies, in what merges them and in conditions', () => {
  const odd = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];
  const known: Bins = { color: { labels: odd } };
  const labels: Fields = { color: { kind: 'category', labels: odd } };
  const part = (values: readonly string[]): Tally => {
    const counting = startTally(labels, known);
    counting.add({ color: values });
    return counting.tally();
  };
  const merged = mergeTallies(part(['__proto__', 'constructor']), part([...odd, '__proto__', 'other one']));
  // The sink keeps tallies as JSON.
  const { color } = JSON.parse(JSON.stringify(merged)) as Tally;
  assert.ok(color?.kind === 'category');
  assert.deepEqual(Object.entries(color.counts), [
    ['__proto__', 3],
    ['constructor', 2],
    ['toString', 1],
    ['hasOwnProperty', 1],
  ]);
  assert.deepEqual([color.count, color.other], [8, 1]);
  assert.equal(timesOf(color.counts, '__proto__'), 3);
  assert.equal(timesOf({ red: 1 }, 'constructor'), 0);
  assert.equal(timesOf({ red: 1 }, '__proto__'), 0);
});
