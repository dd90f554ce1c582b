import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { applied } from '../../src/core/applied-transform.ts';
import { createScorer } from '../../src/core/scorer.ts';
import type { Manifest, OutputFields, Row, Transform } from '../../src/core/types.ts';
import { echoSession } from './echo.ts';
import { endless, inputs, lazy, lazyDate, lazyList } from './transform-values.ts';

describe('finish', () => {
  const outputs: OutputFields = { y: { kind: 'number', from: 'n out', nullable: true } };
  const finishing = (finish: Transform['finish'], more: Partial<Manifest> = {}, transform: Transform = {}) =>
    createScorer({
      manifest: { name: 'finishing', version: '1.0.0', runtime: 'onnx', inputs, outputs, ...more },
      digest: 'sha256:0',
      session: echoSession([{ name: 'n', dtype: 'float64', dims: [null, 1] }]),
      transform: applied({ ...transform, ...(finish && { finish }) }),
    });

  test('gets the model’s answer and the row that came in, whatever prepare and the steps made of it', async () => {
    const seen: unknown[] = [];
    const scorer = finishing(
      (output, row) => {
        seen.push([output, row]);
        return {};
      },
      { prepare: [{ clip: { of: 'n', max: 2 } }] },
      { prepare: (row) => ({ ...row, zone: 7, n: Number(row.n) + 1 }) },
    );
    const answers = await scorer.score([
      { n: 'bad' },
      { n: 0, zone: 'a', flag: true, vector: [1, 2] },
      { n: 5, at: new Date(3) },
    ]);
    assert.deepEqual(seen, [
      [{ y: 1 }, { n: 0, zone: 'a', flag: true, at: null, vector: [1, 2] }],
      [{ y: 2 }, { n: 5, zone: null, flag: null, at: 3, vector: [Number.NaN, Number.NaN] }],
    ]);
    assert.deepEqual([answers[1]?.output, answers[2]?.output], [{ y: 1 }, { y: 2 }]);
  });

  test('keeps its rows right when others drop out on the way', async () => {
    const scorer = finishing((output, row) => ({ y: Number(output.y) * 100 + Number(row.n) }), {
      prepare: [{ log1p: { of: 'n', as: 'checked' } }],
    });
    const answers = await scorer.score([{ n: 'bad' }, { n: 1 }, { n: -5 }, { n: 2 }, null, { n: 3 }]);
    assert.deepEqual(
      answers.map(({ output, error }) => output?.y ?? error?.code),
      ['WRONG_TYPE', 101, 'STEP_FAILED', 202, 'NOT_A_ROW', 303],
    );
    const columns = await scorer.scoreColumns({ n: ['bad', 1, -5, 2, null, 3] });
    assert.deepEqual([...(columns.columns.y as Float64Array)].slice(1, 4), [101, Number.NaN, 202]);
  });

  test('may add outputs that the graph does not have, of every kind', async () => {
    const all: OutputFields = {
      ...outputs,
      band: { kind: 'category', labels: ['low', 'high'] },
      sure: { kind: 'boolean' },
      count: { kind: 'integer' },
      note: { kind: 'text' },
      due: { kind: 'datetime' },
      pair: { kind: 'tensor', dtype: 'float32', shape: [2] },
    };
    const scorer = finishing(
      ({ y }) => ({ band: 'low', sure: true, count: 3, note: 'hi', due: 1000 * Number(y), pair: [y, y], other: 1 }),
      { outputs: all },
    );
    assert.deepEqual(await scorer.score([{ n: 2 }]), [
      {
        output: { y: 2, band: 'low', sure: true, count: 3, note: 'hi', due: '1970-01-01T00:00:02.000Z', pair: [2, 2] },
      },
    ]);
    const { columns } = await scorer.scoreColumns({ n: [2, 'bad'] });
    assert.deepEqual(columns, {
      y: Float64Array.of(2, Number.NaN),
      band: ['low', null],
      sure: Float64Array.of(1, Number.NaN),
      count: Float64Array.of(3, Number.NaN),
      note: ['hi', null],
      due: Float64Array.of(2000, Number.NaN),
      pair: Float32Array.of(2, 2, 0, 0),
    });
  });

  for (const [what, finish, message] of [
    ['a value of another kind', () => ({ y: 'x' }), /The answer of finish: y: expected a number or null, got "x"/],
    ['infinity', () => ({ y: Infinity }), /got Infinity/],
    ['a label that is not one', () => ({ band: 'middle' }), /band: expected one of "low", "high", got "middle"/],
    ['nothing for an output', () => ({}), /band: expected one of "low", "high", got nothing/],
    ['a time past all time', () => ({ band: 'low', due: 1e300 }), /due: expected an ISO 8601/],
  ] as const)
    test(`${what} refuses its row alone`, async () => {
      const more = {
        outputs: {
          ...outputs,
          band: { kind: 'category', labels: ['low', 'high'] },
          due: { kind: 'datetime', nullable: true },
        },
      } as const;
      const scorer = finishing(({ y }) => (y === 0 ? finish() : { band: 'low' }), more);
      const answers = await scorer.score([{ n: 1 }, { n: 0 }, { n: 2 }]);
      assert.deepEqual([answers[0]?.output?.y, answers[2]?.output?.y], [1, 2]);
      assert.equal(answers[1]?.error?.code, 'BAD_OUTPUT');
      assert.match(answers[1]?.error?.message ?? '', message);
    });

  test('that throws, or is async, refuses its row alone', async () => {
    for (const finish of [
      () => {
        throw new Error('no');
      },
      (async () => ({})) as unknown as () => Row,
    ]) {
      const scorer = finishing(({ y }) => (y === 0 ? finish() : {}));
      const answers = await scorer.score([{ n: 1 }, { n: 0 }]);
      assert.deepEqual(answers[0], { output: { y: 1 } });
      assert.deepEqual([answers[1]?.error?.code, answers[1]?.error?.step], ['TRANSFORM_FAILED', 'finish']);
    }
  });

  for (const [what, value] of [
    ['a list with a getter that throws', () => ({ pair: lazyList() })],
    ['a list in a list with one', () => ({ square: [[1, 2], lazyList()] })],
    ['a list within itself', () => ({ square: endless() })],
    ['a date that throws', () => ({ due: lazyDate() })],
    ['a proxy that throws', () => ({ pair: new Proxy([1, 2], { get: lazy }) })],
  ] as const)
    test(`that returns ${what} refuses its row alone`, async () => {
      const more: OutputFields = {
        ...outputs,
        pair: { kind: 'tensor', dtype: 'float32', shape: [2], nullable: true },
        square: { kind: 'tensor', dtype: 'float32', shape: [2, 2], nullable: true },
        due: { kind: 'datetime', nullable: true },
      };
      const whole = { pair: [1, 2], square: [1, 2, 3, 4], due: new Date(0) };
      const scorer = finishing(({ y }) => (y === 0 ? { ...whole, ...value() } : whole), { outputs: more });
      const answers = await scorer.score([{ n: 1 }, { n: 0 }, { n: 2 }]);
      const due = '1970-01-01T00:00:00.000Z';
      const square = [
        [1, 2],
        [3, 4],
      ];
      for (const y of [1, 2]) assert.deepEqual(answers[y === 1 ? 0 : 2]?.output, { y, pair: [1, 2], square, due });
      assert.deepEqual([answers[1]?.error?.code, answers[1]?.error?.step], ['TRANSFORM_FAILED', 'finish']);
    });

  test('may make every output there is', async () => {
    const scorer = finishing((_, row) => ({ label: `n${row.n}` }), { outputs: { label: { kind: 'text' } } });
    assert.deepEqual(await scorer.score([{ n: 1 }]), [{ output: { label: 'n1' } }]);
  });

  test('does not stand in for a graph output that was misspelt', () => {
    const misspelt: OutputFields = { y: { kind: 'number', from: 'm out' } };
    assert.throws(() => finishing(() => ({ y: 1 }), { outputs: misspelt }), {
      code: 'BAD_MANIFEST',
      message: /no output "m out"/,
    });
  });
});
