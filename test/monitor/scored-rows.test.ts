import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Answered } from '../../src/monitor/answered.ts';
import { createLeave, type ScoredRows } from '../../src/monitor/scored-rows.ts';

const model: ScoredRows['model'] = {
  ref: 'ride@production',
  deployment: 'rides',
  name: 'ride',
  version: '1.0.0',
  digest: 'sha256:00',
  manifest: { inputs: {}, outputs: {} },
};

/** What the recorder is told of so many rows. */
const callsOf = (share: number, content: ScoredRows['content'], random?: () => number): readonly Answered[] => {
  const calls: Answered[] = [];
  const leave = createLeave({ count: () => undefined, record: (call) => calls.push(call), share, random });
  leave({ model, ms: 3, idOf: (row) => `rides/${row}`, content });
  return calls;
};
const scoredRows = (count: number): ScoredRows['content'] => ({
  rows: Array.from({ length: count }, (_, row) => ({ row })),
  answers: Array.from({ length: count }, (_, row) => ({ output: { row } })),
});

test('a share of the rows is recorded, each with the same chance wherever it stands', () => {
  const seen = new Array<number>(10).fill(0);
  let seed = 7;
  const random = (): number => {
    seed = (seed * 48271) % 2147483647;
    return seed / 2147483647;
  };
  for (let round = 0; round < 4000; round++) {
    for (const { content } of callsOf(0.3, scoredRows(10), random)) {
      for (const id of content.ids ?? []) seen[Number(id.split('/')[1])]++;
    }
  }
  for (const times of seen) assert.ok(times > 1080 && times < 1320, `${times} of 4000 at 0.3`);
});

test('all of them, or none, where that is asked for', () => {
  const all = callsOf(1, scoredRows(2500)).map(({ content }) => content.ids?.length);
  assert.deepEqual(all, [1000, 1000, 500]);
  assert.deepEqual(callsOf(0, scoredRows(2500)), []);
  assert.deepEqual(callsOf(1, scoredRows(0)), []);
});

test('columns are taken apart into rows with their own answers and problems, and nothing of them is kept', () => {
  const amounts = Float64Array.of(10, 11, 12, 13);
  const images = Float32Array.of(0, 1, 2, 3, 4, 5, 6, 7);
  const problem = { code: 'WRONG_TYPE', message: 'no' } as const;
  const [call] = callsOf(1, {
    columns: { amount: amounts, image: images, name: ['a', 'b', 'c', 'd'] },
    answers: { rows: 4, columns: { minutes: Float64Array.of(1, 2, 3, 4) }, errors: new Map([[2, problem]]) },
    coerced: true,
  });
  amounts.fill(0);
  images.fill(0);
  assert.ok(call && 'columns' in call.content);
  const { columns, answers, ids, coerced } = call.content;
  assert.deepEqual(columns, {
    amount: Float64Array.of(10, 11, 12, 13),
    image: Float32Array.of(0, 1, 2, 3, 4, 5, 6, 7),
    name: ['a', 'b', 'c', 'd'],
  });
  assert.deepEqual(
    [answers.rows, answers.columns, [...answers.errors]],
    [4, { minutes: Float64Array.of(1, 2, 3, 4) }, [[2, problem]]],
  );
  assert.deepEqual([ids, coerced, call.ms], [['rides/0', 'rides/1', 'rides/2', 'rides/3'], true, 3]);

  let drawn = 0;
  const second = callsOf(0.5, call.content, () => [0.6, 0.99][drawn++] ?? 0.99)[0];
  assert.ok(second && 'columns' in second.content);
  assert.deepEqual(second.content.ids, ['rides/1']);
  assert.deepEqual(second.content.columns, { amount: Float64Array.of(11), image: Float32Array.of(2, 3), name: ['b'] });
  assert.deepEqual([...second.content.answers.errors], []);
});
