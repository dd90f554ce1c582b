import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ColumnInput, Fields } from '../../src/core/types.ts';
import { echo } from './echo.ts';

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
