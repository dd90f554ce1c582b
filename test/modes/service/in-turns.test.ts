import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { listText } from '../../../src/modes/service/in-turns.ts';
import { writeTensors } from '../../../src/modes/service/oip/binary.ts';
import type { OutputTensor } from '../../../src/modes/service/oip/tensors.ts';
import { parseJson } from '../../../src/text/json.ts';

/** What comes of it, and the turns that others had meanwhile. */
const withTurns = async <T>(work: () => Promise<T>): Promise<{ readonly value: T; readonly turns: number }> => {
  let turns = 0;
  let isDone = false;
  const count = (): void => {
    turns++;
    if (!isDone) setImmediate(count);
  };
  setImmediate(count);
  const value = await work();
  isDone = true;
  return { value, turns };
};

describe('a long text', () => {
  const write = (item: string, at: number): string => `${at}${item}`;

  it('is written in turns, by its length and not by how many items it has', async () => {
    for (const items of [new Array(40).fill('x'.repeat(50_000)), new Array(100_000).fill('é'.repeat(20))]) {
      const { value, turns } = await withTurns(async () => listText(items, write, ['[', ',', ']']));
      assert.ok(Buffer.isBuffer(value));
      assert.equal(value.toString(), `[${items.map(write).join(',')}]`);
      assert.ok(turns > 10, `${turns}`);
    }
  });

  it('is there at once when it is short', () => {
    assert.equal(listText(['a', 'b'], write, ['[', ',', ']']), '[0a,1b]');
    assert.equal(listText([], write, ['[', ',', ']']), '[]');
  });

  it('of tensors is the one that all of them are', async () => {
    const rows = 60_000;
    const list = <T>(of: (at: number) => T): T[] => Array.from({ length: rows }, (_, at) => of(at));
    const tensors: readonly OutputTensor[] = [
      { name: 'f', datatype: 'FP64', shape: [rows], data: Float64Array.from(list((at) => at / 7)) },
      { name: 'none', datatype: 'FP64', shape: [0], data: [] },
      { name: 'i', datatype: 'INT64', shape: [rows], data: BigInt64Array.from(list((at) => 2n ** 60n + BigInt(at))) },
      { name: 'b', datatype: 'BOOL', shape: [rows], data: list((at) => (at % 3 === 0 ? null : at % 2)) as never },
      { name: 't', datatype: 'BYTES', shape: [rows], data: list((at) => `text ${at}, "é"`) },
      { name: 'raw', datatype: 'BYTES', shape: [rows], data: list((at) => `€ ${at}`) },
    ];
    const { value, turns } = await withTurns(async () => writeTensors('{"id":"a"', tensors, (name) => name === 'raw'));
    assert.ok(turns > 10, `${turns}`);
    const body = Buffer.from(value.body);
    const head = parseJson(body.subarray(0, value.jsonLength).toString());
    const { outputs } = head as { outputs: readonly { data: unknown; parameters: { binary_data_size: number } }[] };
    const [f, none, i, b, t, raw] = outputs;
    assert.deepEqual(
      f.data,
      list((at) => at / 7),
    );
    assert.deepEqual(none.data, []);
    assert.deepEqual(
      i.data,
      list((at) => 2n ** 60n + BigInt(at)),
    );
    assert.deepEqual(
      b.data,
      list((at) => (at % 3 === 0 ? null : at % 2 === 1)),
    );
    assert.deepEqual(
      t.data,
      list((at) => `text ${at}, "é"`),
    );
    assert.equal(raw.parameters.binary_data_size, body.length - (value.jsonLength ?? 0));
    assert.deepEqual(
      body.subarray(value.jsonLength, (value.jsonLength ?? 0) + 9),
      Buffer.from('\x05\0\0\0€ 0', 'utf8'),
    );
  });
});
