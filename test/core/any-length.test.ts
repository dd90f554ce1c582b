import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createScorer } from '../../src/core/scorer.ts';
import type { InputFields, ModelSession, OutputFields, Tensor } from '../../src/core/types.ts';
import { openOnnxNode } from '../../src/runtimes/onnx.node.ts';
import { buildOnnx, type Model } from '../runtimes/onnx-builder.ts';

const scorerOf = (session: ModelSession, inputs: InputFields, outputs: OutputFields) =>
  createScorer({
    manifest: { name: 'm', version: '1.0.0', runtime: 'onnx', inputs, outputs },
    digest: 'sha256:0',
    session,
  });

/** x [rows, length] twice over, and the sum of each row. */
const twice: Model = {
  inputs: [{ name: 'x', dtype: 'int64', dims: ['rows', 'length'] }],
  outputs: [
    { name: 'y', dtype: 'int64', dims: ['rows', 'length'] },
    { name: 'x_out', dtype: 'int64', dims: ['rows', 'length'] },
  ],
  nodes: [
    { op: 'Add', inputs: ['x', 'x'], outputs: ['y'] },
    { op: 'Identity', inputs: ['x'], outputs: ['x_out'] },
  ],
};
const anyLength = { kind: 'tensor', dtype: 'int64', shape: [null] } as const;
const ints: InputFields = { x: anyLength };
const open = async (model: Model = twice, inputs: InputFields = ints, outputs: OutputFields = { y: anyLength }) =>
  scorerOf(await openOnnxNode(buildOnnx(model)), inputs, outputs);

/** A session that notes the shapes that it is given, and answers each row's length. */
const noting = (shapes: (readonly number[])[], fails?: (tensor: Tensor) => boolean): ModelSession => ({
  inputs: [{ name: 'x', dtype: 'int64', dims: [null, null] }],
  outputs: [{ name: 'y', dtype: 'float32', dims: [null, 1] }],
  batchInvariant: true,
  async run({ x }) {
    shapes.push(x.dims);
    if (fails?.(x)) throw new Error('no');
    const [rows, length] = x.dims;
    return { y: { dtype: 'float32', dims: [rows, 1], data: new Float32Array(rows).fill(length) } };
  },
  close: async () => {},
});
const lengths: OutputFields = { y: { kind: 'number', at: 0 } };

describe('tensors of any length', () => {
  test('rows of several lengths get each its own answer, in order', async (t) => {
    const scorer = await open();
    t.after(() => scorer.close());
    const rows = [[1], [2, 3], [4], [5, 6, 7], [2 ** 40, 9]].map((x) => ({ x }));
    assert.deepEqual(
      (await scorer.score(rows)).map(({ output }) => output?.y),
      [[2], [4, 6], [8], [10, 12, 14], [2 ** 41, 18]],
    );
    const { columns } = await scorer.scoreColumns({ x: rows.map(({ x }) => x) });
    assert.deepEqual(columns.y, [[2], [4, 6], [8], [10, 12, 14], [2 ** 41, 18]]);
  });

  test('those of one length run together', async () => {
    const shapes: (readonly number[])[] = [];
    const scorer = scorerOf(noting(shapes), ints, lengths);
    const answers = await scorer.score([[1], [2, 3], [4], [5, 6], [7]].map((x) => ({ x })));
    assert.deepEqual(shapes, [
      [3, 1],
      [2, 2],
    ]);
    assert.deepEqual(
      answers.map(({ output }) => output?.y),
      [1, 2, 1, 2, 1],
    );
  });

  test('a row that the model cannot take is refused alone, among those of its length', async () => {
    const shapes: (readonly number[])[] = [];
    const hasBad = ({ data }: Tensor): boolean => (data as BigInt64Array).includes(13n);
    const scorer = scorerOf(noting(shapes, hasBad), ints, lengths);
    const answers = await scorer.score([[1], [13], [4], [5, 6]].map((x) => ({ x })));
    assert.deepEqual(
      answers.map(({ output, error }) => error?.code ?? output?.y),
      [1, 'MODEL_FAILED', 1, 2],
    );
  });

  test('a row alone and among others gets the same bits', async (t) => {
    const sums: Model = {
      inputs: [{ name: 'x', dims: ['rows', 'length'] }],
      outputs: [{ name: 'y', dims: ['rows', 1] }],
      nodes: [{ op: 'ReduceMean', inputs: ['x'], outputs: ['y'], attributes: { axes: [1n] } }],
    };
    const scorer = await open(sums, { x: { ...anyLength, dtype: 'float32' } }, lengths);
    t.after(() => scorer.close());
    const rows = Array.from({ length: 40 }, (_, row) => ({
      x: Array.from({ length: 1 + ((row * 7) % 19) }, (_, at) => Math.sin(row * 31 + at)),
    }));
    const together = await scorer.score(rows);
    for (const [at, row] of rows.entries()) assert.deepEqual(await scorer.score([row]), [together[at]]);
  });

  test('what does not fit is refused, naming what was expected', async (t) => {
    const field = { kind: 'tensor', dtype: 'float32', shape: [null, 2], maxElements: 6 } as const;
    const model: Model = {
      inputs: [{ name: 'x', dims: ['rows', 'length', 2] }],
      outputs: [{ name: 'y', dims: ['rows', 'length', 2] }],
      nodes: [{ op: 'Identity', inputs: ['x'], outputs: ['y'] }],
    };
    const scorer = await open(model, { x: field }, { y: field });
    t.after(() => scorer.close());
    const cases: readonly (readonly [unknown, unknown])[] = [
      [[[1, 2]], [[1, 2]]],
      [
        [1, 2, 3, 4],
        [
          [1, 2],
          [3, 4],
        ],
      ],
      [Float32Array.of(1, 2), [[1, 2]]],
      [[1, 2, 3], 'BAD_SHAPE'],
      [[], 'BAD_SHAPE'],
      [[[]], 'BAD_SHAPE'],
      [[[1, 2], [3]], 'BAD_SHAPE'],
      [
        [
          [1, 2],
          [3, 4],
          [5, 6],
          [7, 8],
        ],
        'BAD_SHAPE',
      ],
      [[[1, '2']], 'WRONG_TYPE'],
      [[[1, null]], 'NULL_VALUE'],
      [7, 'WRONG_TYPE'],
      [null, 'NULL_VALUE'],
      [undefined, 'MISSING_FIELD'],
    ];
    const answers = await scorer.score(cases.map(([x]) => ({ x })));
    assert.deepEqual(
      answers.map(({ output, error }) => error?.code ?? output?.y),
      cases.map(([, expected]) => expected),
    );
    assert.match(answers[7]?.error?.message ?? '', /at most 6 elements\), got \[4, 2\], which is more than 6 elements/);
  });

  test('beside a field of one shape, each row keeps its own', async (t) => {
    const model: Model = {
      inputs: [
        { name: 'x', dims: ['rows', 'length'] },
        { name: 'plus', dims: ['rows', 1] },
      ],
      outputs: [{ name: 'y', dims: ['rows', 'length'] }],
      nodes: [{ op: 'Add', inputs: ['x', 'plus'], outputs: ['y'] }],
    };
    const float = { ...anyLength, dtype: 'float32' } as const;
    const scorer = await open(model, { x: float, plus: { kind: 'number' } }, { y: float });
    t.after(() => scorer.close());
    const answers = await scorer.score([
      { x: [1], plus: 10 },
      { x: [1, 2], plus: 20 },
      { x: [3], plus: 30 },
    ]);
    assert.deepEqual(
      answers.map(({ output }) => output?.y),
      [[11], [21, 22], [33]],
    );
  });

  test('texts, too', async (t) => {
    const texts = { kind: 'tensor', dtype: 'string', shape: [null] } as const;
    const model: Model = {
      inputs: [{ name: 'x', dtype: 'string', dims: ['rows', 'length'] }],
      outputs: [{ name: 'y', dtype: 'string', dims: ['rows', 'length'] }],
      nodes: [{ op: 'Identity', inputs: ['x'], outputs: ['y'] }],
    };
    const scorer = await open(model, { x: texts }, { y: texts });
    t.after(() => scorer.close());
    const { columns } = await scorer.scoreColumns({ x: [['a', 'b'], ['c'], ['d', 'e']] });
    assert.deepEqual(columns.y, [['a', 'b'], ['c'], ['d', 'e']]);
  });

  test('a graph that takes one length only is refused such a field', async () => {
    const fixed: Model = { ...twice, inputs: [{ name: 'x', dtype: 'int64', dims: ['rows', 4] }] };
    await assert.rejects(open(fixed), {
      code: 'BAD_MANIFEST',
      message: /does not take x, a tensor of shape \[any\]/,
    });
  });

  test('maxElements is refused where the shape leaves nothing open', async () => {
    const x = { ...anyLength, shape: [4], maxElements: 8 } as const;
    await assert.rejects(open(twice, { x }), { code: 'BAD_MANIFEST', message: /maxElements is for a shape/ });
  });
});

describe('answers whose length depends on values', () => {
  /** The places where x is not zero. */
  const session = (): ModelSession => ({
    inputs: [{ name: 'x', dtype: 'float32', dims: [null, 3] }],
    outputs: [{ name: 'y', dtype: 'int64', dims: [null, null] }],
    batchInvariant: false,
    async run({ x }) {
      const places = Array.from(x.data as Float32Array).flatMap((value, at) => (value === 0 ? [] : [BigInt(at)]));
      return { y: { dtype: 'int64', dims: [1, places.length], data: BigInt64Array.from(places) } };
    },
    close: async () => {},
  });
  const x = { kind: 'tensor', dtype: 'float32', shape: [3] } as const;
  const rows = [
    [1, 0, 1],
    [0, 0, 0],
    [1, 1, 1],
    [0, 5, 0],
  ].map((one) => ({ x: one }));
  const told = async (y: OutputFields['y']) =>
    (await scorerOf(session(), { x }, { y }).score(rows)).map(({ output, error }) => error?.code ?? output?.y);

  test('each row has its own, none of them too', async () => {
    assert.deepEqual(await told(anyLength), [[0, 2], [], [0, 1, 2], [1]]);
  });
  test('a field of one length refuses the rows that have another, and no others', async () => {
    assert.deepEqual(await told({ ...anyLength, shape: [2] }), [[0, 2], 'BAD_OUTPUT', 'BAD_OUTPUT', 'BAD_OUTPUT']);
    assert.deepEqual(await told({ ...anyLength, shape: [3] }), ['BAD_OUTPUT', 'BAD_OUTPUT', [0, 1, 2], 'BAD_OUTPUT']);
  });
  test('a number is read where there is one', async () => {
    assert.deepEqual(await told({ kind: 'integer', at: 1 }), [2, 'BAD_OUTPUT', 1, 'BAD_OUTPUT']);
  });
});
