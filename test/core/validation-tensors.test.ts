import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import type { ColumnInput, Field } from '../../src/core/types.ts';
import { echo } from './echo.ts';
import { is, no, type Wish } from './validation-cases.ts';

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
