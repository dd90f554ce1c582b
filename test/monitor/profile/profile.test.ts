import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Fields } from '../../../src/core/types.ts';
import { startCounting } from '../../../src/monitor/profile/counting.ts';
import { meanOf, stdOf } from '../../../src/monitor/profile/exact.ts';
import { type Bins, binOf, merge, type Profile, readProfile, timesOf } from '../../../src/monitor/profile/profile.ts';

const fields: Fields = {
  amount: { kind: 'number' },
  color: { kind: 'category', labels: ['red', 'blue'] },
  at: { kind: 'datetime' },
  note: { kind: 'text' },
  paid: { kind: 'boolean' },
  chance: { kind: 'number', min: 0, max: 1 },
  image: { kind: 'tensor', dtype: 'float32', shape: [2] },
};
const bins: Bins = {
  amount: { edges: [0, 10, 20], range: [-5, 25] },
  chance: { edges: [0.5], scores: true },
  color: { labels: ['red', 'blue'] },
  note: { edges: [3] },
  paid: { labels: ['true', 'false'] },
};

const profileOf = (columns: Parameters<ReturnType<typeof startCounting>['add']>[0]): Profile => {
  const counting = startCounting(fields, bins);
  counting.add(columns);
  return counting.profile();
};

test('numbers are counted on their bins; NaN, null and what is no number are missing', () => {
  const typed = profileOf({ amount: Float64Array.of(-5, 0, 0.5, 10, 15, 99, Number.NaN) }).amount;
  const plain = profileOf({ amount: [-5, '0', '0.5', 10n, 15, 99, null] }).amount;
  assert.deepEqual(typed, plain);
  assert.ok(typed?.kind === 'number');
  assert.deepEqual([typed.count, typed.missing, typed.min, typed.max], [6, 1, -5, 99]);
  assert.deepEqual(typed.bins, [2, 2, 1, 1]);
  assert.ok(Math.abs(meanOf(typed) - 119.5 / 6) < 1e-12);
});

test('a value falls into the first bin whose edge is not below it, whether bins are even or not', () => {
  const even = Array.from({ length: 19 }, (_, index) => -4.9 + (9.8 * (index + 1)) / 20);
  const uneven = [-3, -1, 0, 0.5, 7, 8];
  const number = fc.oneof(fc.double({ min: -6, max: 9, noNaN: true }), fc.constantFrom(...even, ...uneven));
  fc.assert(
    fc.property(fc.array(number, { minLength: 1, maxLength: 80 }), fc.constantFrom(even, uneven), (values, edges) => {
      const counting = startCounting(fields, { amount: { edges } });
      counting.add({ amount: Float64Array.from(values) });
      const { amount } = counting.profile();
      const expected = new Array<number>(edges.length + 1).fill(0);
      for (const value of values) expected[binOf(edges, value)]++;
      assert.ok(amount?.kind === 'number');
      assert.deepEqual(amount.bins, expected);
    }),
    { numRuns: 1000, seed: 5 },
  );
});

test('labels are counted, those that are not known together', () => {
  assert.deepEqual(profileOf({ color: ['red', 'red', 'green', null, 'blue', undefined] }).color, {
    kind: 'category',
    count: 4,
    missing: 2,
    counts: { red: 2, blue: 1 },
    other: 1,
  });
  assert.deepEqual(profileOf({ paid: Float64Array.of(1, 0, 1, Number.NaN) }).paid, {
    kind: 'category',
    count: 3,
    missing: 1,
    counts: { true: 2, false: 1 },
    other: 0,
  });
});

test('texts are told by their length only', () => {
  const note = profileOf({ note: ['a', 'secret', null] }).note;
  assert.ok(note?.kind === 'number');
  assert.deepEqual([note.count, note.min, note.max, note.bins], [2, 1, 6, [1, 1]]);
});

/** Numbers of every size, whole and broken, near one another and far apart, and what is missing. */
const anyNumber = fc.oneof(
  fc.double({ min: -1e6, max: 1e6, noNaN: true }),
  fc.double({ noNaN: true }),
  fc.integer(),
  fc.constantFrom(0, -0, 0.1, 1e-300, 5e-324, 1.7976931348623157e308, -3, 25, Number.NaN, Infinity),
);
const anyRow = fc.record({
  amount: anyNumber,
  color: fc.constantFrom('red', 'blue', 'green', null),
  paid: fc.constantFrom(true, false, null),
  note: fc.oneof(fc.string({ maxLength: 9 }), fc.constant(null)),
  chance: fc.double({ min: 0, max: 1 }),
});
type AnyRow = typeof anyRow extends fc.Arbitrary<infer R> ? R : never;

const profileOfRows = (rows: readonly AnyRow[]): Profile =>
  profileOf({
    amount: Float64Array.from(rows, (row) => row.amount),
    color: rows.map((row) => row.color),
    paid: rows.map((row) => row.paid),
    note: rows.map((row) => row.note),
    chance: Float64Array.from(rows, (row) => row.chance),
  });

test('profiles of parts merge into that of the whole, bit for bit, wherever it is cut and in any order, as JSON too', () => {
  const cut = fc
    .array(fc.tuple(anyRow, fc.nat({ max: 4 })), { minLength: 1, maxLength: 60 })
    .chain((rows) => fc.tuple(fc.constant(rows), fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 5 })));
  fc.assert(
    fc.property(cut, ([rows, order]) => {
      const whole = profileOfRows(rows.map(([row]) => row));
      const parts = order.map((part) => profileOfRows(rows.filter(([, own]) => own === part).map(([row]) => row)));
      assert.deepEqual(parts.reduce(merge), whole);
      const [first, second, ...rest] = parts.map((part) => JSON.parse(JSON.stringify(part)) as Profile);
      assert.ok(first && second);
      assert.deepEqual(
        [merge(second, first), ...rest].reduce((a, b) => merge(b, a)),
        whole,
      );
      assert.deepEqual(JSON.parse(JSON.stringify(whole)), whole);
    }),
    { numRuns: 500, seed: 11 },
  );
});

test('however much it has seen, a profile is small', () => {
  const values = Array.from({ length: 20_000 }, (_, at) => Math.sin(at) * 10 ** ((at % 600) - 300));
  const { amount } = profileOf({ amount: Float64Array.from(values) });
  assert.ok(JSON.stringify(amount).length < 2048);
  const labels = Array.from({ length: 20_000 }, (_, at) => `label ${at}`);
  assert.ok(JSON.stringify(profileOf({ color: labels }).color).length < 200);
});

test('what lies outside of the reference, and where probabilities lie, is counted', () => {
  const { amount, chance } = profileOf({
    amount: Float64Array.of(-6, -5, 0, 24.9, 25, 25.1, 99, Number.NaN),
    chance: Float64Array.of(0, 0.019, 0.02, 0.5, 1, Number.NaN),
  });
  assert.ok(amount?.kind === 'number' && chance?.kind === 'number');
  assert.deepEqual([amount.below, amount.above], [1, 2]);
  assert.equal(chance.below, undefined);
  assert.equal(chance.scores?.length, 50);
  assert.deepEqual([chance.scores?.[0], chance.scores?.[1], chance.scores?.[25], chance.scores?.[49]], [2, 1, 1, 1]);
});

test('a profile that was stored with a mean and squared distances is read as one with sums, without a change', () => {
  const stored = { kind: 'number', count: 3, missing: 1, min: 1, max: 9, mean: 0.1, m2: 2.7, bins: [3] } as const;
  const { x } = readProfile({ x: stored, c: { kind: 'category', count: 1, missing: 0, counts: { a: 1 }, other: 0 } });
  assert.ok(x?.kind === 'number');
  assert.deepEqual([x.count, x.missing, x.min, x.max, x.bins], [3, 1, 1, 9, [3]]);
  assert.equal(meanOf(x), 0.1);
  assert.equal(stdOf(x), Math.sqrt(2.7 / 3));
  assert.deepEqual(readProfile({ x }), { x });
});

test('the spread of large numbers that lie close together is not lost', () => {
  const amount = profileOf({ amount: Float64Array.from({ length: 1000 }, (_, index) => 1e12 + (index % 2)) }).amount;
  assert.ok(amount?.kind === 'number');
  assert.ok(Math.abs(stdOf(amount) - 0.5) < 1e-9);
});

test('labels that every object has are labels like any other, in tallies, in what merges them and in conditions', () => {
  const odd = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];
  const known: Bins = { color: { labels: odd } };
  const labels: Fields = { color: { kind: 'category', labels: odd } };
  const part = (values: readonly string[]): Profile => {
    const counting = startCounting(labels, known);
    counting.add({ color: values });
    return counting.profile();
  };
  const merged = merge(part(['__proto__', 'constructor']), part([...odd, '__proto__', 'other one']));
  // The sink keeps tallies as JSON.
  const { color } = JSON.parse(JSON.stringify(merged)) as Profile;
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
