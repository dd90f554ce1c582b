import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import fc from 'fast-check';
import type { Fields } from '../../../src/core/types.ts';
import { createUnpacker, parcelsOf } from '../../../src/modes/service/reading/parcels.ts';
import { createReader } from '../../../src/modes/service/reading/reader.ts';
import { reads } from '../../../src/modes/service/reading/reads.ts';

const fields: Fields = { a: { kind: 'number' }, b: { kind: 'text', nullable: true } };
const body = (text: string) => ({ bytes: Buffer.from(text), charset: undefined, fields, depth: 32, rows: 100_000 });
const padded = (text: string) => body(text + ' '.repeat(300 * 1024));

const across = (value: unknown): unknown => {
  const { add, whole } = createUnpacker();
  for (const parcel of parcelsOf(value)) add(structuredClone(parcel));
  return whole();
};

describe('parcels', () => {
  it('give back every value of JSON, and integers past 2^53', () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue({ maxDepth: 6 }), fc.array(fc.bigInt())), (value) => {
        assert.deepStrictEqual(across(value), value);
      }),
    );
  });

  it('are small, however the value is made', () => {
    const values: readonly unknown[] = [
      Array.from({ length: 50_000 }, (_, at) => ({ a: at, b: `${at}` })),
      { rows: [{ image: Array.from({ length: 300_000 }, (_, at) => at / 7) }, { image: [1, 2, 3] }] },
      Array.from({ length: 100_000 }, () => []),
      [[Array.from({ length: 100_000 }, (_, at) => `${at}`)], { x: { y: Array.from({ length: 70_000 }, () => null) } }],
      JSON.parse('{"__proto__":{"list":[1,2,{"constructor":["x"]}]}}'),
    ];
    for (const value of values) {
      const sizes = [...parcelsOf(value)].map(({ items }) =>
        ArrayBuffer.isView(items) ? items.length / 8 : JSON.stringify(items).split(',').length,
      );
      assert.ok(Math.max(...sizes) < 10_000, `${Math.max(...sizes)}`);
      assert.deepStrictEqual(across(value), value);
    }
  });

  it('refuse an object of very many names, which cannot be cut', () => {
    const wide = Object.fromEntries(Array.from({ length: 10_001 }, (_, at) => [`n${at}`, at]));
    assert.throws(() => across([wide]), { code: 'BAD_REQUEST' });
  });
});

describe('names that no field has', () => {
  const many = (count: number, name: string): Fields =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`${name}${at}`, { kind: 'number', nullable: true }]));
  const rowsOf = (count: number, name: string): string =>
    `{"rows":[${Array.from({ length: count }, (_, at) => `{"${name}${at}":1}`).join()}]}`;
  const read = (text: string, known: Fields) => reads.rows({ ...body(text), fields: known });

  it('are refused where holding them against those of the fields would take long, and only there', () => {
    const long = many(400, 'an_optional_feature_of_the_day_');
    assert.throws(() => read(rowsOf(200, 'an_optional_faeture_of_the_dya_'), long), { code: 'BAD_REQUEST' });
    assert.equal(read(rowsOf(200, 'e'), long).many?.length, 200);
    assert.equal(read(rowsOf(900, 'an_optional_faeture_of_the_dya_'), many(20, 'f')).many?.length, 900);
  });
});

describe('a large body', () => {
  const reader = createReader({ readMs: 20_000, timeoutMs: 60_000 });
  after(() => reader.close());

  it('is given up when its time is over, whoever is read before it', async () => {
    const other = createReader({ readMs: 20_000, timeoutMs: 60_000 });
    const long = body(`{"rows":[${'{},'.repeat(1_000_000)}{}]}`);
    const before = [1, 2, 3].map(() => other.read('rows', long) as Promise<unknown>);
    const late = other.read('rows', padded('{"a":1}'), undefined, performance.now() + 50);
    const first = await Promise.race([
      Promise.allSettled(before),
      assert.rejects(async () => late, { code: 'DEADLINE_EXCEEDED' }),
    ]);
    assert.equal(first, undefined);
    const ending = Promise.allSettled(before);
    await other.close();
    await ending;
  });

  it('is read in a thread as a small one is where it comes', async () => {
    const texts = [
      '{"a":1,"b":"x"}',
      '{"rows":[{"a":1},{"a":9007199254740993,"b":null}]}',
      '{"a":1,"a":2}',
      '{"a":NaN}',
      '[1]',
    ];
    for (const text of texts) {
      const outcome = async (read: () => unknown) => {
        try {
          const { row, many } = (await read()) as { row: unknown; many: unknown };
          return { row, many };
        } catch (error) {
          return (error as { problem: unknown }).problem;
        }
      };
      const large = padded(text);
      assert.deepEqual(await outcome(() => reader.read('rows', large)), await outcome(() => reads.rows(large)), text);
    }
  });

  it('of CSV, of MLflow and of tensors too', async () => {
    const lines = Array.from({ length: 40_000 }, (_, at) => `${at},"x ${at}"`).join('\n');
    const csv = body(`a,b\n${lines}\n1,2,3\n`);
    assert.deepEqual(await reader.read('csv', csv), reads.csv(csv));
    const split = { columns: ['a', 'b'], data: Array.from({ length: 40_000 }, (_, at) => [at, 'x']) };
    const mlflow = body(JSON.stringify({ dataframe_split: split }));
    assert.deepEqual(await reader.read('mlflow', mlflow), reads.mlflow(mlflow));
    const data = Array.from({ length: 60_000 }, (_, at) => at / 3);
    const tensor = { name: 'a', shape: [60_000], datatype: 'FP64', data };
    const { bytes, charset, depth, rows } = body(JSON.stringify({ id: 'x', inputs: [tensor] }));
    const asked = { bytes, charset, depth, rows, jsonLength: undefined };
    assert.deepEqual(await reader.read('tensors', asked), reads.tensors(asked));
  });

  it('that takes too long is refused, and its thread replaced', async (t) => {
    const hasty = createReader({ readMs: 1, timeoutMs: 60_000 });
    t.after(() => hasty.close());
    const slow = body(`{"rows":[${'{},'.repeat(90_000)}{}]}`);
    await assert.rejects(async () => hasty.read('rows', slow), { code: 'TOO_LARGE' });
    assert.equal(hasty.ended, 1);
  });

  it('whose caller is gone is not read, and those that wait are refused when the service stops', async () => {
    const other = createReader({ readMs: 20_000, timeoutMs: 60_000 });
    const large = padded('{"a":1}');
    const [first, second, late, left] = [undefined, undefined, { destroyed: true }, undefined].map((caller) =>
      Promise.resolve(other.read('rows', large, caller)),
    );
    await assert.rejects(late, { code: 'CANCELLED' });
    await Promise.all([first, second]);
    assert.deepEqual((await left).row, { a: 1 });
    await other.close();
    assert.throws(() => other.read('rows', large), { code: 'UNAVAILABLE' });
  });
});
