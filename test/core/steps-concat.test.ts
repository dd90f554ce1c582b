import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Dtype, Fields } from '../../src/core/types.ts';
import { prepared } from './prepared.ts';
import { flag, number, text } from './steps-cases.ts';

describe('concat', () => {
  const concat = (dtype: Dtype, names: readonly string[], inputs: Fields, width: number | null = names.length) =>
    prepared({
      inputs,
      prepare: [{ concat: { fields: names, as: 'x' } }],
      takes: [{ name: 'x', dtype, dims: [width], shape: [names.length] }],
    });
  const numbers: Fields = { a: number, b: number };

  test('puts fields in the order given, whatever order the row has', async () => {
    const scorer = concat('float64', ['b', 'a'], numbers);
    assert.deepEqual(await scorer.score([{ a: 1, b: 2 }]), [{ output: { x: [2, 1] } }]);
    assert.deepEqual(await scorer.score([{ b: 2, a: 1 }]), [{ output: { x: [2, 1] } }]);
    const { columns } = await scorer.scoreColumns({ a: [1, 3], b: [2, 4] });
    assert.deepEqual(columns.x, Float64Array.of(2, 1, 4, 3));
  });
  test('takes the dtype of the graph, and rounds to it as NumPy does', async () => {
    const [answer] = await concat('float32', ['a', 'b'], numbers).score([{ a: 0.1, b: 16777217 }]);
    assert.deepEqual(answer?.output?.x, [Math.fround(0.1), 16777216]);
  });
  test('keeps a missing number as NaN in a float tensor', async () => {
    const { columns } = await concat('float32', ['a', 'b'], numbers).scoreColumns({ a: [1], b: [null] });
    assert.deepEqual(columns.x, Float32Array.of(1, Number.NaN));
  });
  for (const [dtype, good, bad, expected] of [
    ['int64', 2 ** 53 - 1, 2 ** 53, 'an integer of int64'],
    ['int32', -(2 ** 31), 2 ** 31, 'an integer of int32'],
    ['int16', 32767, 32768, 'an integer of int16'],
    ['uint8', 255, -1, 'an integer of uint8'],
    ['int32', 1, 1.5, 'an integer of int32'],
    ['int32', 1, null, 'an integer of int32'],
    ['bool', 1, 2, 'true or false'],
  ] as const)
    test(`refuses ${bad} in a tensor of ${dtype}, alone`, async () => {
      const scorer = concat(dtype, ['a', 'b'], numbers);
      const answers = await scorer.score([
        { a: good, b: 0 },
        { a: 1, b: bad },
        { a: 1, b: 1 },
      ]);
      const is = (value: number) => (dtype === 'bool' ? Boolean(value) : value);
      assert.deepEqual(answers[0]?.output?.x, [is(good), is(0)]);
      assert.deepEqual(answers[2]?.output?.x, [is(1), is(1)]);
      const { code, step, field, expected: wanted } = answers[1]?.error ?? {};
      assert.deepEqual([code, step, field, wanted], ['STEP_FAILED', 'prepare[0] (concat)', 'b', expected]);
    });
  test('joins texts where the graph takes strings', async () => {
    const scorer = concat('string', ['t', 'u'], { t: text, u: text });
    const answers = await scorer.score([{ t: 'a', u: 'b' }, { t: 'a' }]);
    assert.deepEqual(answers[0], { output: { x: ['a', 'b'] } });
    assert.deepEqual([answers[1]?.error?.code, answers[1]?.error?.field], ['STEP_FAILED', 'u']);
  });
  test('fills a width that the graph leaves open', async () => {
    const scorer = concat('float64', ['a', 'b'], numbers, null);
    assert.deepEqual(await scorer.score([{ a: 1, b: 2 }]), [{ output: { x: [1, 2] } }]);
  });
});

test('a number is fed to a graph of integers where it is one', async () => {
  const scorer = prepared({
    inputs: { n: number, b: flag },
    takes: [
      { name: 'n', dtype: 'int32' },
      { name: 'b', dtype: 'bool' },
    ],
  });
  const answers = await scorer.score([
    { n: 5, b: true },
    { n: 5.5, b: true },
    { n: 2 ** 40, b: true },
    { b: true },
    { n: 1 },
  ]);
  assert.deepEqual(answers[0], { output: { n: 5, b: true } });
  assert.deepEqual(
    answers.slice(1).map(({ error }) => [error?.code, error?.field]),
    [
      ['NOT_INTEGER', 'n'],
      ['OUT_OF_RANGE', 'n'],
      ['NULL_VALUE', 'n'],
      ['NULL_VALUE', 'b'],
    ],
  );
  assert.match(answers[3]?.error?.message ?? '', /A step such as impute or cast can mend that/);
});

test('a tensor keeps its shape where the graph leaves dimensions open', async () => {
  for (const dims of [[2, 3], [null, 3], [2, null], [null, null], [6], [null]]) {
    const shape = dims.length === 1 ? [6] : [2, 3];
    const scorer = prepared({
      inputs: { x: { kind: 'tensor', dtype: 'float32', shape: [2, 3] } },
      takes: [{ name: 'x', dtype: 'float32', dims, shape }],
    });
    const [answer] = await scorer.score([{ x: [1, 2, 3, 4, 5, 6] }]);
    assert.deepEqual(
      answer?.output?.x,
      shape.length === 1
        ? [1, 2, 3, 4, 5, 6]
        : [
            [1, 2, 3],
            [4, 5, 6],
          ],
    );
  }
});
