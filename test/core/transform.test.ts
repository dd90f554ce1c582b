import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Row, StepConfig } from '../../src/core/types.ts';
import { prepared } from './prepared.ts';
import { endless, inputs, lazyDate, lazyList } from './transform-values.ts';

const steps: readonly (StepConfig | undefined)[] = [
  undefined,
  { log1p: { of: 'x', as: 'y' } },
  { cast: { of: 'x', to: 'boolean', as: 'y' } },
];

describe('prepare', () => {
  test('gets plain values: null for missing, true and false, datetimes as milliseconds, tensors as arrays', async () => {
    const seen: Row[] = [];
    const prepare = (row: Record<string, unknown>) => {
      seen.push(row);
      return { x: 1 };
    };
    const scorer = prepared({ inputs, transform: { prepare }, takes: [{ name: 'x' }] });
    await scorer.score([
      { n: 2, flag: true, zone: 'a', at: '1970-01-01T00:00:01Z', vector: [1, 2], extra: 5 },
      { n: null },
    ]);
    assert.deepEqual(seen, [
      { n: 2, flag: true, zone: 'a', at: 1000, vector: [1, 2] },
      { n: null, flag: null, zone: null, at: null, vector: [Number.NaN, Number.NaN] },
    ]);
  });

  test('may make numbers of numbers, booleans, bigints, dates, null and NaN', async () => {
    const values = [1.5, true, false, 7n, new Date(9), null, Number.NaN];
    let next = 0;
    const scorer = prepared({
      inputs,
      transform: { prepare: () => ({ x: values[next++] }) },
      takes: [{ name: 'x' }],
    });
    const answers = await scorer.score(values.map(() => ({ n: null })));
    assert.deepEqual(
      answers.map(({ output }) => output?.x),
      [1.5, 1, 0, 7, 9, null, null],
    );
  });

  for (const [what, value, got] of [
    ['a text where a number is needed', 'x', '"x"'],
    ['infinity', Infinity, 'Infinity'],
    ['an unsafe bigint', 2n ** 60n, '1152921504606846976'],
    ['undefined', undefined, 'nothing'],
    ['an invalid Date', new Date(Number.NaN), 'an object'],
    ['an object', {}, 'an object'],
    ['an object without a prototype', Object.create(null), 'an object'],
    ['a symbol', Symbol('s'), 'symbol'],
  ] as const)
    for (const step of steps)
      test(`${what} refuses its row alone (${step ? Object.keys(step) : 'no step'})`, async () => {
        if (typeof value === 'string' && step && 'cast' in step) return;
        const scorer = prepared({
          inputs,
          transform: { prepare: ({ n }) => ({ x: n === 0 ? value : n }) },
          ...(step && { prepare: [step] }),
          takes: [{ name: step ? 'y' : 'x' }],
        });
        const answers = await scorer.score([{ n: 1 }, { n: 0 }, { n: 2 }]);
        assert.ok(answers[0]?.output && answers[2]?.output);
        const error = answers[1]?.error;
        assert.deepEqual([error?.code, error?.field, error?.got], ['TRANSFORM_FAILED', 'x', got]);
        assert.deepEqual((await scorer.score([{ n: 0 }]))[0]?.error, error, 'alone as among others');
      });

  test('may give an input another kind under its own name', async () => {
    const prepare = (row: Row) => ({ ...row, zone: row.zone === 'a' ? 1 : 2, n: `n${row.n}` });
    const scorer = prepared({
      inputs,
      transform: { prepare },
      prepare: [{ concat: { fields: ['zone'], as: 'x' } }],
      takes: [
        { name: 'x', dtype: 'float64' },
        { name: 'n', dtype: 'string' },
      ],
    });
    assert.deepEqual(await scorer.score([{ zone: 'a', n: 3 }]), [{ output: { x: 1, n: 'n3' } }]);
  });

  test('feeds tensors with nested, flat and typed arrays', async () => {
    const values = [
      [1, 2, 3, 4],
      [
        [1, 2],
        [3, 4],
      ],
      new Float32Array([1, 2, 3, 4]),
      [1n, true, new Date(3), null],
    ];
    const scorer = prepared({
      inputs,
      transform: { prepare: ({ n }) => ({ x: values[Number(n)] }) },
      takes: [{ name: 'x', dtype: 'float32', dims: [2, 2] }],
    });
    const answers = await scorer.score([{ n: 0 }, { n: 1 }, { n: 2 }, { n: 3 }, { n: 4 }]);
    for (const at of [0, 1, 2])
      assert.deepEqual(answers[at]?.output?.x, [
        [1, 2],
        [3, 4],
      ]);
    assert.deepEqual(answers[3]?.output?.x, [
      [1, 1],
      [3, Number.NaN],
    ]);
    assert.equal(answers[4]?.error?.message, 'transform: x: expected 4 float32 values, got nothing.');
  });

  test('cannot slip fractions or overflows into a tensor of integers', async () => {
    const values = [[1, 2], [1, 2.5], [1, 2 ** 40], [1, Number.NaN], [1], ['1', '2']];
    const scorer = prepared({
      inputs,
      transform: { prepare: ({ n }) => ({ x: values[Number(n)] }) },
      takes: [{ name: 'x', dtype: 'int32', dims: [2] }],
    });
    const answers = await scorer.score(values.map((_, n) => ({ n })));
    assert.deepEqual(answers[0]?.output?.x, [1, 2]);
    for (const { error } of answers.slice(1)) assert.equal(error?.code, 'TRANSFORM_FAILED');
  });

  const failures: readonly (readonly [string, () => unknown, RegExp])[] = [
    [
      'throws',
      () => {
        throw new Error('no such zone');
      },
      /got no such zone \(thrown\)/,
    ],
    [
      'throws a text',
      () => {
        throw 'oh';
      },
      /got oh \(thrown\)/,
    ],
    [
      'throws an object without a prototype',
      () => {
        throw Object.create(null);
      },
      /an object \(thrown\)/,
    ],
    ['returns nothing', () => undefined, /got nothing/],
    ['returns null', () => null, /got null/],
    ['returns an array', () => [1], /got an array of 1/],
    ['returns a number', () => 5, /got 5/],
    ['is async', async () => ({ x: 1 }), /got a promise \(it must not be async\)/],
    [
      'is async and throws',
      async () => {
        throw new Error('later');
      },
      /got a promise/,
    ],
    [
      'returns a getter that throws',
      () => ({
        get x() {
          throw new Error('lazy');
        },
      }),
      /got lazy \(thrown\)/,
    ],
    ['returns a list with a getter that throws', () => ({ x: lazyList() }), /got lazy \(thrown\)/],
    ['returns a date that throws', () => ({ x: lazyDate() }), /got lazy \(thrown\)/],
    ['returns a list within itself', () => ({ x: endless() }), /\(thrown\)/],
  ];
  for (const [what, fail, message] of failures)
    test(`that ${what} refuses the row alone`, async () => {
      const prepare = ({ n }: Row) => (n === 0 ? (fail() as Row) : { x: n });
      const scorer = prepared({ inputs, transform: { prepare }, takes: [{ name: 'x' }] });
      const answers = await scorer.score([{ n: 1 }, { n: 0 }, { n: 2 }]);
      assert.deepEqual([answers[0]?.output?.x, answers[2]?.output?.x], [1, 2]);
      assert.equal(answers[1]?.error?.code, 'TRANSFORM_FAILED');
      assert.equal(answers[1]?.error?.step, 'prepare');
      assert.match(answers[1]?.error?.message ?? '', message);
      // A rejection that nobody handles would fail the test here.
      await new Promise(setImmediate);
    });

  test('may return a field that is called problem, or then', async () => {
    const scorer = prepared({
      inputs,
      // biome-ignore lint/suspicious/noThenProperty: the name is what the test is about
      transform: { prepare: () => ({ problem: { code: 'X' }, then: 5, x: 1 }) },
      takes: [{ name: 'x' }],
    });
    assert.deepEqual(await scorer.score([{ n: null }]), [{ output: { x: 1 } }]);
  });

  test('that returns a name for some rows only, of any kind, answers each row as if it were alone', async () => {
    const value = fc.oneof(
      fc.double(),
      fc.constantFrom('a', '1', '', null, undefined, true, 5n, [1], [1, 2], 'true'),
      fc.date(),
    );
    const someRow = fc.record(
      { n: fc.option(fc.integer({ min: 0, max: 9 })), flag: fc.boolean(), zone: fc.constantFrom('a', '2', null) },
      { requiredKeys: [] },
    );
    const returned = fc.record({ n: value, zone: value, flag: value, vector: value, x: value }, { requiredKeys: [] });
    const prepare = ({ n }: Row) => returnedFor[Number(n ?? 0)] as Row;
    let returnedFor: readonly Row[] = [];
    const scorer = prepared({
      inputs,
      transform: { prepare },
      prepare: [
        { cast: { of: 'x', to: 'text', as: 'text' } },
        { cast: { of: 'flag', to: 'number', as: 'cast' } },
        { lookup: { of: 'flag', table: { 1: 1, true: 2, a: 3 }, default: 0, as: 'looked' } },
        { impute: { of: 'text', with: 'none' } },
        { impute: { of: 'zone', with: 'none' } },
        { clip: { of: 'n', min: 2, as: 'clipped' } },
      ],
      takes: [
        { name: 'text', dtype: 'string' },
        { name: 'zone', dtype: 'string' },
        { name: 'cast' },
        { name: 'looked' },
        { name: 'clipped', dtype: 'int32' },
        { name: 'vector', dtype: 'float32', dims: [2] },
      ],
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(someRow, { minLength: 1, maxLength: 6 }),
        fc.array(returned, { minLength: 10, maxLength: 10 }),
        async (rows, table) => {
          returnedFor = table;
          const together = await scorer.score(rows);
          for (const [at, row] of rows.entries()) assert.deepEqual((await scorer.score([row]))[0], together[at]);
        },
      ),
      { numRuns: 400 },
    );
  });
});
