import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Fields } from '../src/core/types.ts';
import { rowAt } from '../src/monitor/values.ts';
import { exactJson, plainJson } from '../src/text/exact-json.ts';
import { parseJson } from '../src/text/json.ts';

const number = fc.double({ noNaN: true });
const bigint = fc
  .bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n })
  .filter((value) => !Number.isSafeInteger(Number(value)));
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    number,
    bigint,
    fc.string(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('any'), { maxLength: 4 }),
    fc.dictionary(
      fc.string().filter((key) => key !== '__proto__'),
      tie('any'),
      { maxKeys: 4 },
    ),
  ),
})).any;

/** Doubles that are whole and past 2^53 are written as integers, and so come back as the bigint of the same value. */
const plain = (given: unknown): unknown => {
  if (typeof given === 'number' && Number.isInteger(given) && !Number.isSafeInteger(given) && Math.abs(given) < 1e21) {
    return BigInt(String(given));
  }
  if (Array.isArray(given)) return given.map(plain);
  if (typeof given !== 'object' || given === null) return given;
  return Object.fromEntries(Object.entries(given).map(([key, element]) => [key, plain(element)]));
};

describe('exact JSON', () => {
  it('is what JSON.stringify writes, but for values that it would write as others', () => {
    fc.assert(
      fc.property(value, (given) => {
        const plainly = plainJson(given);
        if (plainly !== undefined) assert.equal(plainly, exactJson(given));
      }),
    );
    for (const odd of [-0, Number.POSITIVE_INFINITY, Number.NaN, 1n, Float32Array.of(1)]) {
      for (const given of [odd, [odd], { y: odd }, { y: [1, { z: odd }] }]) assert.equal(plainJson(given), undefined);
    }
    assert.equal(plainJson({ y: [0, 1.5, 'a', null, true] }), '{"y":[0,1.5,"a",null,true]}');
  });

  it('gives back every value, bit for bit', () => {
    fc.assert(
      fc.property(value, (given) => {
        const text = exactJson(given);
        assert.deepEqual(parseJson(text), plain(given));
        assert.equal(exactJson(parseJson(text)), text);
        JSON.parse(text);
      }),
      { numRuns: 2000 },
    );
  });

  it('writes what JSON has no word for so that any parser reads it', () => {
    const written = exactJson([-0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, 2n ** 63n]);
    assert.equal(written, '[-0,1e999,-1e999,null,9223372036854775808]');
    assert.equal(exactJson({ a: Float32Array.of(0.1, -0) }), '{"a":[0.10000000149011612,-0]}');
  });
});

describe('a row out of columns', () => {
  const fields: Fields = {
    number: { kind: 'number', nullable: true },
    flag: { kind: 'boolean' },
    when: { kind: 'datetime' },
    zone: { kind: 'category' },
    grid: { kind: 'tensor', dtype: 'float32', shape: [2, 2] },
    mask: { kind: 'tensor', dtype: 'bool', shape: [2] },
    ids: { kind: 'tensor', dtype: 'int64', shape: [1] },
    words: { kind: 'tensor', dtype: 'string', shape: [2] },
  };

  it('has the values that the row itself would have', () => {
    const columns = {
      number: Float64Array.of(Number.NaN, -0),
      flag: Uint8Array.of(0, 1),
      when: Float64Array.of(Date.UTC(2026, 0, 1), Number.NaN),
      zone: ['a', null],
      grid: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8),
      mask: Uint8Array.of(1, 0, 0, 1),
      ids: BigInt64Array.of(1n, 2n ** 60n),
      words: ['a', 'b', 'c', 'd'],
    };
    assert.deepEqual(rowAt(fields, columns, 0), {
      number: null,
      flag: false,
      when: '2026-01-01T00:00:00.000Z',
      zone: 'a',
      grid: [
        [1, 2],
        [3, 4],
      ],
      mask: [true, false],
      ids: [1n],
      words: ['a', 'b'],
    });
    assert.deepEqual(rowAt(fields, columns, 1), {
      number: -0,
      flag: true,
      when: null,
      zone: null,
      grid: [
        [5, 6],
        [7, 8],
      ],
      mask: [false, true],
      ids: [2n ** 60n],
      words: ['c', 'd'],
    });
  });

  it('keeps a value that its field does not allow, so that it is refused again', () => {
    const columns = { flag: Float64Array.of(2), when: Float64Array.of(9e15), other: [{ a: 1 }] };
    assert.deepEqual(rowAt(fields, columns, 0), { flag: 2, when: 9e15, other: { a: 1 } });
  });
});
