import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Entry, RowEntry } from '../../src/monitor/answered.ts';
import { CAPACITY_BYTES, createPacker, type Packer, unpack } from '../../src/monitor/parcel.ts';

const row = (more: Partial<RowEntry> = {}): RowEntry => ({
  kind: 'row',
  id: 'mfw3k2x1-q8zr4c1v-1',
  at: 1_795_000_000_123,
  ms: 0.25,
  model: 0,
  input: '{"distance":-0}',
  answer: '{"minutes":12.5}',
  refused: false,
  coerced: false,
  ...more,
});

const add = (packer: Packer, { id, at, ms, model, input, answer, refused, coerced }: RowEntry): void =>
  packer.addRow(id, at, ms, model, input, answer, refused, coerced);

/** Text as UTF-8 can say it: half a surrogate pair cannot come out of JSON that was read from bytes. */
const text = fc.string({ unit: 'binary', maxLength: 400 });
const figure = fc.double({ noNaN: true });
const anyRow = fc.record(
  {
    kind: fc.constant('row' as const),
    id: text,
    at: figure,
    ms: figure,
    model: fc.nat({ max: 2 ** 32 - 1 }),
    input: text,
    answer: text,
    refused: fc.boolean(),
    coerced: fc.boolean(),
  },
  { noNullPrototype: true },
);

describe('a parcel', () => {
  it('gives back every row as it was added, in their order', () => {
    fc.assert(
      fc.property(fc.array(anyRow, { maxLength: 30 }), (rows) => {
        const packer = createPacker();
        for (const one of rows) add(packer, one);
        const parcel = packer.take();
        assert.equal(parcel.rows, rows.length);
        assert.deepEqual(unpack(parcel), rows);
      }),
    );
  });

  it('takes rows in as many buffers as they need, and none of them twice or cut off', () => {
    const packer = createPacker();
    const found: Entry[] = [];
    const added: Entry[] = [];
    for (let at = 0; at < 5000; at++) {
      const one = row({ id: `p-${at}`, input: 'ü€😀'.repeat(at % 90) });
      add(packer, one);
      added.push(one);
      if (packer.bytes < 3 * CAPACITY_BYTES) continue;
      const parcel = packer.take();
      for (const { buffer, used } of parcel.pieces) {
        assert.ok(used > 0 && used <= CAPACITY_BYTES && buffer.byteLength <= CAPACITY_BYTES);
      }
      assert.equal(
        parcel.pieces.reduce((sum, { used }) => sum + used, 0),
        parcel.bytes,
      );
      found.push(...unpack(parcel));
      packer.giveBack(parcel.pieces);
    }
    found.push(...unpack(packer.take()));
    assert.deepEqual(found, added);
  });

  it('holds a row that is larger than its buffer beside it', () => {
    const packer = createPacker();
    const rows = [row({ id: 'small' }), row({ id: 'large', input: 'x'.repeat(CAPACITY_BYTES) })];
    for (const one of rows) add(packer, one);
    const parcel = packer.take();
    assert.ok(parcel.bytes > CAPACITY_BYTES && parcel.rows === 2);
    assert.deepEqual(new Set(unpack(parcel).map(({ id }) => id)), new Set(['small', 'large']));
  });

  it('takes hardly more memory than it has bytes, and is empty once it was taken', () => {
    const packer = createPacker();
    add(packer, row());
    const { bytes, pieces } = packer.take();
    assert.deepEqual(
      pieces.map(({ buffer }) => buffer.byteLength),
      [bytes],
    );
    assert.deepEqual([packer.bytes, packer.rows, unpack(packer.take()).length], [0, 0, 0]);
  });
});
