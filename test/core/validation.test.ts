import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { parse } from 'yaml';
import type { Code } from '../../src/core/errors.ts';
import type { Answer, ColumnInput, Field, Fields, Manifest, Row, Scorer } from '../../src/core/types.ts';
import { echo } from './echo.ts';

const MISSING = 'a missing value';
/** What a value becomes, or the code it is refused with. */
type Wish = { readonly is: unknown } | { readonly code: Code };
const is = (value: unknown): Wish => ({ is: value });
const no = (code: Code): Wish => ({ code });

interface Case {
  readonly field: Field;
  readonly value: unknown;
  readonly wish: Wish;
  readonly more?: Partial<Manifest>;
  readonly neighbour?: unknown;
}

const good: Readonly<Record<Field['kind'], unknown>> = {
  number: 1,
  integer: 1,
  boolean: true,
  category: 'a',
  text: 'a',
  datetime: '2024-01-01T00:00:00Z',
  tensor: undefined,
};

/** A category or text that is missing cannot reach a model as it is, so its column is looked at after an impute. */
const scorerOf = (field: Field, more: Partial<Manifest> = {}): Scorer => {
  const isText = field.kind === 'category' || field.kind === 'text';
  const plain = field.kind === 'category' ? { ...field, unknown: 'allow' as const } : field;
  const scorer = echo({ x: isText ? plain : field }, more);
  if (!isText) return scorer;
  return echo({ x: field }, { ...more, prepare: [{ impute: { of: 'x', with: MISSING } }], outputs: outputsOf(plain) });
};
const outputsOf = ({ example: _, ...field }: Field): Manifest['outputs'] => ({
  x: { ...field, from: 'x out' } as Manifest['outputs'][string],
});

const seen = ({ output, error }: Answer, field: Field): Wish => {
  if (error) return { code: error.code };
  const value = output.x;
  return { is: value === null ? MISSING : field.kind === 'datetime' && value ? String(value) : value };
};

const seenInColumn = (value: unknown, field: Field): unknown => {
  if (typeof value !== 'number') return value;
  if (Number.isNaN(value)) return MISSING;
  return field.kind === 'boolean' ? value !== 0 : field.kind === 'datetime' ? new Date(value).toISOString() : value;
};

const goodFor = (field: Field): unknown =>
  field.kind === 'category' && field.labels ? field.labels[0] : good[field.kind];

const check = async ({ field, value, wish, more, neighbour = good[field.kind] }: Case): Promise<void> => {
  const scorer = scorerOf(field, more);
  const rows = [{ x: neighbour }, { x: value }, { x: neighbour }];
  const answers = await scorer.score(rows);
  assert.deepEqual(seen(answers[1] as Answer, field), wish, 'in a row');
  const alone = await scorer.score([{ x: value }]);
  assert.deepEqual(alone[0], answers[1], 'alone as among others');
  const columns = await scorer.scoreColumns({ x: rows.map(({ x }) => x) });
  const problem = columns.errors.get(1);
  assert.deepEqual(problem, answers[1]?.error, 'in a column as in a row');
  if ('is' in wish) assert.ok(Object.is(seenInColumn(columns.columns.x?.[1], field), wish.is), 'in a column');
  if (problem) {
    assert.equal(problem.field, 'x');
    assert.ok(problem.expected && problem.got && problem.message.startsWith('x: expected '), problem.message);
  }
  for (const index of [0, 2]) {
    assert.deepEqual(answers[index]?.error, undefined, 'the neighbours are scored');
    assert.equal(columns.errors.has(index), false);
  }
};

const table = (name: string, field: Field, cases: readonly (readonly [unknown, Wish, Partial<Manifest>?])[]): void => {
  describe(name, () => {
    for (const [value, wish, more] of cases) {
      const how = more === undefined ? '' : ` ${inspect(more, { breakLength: Infinity })}`;
      const what = 'code' in wish ? `is refused: ${wish.code}` : `is ${inspect(wish.is)}`;
      const shown = inspect(value, { breakLength: Infinity, maxStringLength: 60 });
      test(`${shown}${how} ${what}`, () => check({ field, value, wish, ...(more && { more }) }));
    }
  });
};

const coerce = { coerce: true };
const nullPrototype: object = Object.create(null);
/** What is a value of no kind at all. */
const strangers: readonly (readonly [unknown, Wish, Partial<Manifest>?])[] = [
  [{}, no('WRONG_TYPE')],
  [[], no('WRONG_TYPE')],
  [() => 1, no('WRONG_TYPE')],
  [Symbol('x'), no('WRONG_TYPE')],
  [nullPrototype, no('WRONG_TYPE')],
  [nullPrototype, no('WRONG_TYPE'), coerce],
  [[1], no('WRONG_TYPE'), coerce],
  [[true], no('WRONG_TYPE'), coerce],
  [{ toString: () => 'true', valueOf: () => 1 }, no('WRONG_TYPE'), coerce],
];
const absent: readonly (readonly [unknown, Wish])[] = [
  [undefined, no('MISSING_FIELD')],
  [null, no('NULL_VALUE')],
  [Number.NaN, no('NULL_VALUE')],
];
const missing: readonly (readonly [unknown, Wish])[] = [
  [undefined, is(MISSING)],
  [null, is(MISSING)],
  [Number.NaN, is(MISSING)],
];

table('a number', { kind: 'number', min: -10, max: 1e300 }, [
  ...absent,
  ...strangers,
  [3.25, is(3.25)],
  [-0, is(-0)],
  [-10, is(-10)],
  [-10.000001, no('OUT_OF_RANGE')],
  [1.0000001e300, no('OUT_OF_RANGE')],
  [Infinity, no('NOT_FINITE')],
  [-Infinity, no('NOT_FINITE')],
  [2 ** 60, is(2 ** 60)],
  [7n, is(7)],
  [2n ** 53n - 1n, is(2 ** 53 - 1)],
  [2n ** 53n + 1n, no('UNSAFE_INTEGER')],
  [10n ** 400n, no('UNSAFE_INTEGER')],
  [true, no('WRONG_TYPE')],
  [true, no('WRONG_TYPE'), coerce],
  [new Date(0), no('WRONG_TYPE')],
  ['3.25', no('WRONG_TYPE')],
  ['3.25', is(3.25), coerce],
  [' -4e-3 ', is(-0.004), coerce],
  ['+5.', is(5), coerce],
  ['.5', is(0.5), coerce],
  ['-11', no('OUT_OF_RANGE'), coerce],
  ['1e999', no('NOT_FINITE'), coerce],
  ['1,000', no('WRONG_TYPE'), coerce],
  ['0x10', no('WRONG_TYPE'), coerce],
  ['1_000', no('WRONG_TYPE'), coerce],
  ['Infinity', no('WRONG_TYPE'), coerce],
  ['3 miles', no('WRONG_TYPE'), coerce],
  ['', no('NULL_VALUE'), coerce],
  ['NaN', no('NULL_VALUE'), coerce],
  ['NA', no('NULL_VALUE'), coerce],
]);

table('a number without limits', { kind: 'number' }, [
  [Number.MAX_VALUE, is(Number.MAX_VALUE)],
  [Number.MIN_VALUE, is(Number.MIN_VALUE)],
  [Infinity, no('NOT_FINITE')],
  [-Infinity, no('NOT_FINITE')],
]);

table('a nullable number', { kind: 'number', nullable: true, min: 0 }, [
  ...missing,
  [-1, no('OUT_OF_RANGE')],
  [Infinity, no('NOT_FINITE')],
  ['', no('WRONG_TYPE')],
  ...['', ' ', 'NA', 'N/A', 'NaN', 'nan', 'null', 'NULL', 'None'].map((blank) => [blank, is(MISSING), coerce] as const),
  ['-', no('WRONG_TYPE'), coerce],
]);

table('an integer', { kind: 'integer' }, [
  ...absent,
  ...strangers,
  [3, is(3)],
  [3.5, no('NOT_INTEGER')],
  [Infinity, no('NOT_FINITE')],
  [2 ** 53 - 1, is(2 ** 53 - 1)],
  [2 ** 53, no('UNSAFE_INTEGER')],
  [-(2 ** 53), no('UNSAFE_INTEGER')],
  [2n ** 53n - 1n, is(2 ** 53 - 1)],
  [2n ** 53n, no('UNSAFE_INTEGER')],
  ['12', is(12), coerce],
  ['12.0', is(12), coerce],
  ['12.5', no('NOT_INTEGER'), coerce],
  ['9007199254740993', no('UNSAFE_INTEGER'), coerce],
]);

table('an integer in a range', { kind: 'integer', min: 0, max: 5 }, [
  [6, no('OUT_OF_RANGE')],
  [2 ** 60, no('OUT_OF_RANGE')],
  [-1, no('OUT_OF_RANGE')],
  [5, is(5)],
  [4.5, no('NOT_INTEGER')],
]);

table('a boolean', { kind: 'boolean' }, [
  ...absent,
  ...strangers,
  [true, is(true)],
  [false, is(false)],
  [1, no('WRONG_TYPE')],
  [0, no('WRONG_TYPE')],
  ['true', no('WRONG_TYPE')],
  ['true', is(true), coerce],
  ['FALSE', is(false), coerce],
  ['1', is(true), coerce],
  [0, is(false), coerce],
  [2, no('WRONG_TYPE'), coerce],
  ['yes', no('WRONG_TYPE'), coerce],
  ['', no('NULL_VALUE'), coerce],
]);
table('a nullable boolean', { kind: 'boolean', nullable: true }, [...missing, ['', is(MISSING), coerce]]);

table('a category whose unknown values are refused', { kind: 'category', labels: ['a', 'b', '1'] }, [
  ...absent,
  ...strangers,
  ['b', is('b')],
  ['B', no('UNKNOWN_CATEGORY')],
  ['', no('UNKNOWN_CATEGORY')],
  ['a ', no('UNKNOWN_CATEGORY')],
  ['constructor', no('UNKNOWN_CATEGORY')],
  ['__proto__', no('UNKNOWN_CATEGORY')],
  [1, no('WRONG_TYPE')],
  [1, is('1'), coerce],
  [1n, is('1'), coerce],
  [true, no('UNKNOWN_CATEGORY'), coerce],
  ['', no('UNKNOWN_CATEGORY'), coerce],
]);
table('a category whose unknown values are allowed', { kind: 'category', labels: ['a'], unknown: 'allow' }, [
  ['never seen', is('never seen')],
  ['', is('')],
  ['__proto__', is('__proto__')],
  [null, no('NULL_VALUE')],
]);
table('a category without labels', { kind: 'category', maxLength: 3 }, [
  ['abc', is('abc')],
  ['abcd', no('TOO_LONG')],
]);
table('a nullable category', { kind: 'category', labels: ['a'], nullable: true }, [
  ...missing,
  ['', no('UNKNOWN_CATEGORY')],
  ['', is(MISSING), coerce],
  ['NA', no('UNKNOWN_CATEGORY'), coerce],
]);

table('a text', { kind: 'text', maxLength: 5 }, [
  ...absent,
  ...strangers,
  ['', is('')],
  ['héllo', is('héllo')],
  ['🚕🚕', is('🚕🚕')],
  ['🚕🚕🚕', no('TOO_LONG')],
  ['a\0b', no('WRONG_TYPE')],
  ['\ud800', no('WRONG_TYPE')],
  ['NA', is('NA'), coerce],
  ['', is(''), coerce],
  [12.5, is('12.5'), coerce],
  [12.5, no('WRONG_TYPE')],
]);
table('a text without a limit of its own', { kind: 'text' }, [
  ['a'.repeat(65_536), is('a'.repeat(65_536))],
  ['a'.repeat(65_537), no('TOO_LONG')],
]);

table('a datetime', { kind: 'datetime' }, [
  ...absent,
  ...strangers,
  ['2024-05-06T07:08:09Z', is('2024-05-06T07:08:09.000Z')],
  ['2024-05-06t07:08:09.123456z', is('2024-05-06T07:08:09.123Z')],
  ['2024-05-06 07:08+02:00', is('2024-05-06T05:08:00.000Z')],
  ['2024-05-06T07:08:09 -0430', is('2024-05-06T11:38:09.000Z')],
  ['2024-05-06T07:08:09+05', is('2024-05-06T02:08:09.000Z')],
  ['2024-05-06T07:08:09,5Z', is('2024-05-06T07:08:09.500Z')],
  ['2024-05-06T07:08:09', no('BAD_DATETIME')],
  ['2024-05-06', no('BAD_DATETIME')],
  ['2024-02-29T00:00Z', is('2024-02-29T00:00:00.000Z')],
  ['2023-02-29T00:00Z', no('BAD_DATETIME')],
  ['1900-02-29T00:00Z', no('BAD_DATETIME')],
  ['2000-02-29T00:00Z', is('2000-02-29T00:00:00.000Z')],
  ['2024-04-31T00:00Z', no('BAD_DATETIME')],
  ['2024-00-10T00:00Z', no('BAD_DATETIME')],
  ['2024-13-10T00:00Z', no('BAD_DATETIME')],
  ['2024-05-00T00:00Z', no('BAD_DATETIME')],
  ['2024-05-06T24:00:00Z', no('BAD_DATETIME')],
  ['2024-05-06T07:60Z', no('BAD_DATETIME')],
  ['2016-12-31T23:59:60Z', no('BAD_DATETIME')],
  ['2024-05-06T07:08+24:00', no('BAD_DATETIME')],
  ['2024-05-06T07:08+02:60', no('BAD_DATETIME')],
  ['2024-05-06Z', no('BAD_DATETIME')],
  ['2024-05-06T07Z', no('BAD_DATETIME')],
  ['2024-05-06T07:08:09Z ', no('BAD_DATETIME')],
  [' 2024-05-06T07:08:09Z ', is('2024-05-06T07:08:09.000Z'), coerce],
  ['24-05-06T07:08:09Z', no('BAD_DATETIME')],
  ['06.05.2024', no('BAD_DATETIME')],
  ['', no('BAD_DATETIME')],
  ['', no('NULL_VALUE'), coerce],
  ['yesterday', no('BAD_DATETIME')],
  ['1066-10-14T00:00Z', is('1066-10-14T00:00:00.000Z')],
  [new Date(5), is('1970-01-01T00:00:00.005Z')],
  [new Date(Number.NaN), no('BAD_DATETIME')],
  [1_714_979_289_000, no('WRONG_TYPE')],
  [1_714_979_289_000, no('WRONG_TYPE'), coerce],
]);

const york: Field = { kind: 'datetime', zone: 'America/New_York' };
table('a datetime with a zone', york, [
  ['2024-01-06T07:08', is('2024-01-06T12:08:00.000Z')],
  ['2024-07-06T07:08', is('2024-07-06T11:08:00.000Z')],
  ['2024-07-06T07:08Z', is('2024-07-06T07:08:00.000Z')],
  ['2024-07-06', is('2024-07-06T04:00:00.000Z')],
  // Clocks go from 02:00 to 03:00: what lies between moves forward by the hour that is not there.
  ['2024-03-10T01:59:59', is('2024-03-10T06:59:59.000Z')],
  ['2024-03-10T02:30', is('2024-03-10T07:30:00.000Z')],
  ['2024-03-10T03:00', is('2024-03-10T07:00:00.000Z')],
  // Clocks go from 02:00 back to 01:00: what comes twice is the first.
  ['2024-11-03T00:59', is('2024-11-03T04:59:00.000Z')],
  ['2024-11-03T01:30', is('2024-11-03T05:30:00.000Z')],
  ['2024-11-03T01:30-05:00', is('2024-11-03T06:30:00.000Z')],
  ['2024-11-03T02:00', is('2024-11-03T07:00:00.000Z')],
]);
table('a datetime in a zone whose midnight is skipped', { kind: 'datetime', zone: 'Africa/Cairo' }, [
  ['2024-04-26', is('2024-04-25T22:00:00.000Z')],
]);
table('a datetime in a zone that skipped a day', { kind: 'datetime', zone: 'Pacific/Apia' }, [
  ['2011-12-30T12:00', is('2011-12-30T22:00:00.000Z')],
]);
table('a datetime in a zone of half hours', { kind: 'datetime', zone: 'Australia/Lord_Howe' }, [
  ['2024-01-01T00:00', is('2023-12-31T13:00:00.000Z')],
  ['2024-07-01T00:00', is('2024-06-30T13:30:00.000Z')],
]);
table('a datetime of a time when offsets had seconds', { kind: 'datetime', zone: 'Africa/Monrovia' }, [
  ['1972-01-06T23:59:59', is('1972-01-07T00:44:29.000Z')],
  ['1972-01-07T01:00:00', is('1972-01-07T01:00:00.000Z')],
]);
table('a nullable datetime', { ...york, nullable: true }, [...missing, ['NA', is(MISSING), coerce]]);

describe('a tensor', () => {
  const tensors = (field: Omit<Field & { kind: 'tensor' }, 'kind'>) => echo({ x: { kind: 'tensor', ...field } });
  const cases: readonly (readonly [Omit<Field & { kind: 'tensor' }, 'kind'>, unknown, Wish])[] = [
    [{ dtype: 'float32', shape: [3] }, [1, 2.5, -0], is([1, 2.5, -0])],
    [{ dtype: 'float32', shape: [3] }, [0.1, 0, 0], is([Math.fround(0.1), 0, 0])],
    [{ dtype: 'float64', shape: [1] }, [0.1], is([0.1])],
    [{ dtype: 'float32', shape: [] }, 4, is(4)],
    [{ dtype: 'float32', shape: [3] }, new Float64Array([1, 2, 3]), is([1, 2, 3])],
    [
      { dtype: 'float32', shape: [2, 2] },
      [
        [1, 2],
        [3, 4],
      ],
      is([
        [1, 2],
        [3, 4],
      ]),
    ],
    [
      { dtype: 'float32', shape: [2, 2] },
      [1, 2, 3, 4],
      is([
        [1, 2],
        [3, 4],
      ]),
    ],
    [
      { dtype: 'float32', shape: [2, 2] },
      new Float32Array([1, 2, 3, 4]),
      is([
        [1, 2],
        [3, 4],
      ]),
    ],
    [{ dtype: 'float32', shape: [2, 2] }, [[1, 2], [3]], no('BAD_SHAPE')],
    [{ dtype: 'float32', shape: [2, 2] }, [[1, 2, 3, 4]], no('BAD_SHAPE')],
    [{ dtype: 'float32', shape: [2, 2] }, [1, 2, 3], no('BAD_SHAPE')],
    [{ dtype: 'float32', shape: [2, 2] }, [[1, 2], 3], no('BAD_SHAPE')],
    [{ dtype: 'float32', shape: [2, 2] }, [1, 2, [3], 4], no('WRONG_TYPE')],
    [{ dtype: 'float32', shape: [3] }, [1, 2], no('BAD_SHAPE')],
    [{ dtype: 'float32', shape: [3] }, new Float32Array(4), no('BAD_SHAPE')],
    [{ dtype: 'float32', shape: [3] }, new DataView(new ArrayBuffer(12)), no('BAD_SHAPE')],
    [{ dtype: 'float32', shape: [3] }, '1,2,3', no('WRONG_TYPE')],
    [{ dtype: 'float32', shape: [3] }, { 0: 1, 1: 2, 2: 3, length: 3 }, no('WRONG_TYPE')],
    [{ dtype: 'float32', shape: [3] }, undefined, no('MISSING_FIELD')],
    [{ dtype: 'float32', shape: [3] }, null, no('NULL_VALUE')],
    [{ dtype: 'float32', shape: [2] }, [1, Number.NaN], no('NULL_VALUE')],
    [{ dtype: 'float32', shape: [2] }, [1, null], no('NULL_VALUE')],
    [{ dtype: 'float32', shape: [2] }, [1, Infinity], no('NOT_FINITE')],
    [{ dtype: 'float32', shape: [2] }, [1, '2'], no('WRONG_TYPE')],
    [{ dtype: 'float32', shape: [2] }, [1, 2n], no('WRONG_TYPE')],
    [{ dtype: 'float32', shape: [2] }, new Array(2), no('WRONG_TYPE')],
    [{ dtype: 'float32', shape: [2], nullable: true }, [1, null], is([1, Number.NaN])],
    [{ dtype: 'float32', shape: [2], nullable: true }, [1, Number.NaN], is([1, Number.NaN])],
    [{ dtype: 'float32', shape: [2], nullable: true }, null, is([Number.NaN, Number.NaN])],
    [{ dtype: 'float32', shape: [2], nullable: true }, [1, Infinity], no('NOT_FINITE')],
    [{ dtype: 'int32', shape: [2] }, [1, -2], is([1, -2])],
    [{ dtype: 'int32', shape: [2] }, [1, 2.5], no('NOT_INTEGER')],
    [{ dtype: 'int32', shape: [2] }, [1, Number.NaN], no('NULL_VALUE')],
    [{ dtype: 'int32', shape: [2] }, [1, Infinity], no('NOT_FINITE')],
    [{ dtype: 'int32', shape: [2] }, [1, 2 ** 31], no('OUT_OF_RANGE')],
    [{ dtype: 'uint8', shape: [2] }, [0, 255], is([0, 255])],
    [{ dtype: 'uint8', shape: [2] }, [0, 256], no('OUT_OF_RANGE')],
    [{ dtype: 'uint8', shape: [2] }, [0, -1], no('OUT_OF_RANGE')],
    [{ dtype: 'int8', shape: [1] }, [-0], is([0])],
    [{ dtype: 'int64', shape: [2] }, [1, 2 ** 53], no('UNSAFE_INTEGER')],
    [{ dtype: 'int64', shape: [2] }, [1, 2n ** 60n], is([1, 2n ** 60n])],
    [{ dtype: 'int64', shape: [2] }, [1, 2n ** 63n], no('OUT_OF_RANGE')],
    [{ dtype: 'uint64', shape: [1] }, [-1], no('OUT_OF_RANGE')],
    [{ dtype: 'uint64', shape: [1] }, [2n ** 64n - 1n], is([2n ** 64n - 1n])],
    [{ dtype: 'bool', shape: [3] }, [true, false, 1], is([true, false, true])],
    [{ dtype: 'bool', shape: [2] }, [true, 2], no('WRONG_TYPE')],
    [{ dtype: 'bool', shape: [2] }, [true, 'true'], no('WRONG_TYPE')],
    [{ dtype: 'string', shape: [2] }, ['a', ''], is(['a', ''])],
    [{ dtype: 'string', shape: [2] }, ['a', 1], no('WRONG_TYPE')],
    [{ dtype: 'string', shape: [2] }, ['a', null], no('NULL_VALUE')],
    [{ dtype: 'string', shape: [1] }, ['a\0'], no('WRONG_TYPE')],
  ];
  for (const [field, value, wish] of cases) {
    const shape = `${field.dtype} [${field.shape}]${field.nullable ? ' nullable' : ''}`;
    test(`${shape}: ${inspect(value, { breakLength: Infinity })} ${'code' in wish ? wish.code : 'is taken'}`, async () => {
      const scorer = tensors(field);
      const [answer] = await scorer.score([{ x: value }]);
      assert.deepEqual(answer?.error ? { code: answer.error.code } : { is: answer?.output?.x }, wish);
      const columns = await scorer.scoreColumns({ x: [value] });
      assert.deepEqual(columns.errors.get(0), answer?.error);
    });
  }

  test('a typed column is looked through as its rows would be', async () => {
    const typed: readonly (readonly [Omit<Field & { kind: 'tensor' }, 'kind'>, ColumnInput])[] = [
      [{ dtype: 'float32', shape: [2] }, new Float32Array([1, 2, 3, Number.NaN, 5, Infinity, 7, 8])],
      [{ dtype: 'float32', shape: [2], nullable: true }, new Float32Array([1, 2, 3, Number.NaN, 5, Infinity, 7, 8])],
      [{ dtype: 'float32', shape: [2] }, new Float64Array([1, 2, 3, Number.NaN, 5, Infinity, 0.1, 8])],
      [{ dtype: 'bool', shape: [2] }, new Uint8Array([1, 0, 2, 0, 1, 255, 0, 0])],
      [{ dtype: 'int32', shape: [2] }, new Float64Array([1, 2, 3.5, 4, 5, 2 ** 40, 7, 8])],
      [{ dtype: 'int64', shape: [2] }, new BigInt64Array([1n, 2n, -(2n ** 63n), 4n, 5n, 6n, 7n, 8n])],
      [{ dtype: 'uint8', shape: [2] }, new Int32Array([1, 2, -1, 4, 5, 256, 7, 8])],
    ];
    for (const [field, column] of typed) {
      const scorer = tensors(field);
      const data = column as Float32Array;
      const rows = [0, 2, 4, 6].map((at) => ({ x: data.slice(at, at + 2) }));
      const answers = await scorer.score(rows);
      const { errors, columns } = await scorer.scoreColumns({ x: column });
      answers.forEach(({ output, error }, row) => {
        assert.deepEqual(errors.get(row), error, `${field.dtype}, row ${row}`);
        const flat = Array.from((columns.x as Float32Array).slice(row * 2, row * 2 + 2), Number);
        if (output) assert.deepEqual(flat, (output.x as unknown[]).map(Number));
      });
    }
  });
});

describe('a row', () => {
  const fields: Fields = { a: { kind: 'number' }, b: { kind: 'number', nullable: true } };
  for (const value of [null, undefined, 3, 'row', true, 5n, [], [1, 2], Symbol('r'), () => ({})]) {
    test(`${inspect(value)} is no row`, async () => {
      const answers = await echo(fields).score([{ a: 1 }, value, { a: 2 }]);
      assert.deepEqual(answers[0], { output: { a: 1, b: null } });
      assert.equal(answers[1]?.error?.code, 'NOT_A_ROW');
      assert.deepEqual(answers[2], { output: { a: 2, b: null } });
    });
  }
  test('a hole in the array of rows is no row', async () => {
    const rows: unknown[] = [{ a: 1 }];
    rows[2] = { a: 2 };
    const answers = await echo(fields).score(rows);
    assert.deepEqual(
      answers.map(({ error }) => error?.code),
      [undefined, 'NOT_A_ROW', undefined],
    );
  });
  test('that throws when it is read is refused alone', async () => {
    const throwing = {
      get a(): number {
        throw new Error('not now');
      },
    };
    const proxy = new Proxy({}, { ownKeys: () => assert.fail('no keys'), get: () => assert.fail('no values') });
    for (const more of [{}, { extraFields: 'reject' as const }]) {
      const answers = await echo(fields, more).score([
        { a: 1 },
        throwing,
        new (class {
          a = 2;
        })(),
        proxy,
        { a: 3 },
        [1],
        null,
      ]);
      assert.deepEqual(
        answers.map(({ output, error }) => output?.a ?? error?.code),
        [1, 'NOT_A_ROW', 2, 'NOT_A_ROW', 3, 'NOT_A_ROW', 'NOT_A_ROW'],
      );
      assert.match(answers[1]?.error?.message ?? '', /an object that throws: not now/);
    }
  });
  test('no rows give no answers', async () => {
    assert.deepEqual(await echo(fields).score([]), []);
    const answers = await echo(fields).scoreColumns({ a: [], b: new Float64Array(0) });
    assert.equal(answers.rows, 0);
    assert.ok(answers.columns.a instanceof Float64Array && answers.columns.a.length === 0);
  });
  test('the first field that is wrong, in the order of the signature, is the one that is told', async () => {
    const two = echo({ a: { kind: 'number' }, b: { kind: 'number' } });
    const [answer] = await two.score([{ b: 'x', a: 'y' }]);
    assert.equal(answer?.error?.field, 'a');
  });
  test('no field may have a name that every object has', () => {
    for (const name of ['toString', 'constructor', '__proto__', 'hasOwnProperty'])
      assert.throws(() => echo({ [name]: { kind: 'number' } as Field }), { code: 'BAD_MANIFEST' });
  });
  test('keys like __proto__ and constructor in a row change nothing', async () => {
    const row = JSON.parse('{"a": 1, "__proto__": {"b": 5}, "constructor": 7, "hasOwnProperty": 8}');
    assert.deepEqual(await echo(fields).score([row]), [{ output: { a: 1, b: null } }]);
    const columns = JSON.parse('{"a": [1], "__proto__": [5], "constructor": [7]}');
    const answers = await echo(fields).scoreColumns(columns);
    assert.deepEqual([answers.rows, answers.columns.a?.[0], answers.errors.size], [1, 1, 0]);
    assert.equal(({} as Record<string, unknown>).b, undefined);
  });
});

describe('extra fields', () => {
  const fields: Fields = { distance: { kind: 'number' } };
  test('are ignored unless the package says otherwise', async () => {
    assert.deepEqual(await echo(fields).score([{ distance: 1, tip: 2 }]), [{ output: { distance: 1 } }]);
    const { errors } = await echo(fields).scoreColumns({ distance: [1], tip: ['x'] });
    assert.equal(errors.size, 0);
  });
  test('refuse their own row alone, with a suggestion', async () => {
    const scorer = echo(fields, { extraFields: 'reject' });
    const answers = await scorer.score([{ distance: 1 }, { distance: 1, distanc: 2 }, { distance: 3 }]);
    assert.deepEqual(answers[0], { output: { distance: 1 } });
    assert.equal(answers[1]?.error?.code, 'UNKNOWN_FIELD');
    assert.match(answers[1]?.error?.message ?? '', /Did you mean distance\?/);
    assert.deepEqual(answers[2], { output: { distance: 3 } });
    const { errors } = await scorer.scoreColumns({ distance: [1, 2], distanc: [1, 2] });
    assert.deepEqual(errors.get(0), answers[1]?.error);
    assert.equal(errors.size, 2);
    const [hidden] = await scorer.score([JSON.parse('{"distance": 1, "__proto__": 2}')]);
    assert.equal(hidden?.error?.code, 'UNKNOWN_FIELD');
  });
});

describe('columns', () => {
  const fields: Fields = {
    n: { kind: 'number', min: 0, nullable: true },
    i: { kind: 'integer', nullable: true },
    b: { kind: 'boolean', nullable: true },
    d: { kind: 'datetime', nullable: true },
  };
  test('typed arrays mean what they hold: NaN is missing, 0 and 1 are booleans, datetimes are milliseconds', async () => {
    const { columns, errors } = await echo(fields).scoreColumns({
      n: new Float32Array([0.5, Number.NaN, -1, Infinity]),
      i: new BigInt64Array([1n, 2n ** 53n - 1n, 3n, 4n]),
      b: new Uint8Array([0, 1, 1, 1]),
      d: new Float64Array([0, Number.NaN, 1, 2]),
    });
    assert.deepEqual(
      [...errors].map(([row, { code, field }]) => [row, code, field]),
      [
        [2, 'OUT_OF_RANGE', 'n'],
        [3, 'NOT_FINITE', 'n'],
      ],
    );
    assert.deepEqual(columns.n, Float64Array.of(0.5, Number.NaN, Number.NaN, Number.NaN));
    assert.deepEqual(columns.i, Float64Array.of(1, 2 ** 53 - 1, Number.NaN, Number.NaN));
    assert.deepEqual(columns.b, Float64Array.of(0, 1, Number.NaN, Number.NaN));
    assert.deepEqual(columns.d, Float64Array.of(0, Number.NaN, Number.NaN, Number.NaN));
  });
  test('typed values that no row could have are refused', async () => {
    const codeOf = async (columns: Readonly<Record<string, ColumnInput>>) =>
      (await echo(fields).scoreColumns(columns)).errors.get(0)?.code;
    assert.equal(await codeOf({ b: Uint8Array.of(2) }), 'WRONG_TYPE');
    assert.equal(await codeOf({ d: Float64Array.of(8.64e15 + 2) }), 'BAD_DATETIME');
    assert.equal(await codeOf({ d: Float64Array.of(Infinity) }), 'BAD_DATETIME');
    assert.equal(await codeOf({ d: BigInt64Array.of(2n ** 62n) }), 'BAD_DATETIME');
    assert.equal(await codeOf({ i: Float64Array.of(1.5) }), 'NOT_INTEGER');
    assert.equal(await codeOf({ i: Float64Array.of(2 ** 53) }), 'UNSAFE_INTEGER');
    assert.equal(await codeOf({ i: BigInt64Array.of(2n ** 53n) }), 'UNSAFE_INTEGER');
    assert.equal(await codeOf({ n: Float64Array.of(-1) }), 'OUT_OF_RANGE');
  });
  test('a column that is absent is a field that is missing in every row', async () => {
    const { errors } = await echo({ a: { kind: 'number' }, b: { kind: 'number' } }).scoreColumns({ a: [1, 2] });
    assert.deepEqual(
      [...errors.values()].map(({ code, field }) => [code, field]),
      [
        ['MISSING_FIELD', 'b'],
        ['MISSING_FIELD', 'b'],
      ],
    );
  });
  test('columns that are none, or of different lengths, refuse the call and say which', async () => {
    const scorer = echo({ a: { kind: 'number' }, t: { kind: 'tensor', dtype: 'float32', shape: [2] } });
    const refused = (columns: unknown, message: RegExp) =>
      assert.rejects(scorer.scoreColumns(columns as Record<string, ColumnInput>), { code: 'BAD_SHAPE', message });
    await refused({ a: [1, 2], t: [[1, 2]] }, /Column t has 1 rows, a has 2/);
    await refused({ a: [1], extra: [1, 2] }, /Column extra has 2 rows, a has 1/);
    await refused({ t: new Float32Array(3) }, /Column t needs a multiple of 2 elements, got 3/);
    await refused({ a: 'abc' }, /Column a is "abc", not an array/);
    await refused({ a: undefined }, /Column a is nothing, not an array/);
    await refused({ a: { length: 2 } }, /Column a is an object, not an array/);
    await refused({ a: new DataView(new ArrayBuffer(8)) }, /not an array/);
  });
  test('the answers have the type of their field even when no row could be scored', async () => {
    const all: Fields = { ...fields, c: { kind: 'text' }, t: { kind: 'tensor', dtype: 'int64', shape: [2] } };
    const { columns } = await echo(all).scoreColumns({ n: [1, 1], c: [1, 1], t: ['', ''] });
    assert.deepEqual(columns.n, Float64Array.of(Number.NaN, Number.NaN));
    assert.deepEqual(columns.d, Float64Array.of(Number.NaN, Number.NaN));
    assert.deepEqual(columns.c, [null, null]);
    assert.deepEqual(columns.t, new BigInt64Array(4));
  });
});

describe('docs/VALIDATION.md', () => {
  const text = readFileSync(join(import.meta.dirname, '../../docs/VALIDATION.md'), 'utf8');
  const cell = String.raw`(\`[^\`]+\`|[A-Z_]+|missing)`;
  const line = new RegExp(String.raw`^\| \`([^\`]+)\` \| ${cell} \| ${cell} \|$`);
  const evaluate = (code: string): unknown => new Function(`return (${code})`)();
  const wishOf = (shown: string): Wish => {
    if (shown === 'missing') return { is: MISSING };
    return shown.startsWith('`') ? { is: evaluate(shown.slice(1, -1)) } : { code: shown as Code };
  };
  let lines = 0;
  for (const section of text.split('<!-- field: ').slice(1)) {
    const field = parse(section.slice(0, section.indexOf(' -->'))) as Field;
    const table = section
      .split('\n')
      .filter((one) => one.startsWith('|'))
      .slice(2);
    for (const one of table) {
      const [, value = '', strict = '', lenient = ''] = line.exec(one) ?? assert.fail(`not a line of a table: ${one}`);
      lines++;
      for (const [shown, more] of [
        [strict, {}],
        [lenient, coerce],
      ] as const)
        test(`${field.kind} ${value} is ${shown} (${'coerce' in more ? 'coerce' : 'strict'})`, async () => {
          const wish = wishOf(shown);
          if (field.kind === 'tensor') {
            const [answer] = await echo({ x: field }, more).score([{ x: evaluate(value) }]);
            assert.deepEqual(answer?.error ? { code: answer.error.code } : { is: answer?.output?.x }, wish);
          } else await check({ field, value: evaluate(value), wish, more, neighbour: goodFor(field) });
        });
    }
  }
  test('has lines that were run', () => assert.ok(lines > 60, `${lines}`));
});

test('a million digits are refused as fast as one', async () => {
  const scorer = echo({ a: { kind: 'number' } }, coerce);
  const [answer] = await scorer.score([{ a: `${'1'.repeat(1_000_000)}x` }]);
  assert.equal(answer?.error?.code, 'WRONG_TYPE');
  assert.ok((answer?.error?.message.length ?? 0) < 200);
});

test('a signature of a thousand fields makes short messages', async () => {
  const fields = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`f${i}`, { kind: 'number' } as const]));
  const [answer] = await echo(fields).score([null]);
  assert.match(answer?.error?.message ?? '', /f0, f1, .* and 988 more/);
});

const anything = fc.oneof(
  { weight: 5, arbitrary: fc.double() },
  { weight: 5, arbitrary: fc.integer() },
  fc.constantFrom('a', 'b', 'c', '', 'NA', '1', 'true', '2024-01-01T00:00Z', '2024-01-01', '__proto__'),
  fc.boolean(),
  fc.constantFrom(null, undefined, Number.NaN, Infinity, -Infinity, 2 ** 53, 5n, 2n ** 64n),
  fc.anything({
    withNullPrototype: true,
    withDate: true,
    withTypedArray: true,
    withBigInt: true,
    withSparseArray: true,
  }),
);
const anyRow = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.record(
      { n: anything, i: anything, b: anything, c: anything, x: anything, d: anything, t: anything },
      { requiredKeys: [] },
    ),
  },
  { weight: 1, arbitrary: anything },
);

for (const more of [{}, { coerce: true }, { extraFields: 'reject' as const }]) {
  test(`whatever is sent, each row is answered by itself (${inspect(more)})`, async () => {
    const scorer = echo(
      {
        n: { kind: 'number', min: -5, nullable: true },
        i: { kind: 'integer', nullable: true },
        b: { kind: 'boolean', nullable: true },
        c: { kind: 'category', labels: ['a', 'b', MISSING], nullable: true },
        d: { kind: 'datetime', zone: 'Europe/Paris', nullable: true },
        t: { kind: 'tensor', dtype: 'float32', shape: [2], nullable: true },
      },
      { ...more, prepare: [{ impute: { of: 'c', with: MISSING } }] },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(anyRow, { maxLength: 12 }), async (rows) => {
        const together = await scorer.score(rows);
        const alone = await Promise.all(rows.map(async (row) => (await scorer.score([row]))[0]));
        assert.deepEqual(together, alone);
        assert.equal(together.length, rows.length);
        if (rows.length === 0 || rows.some((row) => typeof row !== 'object' || row === null || Array.isArray(row)))
          return;
        const names = ['n', 'i', 'b', 'c', 'd', 't'];
        // A slip of the pen, and a row of strangers, show in rows alone: columns say which fields there are for all rows.
        if (!rows.every((row) => names.some((name) => name in (row as Row)))) return;
        if (rows.some((row) => Object.keys(row as Row).some((name) => /^[NIBCDT]$/.test(name)))) return;
        const columns = Object.fromEntries(names.map((name) => [name, rows.map((row) => (row as Row)[name])]));
        const { errors } = await scorer.scoreColumns(columns);
        if (!('extraFields' in more)) {
          assert.deepEqual(
            together.map(({ error }) => error),
            rows.map((_, row) => errors.get(row)),
          );
        }
      }),
      { numRuns: 300 },
    );
  });
}
