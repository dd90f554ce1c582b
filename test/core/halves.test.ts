import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { halfLimits } from '../../src/core/halves.ts';
import { createScorer } from '../../src/core/scorer.ts';
import type { InputField, OutputFields } from '../../src/core/types.ts';
import { nearestIn } from '../../src/runtimes/half-rounding.ts';
import { openOnnxNode } from '../../src/runtimes/onnx.node.ts';
import { buildOnnx } from '../runtimes/onnx-builder.ts';

const rounded = (dtype: 'float16' | 'bfloat16', value: number): number => nearestIn(dtype)(value);

/** Of V8 itself, from 13.6 on. */
const { f16round } = Math as typeof Math & { readonly f16round: (value: number) => number };

describe('numbers of 16 bits', () => {
  test('every float16, and what lies around the middles between two, is rounded as V8 rounds it', () => {
    const bits = new Uint32Array(1);
    const nudge = (value: number, by: number): number => value + by * 2 ** -40 * Math.max(Math.abs(value), 2 ** -30);
    for (let upper = 0; upper < 0x7c00; upper++) {
      bits[0] = upper;
      const [exponent, fraction] = [upper >> 10, upper & 1023];
      const value = exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15);
      const middle = value + 2 ** (Math.max(exponent, 1) - 15 - 11);
      for (const one of [value, middle, nudge(middle, 1), nudge(middle, -1), -middle])
        if (Math.abs(one) < 65520) assert.ok(Object.is(rounded('float16', one), f16round(one)), `${one}`);
    }
  });

  test('bfloat16 is rounded once, to the even one of two that are as near', () => {
    const cases = [
      [1 + 2 ** -8, 1],
      [1 + 3 * 2 ** -8, 1 + 2 ** -6],
      // float32 on the way would end in the middle, and so at 1.
      [1 + 2 ** -8 + 2 ** -40, 1 + 2 ** -7],
      [2 ** -133, 2 ** -133],
      [2 ** -134, 0],
      [2 ** -134 + 2 ** -180, 2 ** -133],
      [2 ** 128 - 2 ** 120, 2 ** 128 - 2 ** 120],
      [2 ** 128 - 2 ** 119 - 2 ** 80, 2 ** 128 - 2 ** 120],
      [Number.MIN_VALUE, 0],
    ];
    for (const [value, expected] of cases) {
      assert.equal(rounded('bfloat16', value), expected, `${value}`);
      assert.ok(Object.is(rounded('bfloat16', -value), -expected), `${-value}`);
    }
  });

  test('NaN and zeros stay what they are, and the limit is where V8 answers infinity', () => {
    for (const dtype of ['float16', 'bfloat16'] as const)
      for (const value of [Number.NaN, 0, -0]) assert.ok(Object.is(rounded(dtype, value), value));
    assert.deepEqual([65520 - 2 ** -30, 65520].map(f16round), [65504, Number.POSITIVE_INFINITY]);
    assert.deepEqual(halfLimits, { float16: 65520, bfloat16: 2 ** 128 - 2 ** 119 });
  });
});

const HALVES = ['float16', 'bfloat16'] as const;

/** Gives back what it takes. */
const echo = async (dtype: 'float16' | 'bfloat16', input: InputField, outputs: OutputFields, width: number | string) =>
  createScorer({
    manifest: { name: 'm', version: '1.0.0', runtime: 'onnx', inputs: { x: input }, outputs },
    digest: 'sha256:0',
    session: await openOnnxNode(
      buildOnnx({
        inputs: [{ name: 'x', dtype, dims: ['rows', width] }],
        outputs: [{ name: 'y', dtype, dims: ['rows', width] }],
        nodes: [{ op: 'Identity', inputs: ['x'], outputs: ['y'] }],
      }),
    ),
  });

describe('fields of 16 bits', () => {
  for (const dtype of HALVES) {
    const field = { kind: 'tensor', dtype, shape: [3] } as const;
    test(`${dtype} comes back as the exact number that it is, in rows and columns`, async (t) => {
      const scorer = await echo(dtype, field, { y: field }, 3);
      t.after(() => scorer.close());
      const row = [0.1, -0, dtype === 'float16' ? 2 ** -24 : 2 ** -133];
      const [{ output }] = await scorer.score([{ x: row }]);
      const expected = row.map((value) => rounded(dtype, value));
      assert.deepEqual(output?.y, expected);
      assert.equal(expected[2], row[2]);
      for (const x of [Float64Array.from(row), [row], [expected]]) {
        const { columns } = await scorer.scoreColumns({ x });
        assert.deepEqual(columns.y, Float64Array.from(expected));
      }
      const floats = await scorer.scoreColumns({ x: Float32Array.of(0.1, 0.2, 0.3) });
      assert.deepEqual(
        floats.columns.y,
        Float64Array.from([0.1, 0.2, 0.3], (value) => rounded(dtype, Math.fround(value))),
      );
    });

    test(`${dtype} refuses what it does not hold, alone`, async (t) => {
      const scorer = await echo(dtype, { ...field, nullable: true }, { y: { ...field, nullable: true } }, 3);
      t.after(() => scorer.close());
      const most = dtype === 'float16' ? 65504 : 2 ** 128 - 2 ** 120;
      const rows = [
        [1e39, 0, 0],
        [1, 2, Number.POSITIVE_INFINITY],
        [most, Number.NaN, null],
        ['1', 0, 0],
      ];
      const answers = await scorer.score(rows.map((x) => ({ x })));
      assert.deepEqual(
        answers.map(({ output, error }) => error?.code ?? output?.y),
        ['OUT_OF_RANGE', 'NOT_FINITE', [most, Number.NaN, Number.NaN], 'WRONG_TYPE'],
      );
      assert.match(answers[0].error?.message ?? '', new RegExp(`expected a ${dtype} tensor of shape`));
    });

    test(`${dtype} of any length`, async (t) => {
      const open = { ...field, shape: [null] } as const;
      const scorer = await echo(dtype, open, { y: open }, 'length');
      t.after(() => scorer.close());
      const answers = await scorer.score([[0.1], [1, 2.5], [1e39]].map((x) => ({ x })));
      assert.deepEqual(
        answers.map(({ output, error }) => error?.code ?? output?.y),
        [[rounded(dtype, 0.1)], [1, 2.5], 'OUT_OF_RANGE'],
      );
    });

    test(`a number feeds ${dtype} and is read from it`, async (t) => {
      const number = { kind: 'number', nullable: true } as const;
      const scorer = await echo(dtype, { ...number }, { y: number }, 1);
      t.after(() => scorer.close());
      const answers = await scorer.score([0.1, 1e39, null, -2].map((x) => ({ x })));
      assert.deepEqual(
        answers.map(({ output, error }) => error?.code ?? output?.y),
        [rounded(dtype, 0.1), 'OUT_OF_RANGE', null, -2],
      );
    });
  }
});
