/** The own runtime beside ONNX Runtime: every answer of every row, bit for bit. */
import assert from 'node:assert/strict';
import type { ModelSession, Tensor } from '../../../src/core/types.ts';
import { sliceTensors } from './rows.ts';

/** Bytes of each row, so that NaN, -0 and every last bit are compared; texts as they are. */
const rowsOf = ({ data, dims }: Tensor): readonly string[] => {
  const rows = dims[0];
  const size = rows === 0 ? 0 : data.length / rows;
  return Array.from({ length: rows }, (_, row) => {
    const part = data.slice(row * size, (row + 1) * size);
    if (Array.isArray(part)) return JSON.stringify(part);
    // One NaN is as good as another.
    const values = (part as Float32Array).map((value) => (Number.isNaN(value) ? Number.NaN : value));
    return Buffer.from(values.buffer).toString('hex');
  });
};

type Answer = Readonly<Record<string, Tensor>>;
const answerOf = async (session: ModelSession, feeds: Readonly<Record<string, Tensor>>): Promise<Answer | Error> => {
  try {
    return await session.run(
      feeds,
      session.outputs.map(({ name }) => name),
    );
  } catch (error) {
    return error as Error;
  }
};

/** Where two answers to the same rows differ: by output, the rows. */
export const differences = (own: Answer, theirs: Answer): readonly string[] =>
  Object.keys(theirs).flatMap((name) => {
    if (own[name].dtype !== theirs[name].dtype || own[name].dims.join() !== theirs[name].dims.join())
      return [
        `${name}: ${own[name].dtype} [${own[name].dims}] instead of ${theirs[name].dtype} [${theirs[name].dims}]`,
      ];
    const [mine, other] = [rowsOf(own[name]), rowsOf(theirs[name])];
    return mine.flatMap((bits, row) =>
      bits === other[row] ? [] : [`${name}, row ${row}: ${bits} instead of ${other[row]}`],
    );
  });

/**
 * Asks both for the same rows, `size` at a time, and holds the answers together. Where one refuses a batch, both are asked row
 * by row, and must refuse the same ones. Answers how many rows were answered.
 */
export const assertSameBits = async (
  own: ModelSession,
  theirs: ModelSession,
  feeds: Readonly<Record<string, Tensor>>,
  size: number,
): Promise<number> => {
  const rows = Object.values(feeds)[0].dims[0];
  let answered = 0;
  for (let from = 0; from < rows; from += size) {
    const to = Math.min(rows, from + size);
    const some = sliceTensors(feeds, from, to);
    const [mine, other] = [await answerOf(own, some), await answerOf(theirs, some)];
    if (mine instanceof Error || other instanceof Error) {
      if (to - from === 1) {
        assert.ok(
          mine instanceof Error && other instanceof Error,
          `row ${from}: ${mine} instead of ${other}: ${JSON.stringify(some, (_, v) => (typeof v === 'bigint' ? String(v) : v))}`,
        );
      } else answered += await assertSameBits(own, theirs, some, 1);
      continue;
    }
    const found = differences(mine, other);
    assert.equal(found.length, 0, `${found.length} of ${to - from} rows from ${from}: ${found.slice(0, 3).join('; ')}`);
    answered += to - from;
  }
  return answered;
};

/** The same within some units in the last place, for what ONNX Runtime itself answers otherwise on another processor. */
export const assertClose: typeof assertSameBits = async (own, theirs, feeds, size) => {
  const rows = Object.values(feeds)[0].dims[0];
  for (let from = 0; from < rows; from += size) {
    const some = sliceTensors(feeds, from, Math.min(rows, from + size));
    const [mine, other] = [await answerOf(own, some), await answerOf(theirs, some)];
    assert.ok(!(mine instanceof Error) && !(other instanceof Error), `${mine}, ${other}`);
    for (const [name, { data }] of Object.entries(other)) {
      const found: ArrayLike<unknown> = mine[name].data;
      assert.equal(found.length, data.length);
      for (let at = 0; at < data.length; at++) {
        const [a, b] = [found[at], data[at]];
        if (typeof a !== 'number' || typeof b !== 'number') assert.equal(a, b, `${name}, ${from}`);
        else if (!Object.is(a, b))
          assert.ok(Math.abs(a - b) <= 1e-5 * Math.max(1, Math.abs(b)), `${name}: ${a} instead of ${b}`);
      }
    }
  }
  return rows;
};
