import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Field } from '../../../src/core/types.ts';
import type { Datatype, Elements } from '../../../src/modes/service/oip/datatypes.ts';
import { elementsOfRaw, rawOf } from '../../../src/modes/service/oip/raw.ts';
import { columnsOf, type OutputTensor } from '../../../src/modes/service/oip/tensors.ts';

const tensor = (datatype: Datatype, data: Elements): OutputTensor => ({
  name: 'x',
  datatype,
  shape: [data.length],
  data,
});
const samples: readonly (readonly [Datatype, Elements])[] = [
  ['BOOL', Uint8Array.of(1, 0, 1)],
  ['UINT8', Uint8Array.of(0, 255)],
  ['INT8', Int8Array.of(-128, 127)],
  ['UINT16', Uint16Array.of(0, 65_535)],
  ['INT16', Int16Array.of(-32_768, 32_767)],
  ['UINT32', Uint32Array.of(0, 4_294_967_295)],
  ['INT32', Int32Array.of(-2_147_483_648, 2_147_483_647)],
  ['UINT64', BigUint64Array.of(0n, 2n ** 64n - 1n)],
  ['INT64', BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n)],
  ['FP16', Float32Array.of(1.5, -0, 65_504, 2 ** -24, -3 * 2 ** -24, 2 ** -14, Number.NEGATIVE_INFINITY, Number.NaN)],
  ['BF16', Float32Array.of(1.5, -0, 2 ** 127, 2 ** -133, Number.NEGATIVE_INFINITY, Number.NaN)],
  ['FP32', Float32Array.of(1.5, -0, Number.POSITIVE_INFINITY, Number.NaN)],
  ['FP64', Float64Array.of(0.1, Number.MIN_VALUE, -Number.MAX_VALUE, Number.NaN)],
  ['BYTES', ['', 'Zürich', '→ ✓']],
];

describe('raw tensors', () => {
  for (const [datatype, data] of samples) {
    it(`${datatype} comes back as it went, wherever its bytes start`, () => {
      const bytes = rawOf(tensor(datatype, data));
      for (const offset of [0, 1, 4]) {
        const moved = new Uint8Array(offset + bytes.length);
        moved.set(bytes, offset);
        assert.deepEqual(elementsOfRaw('x', datatype, moved.subarray(offset), data.length), data);
      }
    });
    it(`${datatype} with a byte too few or too many is refused`, () => {
      const bytes = rawOf(tensor(datatype, data));
      for (const wrong of [bytes.subarray(0, -1), new Uint8Array([...bytes, 0])]) {
        assert.throws(() => elementsOfRaw('x', datatype, wrong, data.length), { code: 'BAD_SHAPE' });
      }
    });
  }

  it('FP16 is widened exactly', () => {
    // 1, −2, the largest, the smallest above 0, −0, ∞, NaN, by the tables of IEEE 754.
    const bits = Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x0001, 0x8000, 0x7c00, 0x7e00);
    const elements = elementsOfRaw('x', 'FP16', new Uint8Array(bits.buffer), bits.length);
    assert.deepEqual(elements, Float32Array.of(1, -2, 65_504, 2 ** -24, -0, Number.POSITIVE_INFINITY, Number.NaN));
  });

  it('lengths of texts that lie are refused', () => {
    for (const length of [1, 0xffff_ffff]) {
      const bytes = new Uint8Array(4);
      new DataView(bytes.buffer).setUint32(0, length, true);
      assert.throws(() => elementsOfRaw('x', 'BYTES', bytes, 1), { code: 'BAD_SHAPE' });
    }
  });

  it('texts that are no UTF-8, and booleans that are neither, are refused', () => {
    const data = elementsOfRaw('x', 'BYTES', Uint8Array.of(1, 0, 0, 0, 0xff), 1);
    assert.deepEqual(data, [Uint8Array.of(0xff)]);
    const given = { name: 'x', datatype: 'BYTES', shape: [1], data } as const;
    const of = (field: Field) =>
      ({ inputs: [{ name: 'x', datatype: 'BYTES', shape: [-1], field }], outputs: [] }) as const;
    assert.throws(() => columnsOf(of({ kind: 'text' }), [given]), {
      code: 'WRONG_TYPE',
      message: /no UTF-8 in element 0/,
    });
    assert.deepEqual(columnsOf(of({ kind: 'image' }), [given]).columns.x, data);
    assert.throws(() => elementsOfRaw('x', 'BOOL', Uint8Array.of(2), 1), { code: 'WRONG_TYPE' });
  });

  it('answers of another array than the datatype are converted', () => {
    assert.deepEqual(rawOf(tensor('FP32', Float64Array.of(0.5, 2))), new Uint8Array(Float32Array.of(0.5, 2).buffer));
    assert.deepEqual(rawOf(tensor('INT64', Float64Array.of(-3))), new Uint8Array(BigInt64Array.of(-3n).buffer));
    assert.deepEqual(rawOf(tensor('BOOL', [true, false])), Uint8Array.of(1, 0));
  });

  it('a missing number is NaN, and any other missing value is an error, never a made-up value', () => {
    assert.deepEqual(rawOf(tensor('FP64', [null])), new Uint8Array(Float64Array.of(Number.NaN).buffer));
    assert.throws(() => rawOf(tensor('BYTES', [null])), { code: 'BAD_OUTPUT' });
    assert.throws(() => rawOf(tensor('BOOL', [null])), { code: 'BAD_OUTPUT' });
    assert.throws(() => rawOf(tensor('INT64', [null])), { code: 'BAD_OUTPUT' });
  });
});
