import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { createScorer } from '../../src/core/scorer.ts';
import type { Manifest, ModelSession, OutputFields, Row, Tensor } from '../../src/core/types.ts';

const inputs: Manifest['inputs'] = { x: { kind: 'number' } };
const outputs: OutputFields = { y: { kind: 'number', from: 'y' } };

interface Fake {
  readonly run: (values: Float64Array) => Tensor;
  readonly batchInvariant?: boolean;
  readonly batch?: number | null;
  /** Rows of each run. */
  readonly runs?: number[];
}

/** A session made by hand: what a runtime does wrong cannot be asked of a real one at will. */
const sessionOf = ({ run, batchInvariant = true, batch = null, runs }: Fake): ModelSession => ({
  inputs: [{ name: 'x', dtype: 'float64', dims: [batch, 1] }],
  outputs: [{ name: 'y', dtype: 'float64', dims: [null, 1] }],
  batchInvariant,
  run: async ({ x }) => {
    runs?.push(x?.dims[0] ?? 0);
    return { y: run((x as Tensor).data as Float64Array) };
  },
  close: async () => {},
});

const scorerOf = (fake: Fake, more: Partial<Manifest> = {}) =>
  createScorer({
    manifest: { name: 'fake', version: '1.0.0', runtime: 'onnx', inputs, outputs, ...more },
    digest: 'sha256:0',
    session: sessionOf(fake),
  });

const column = (data: Float64Array): Tensor => ({ dtype: 'float64', dims: [data.length, 1], data });
/** Doubles its rows, and fails for a run that holds a 13. */
const unlucky = (values: Float64Array): Tensor => {
  if (values.includes(13))
    throw new Error('Non-zero status code returned. Status Message: bad at /home/builder/ort/kernel.cc\nat x');
  return column(values.map((value) => value * 2));
};
const rowsOf = (values: readonly number[]): Row[] => values.map((x) => ({ x }));

describe('a row that makes the model fail', () => {
  test('is found and refused alone, wherever it stands and however many there are', async () => {
    const scorer = scorerOf({ run: unlucky });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(1, 2, 3, 13), { maxLength: 40 }), async (values) => {
        const answers = await scorer.score(rowsOf(values));
        assert.deepEqual(
          answers.map(({ output, error }) => output?.y ?? error?.code),
          values.map((value) => (value === 13 ? 'MODEL_FAILED' : value * 2)),
        );
        const { columns, errors } = await scorer.scoreColumns({ x: values });
        assert.deepEqual(
          columns.y,
          Float64Array.from(values, (value) => (value === 13 ? Number.NaN : value * 2)),
        );
        assert.deepEqual(
          [...errors.keys()].sort((a, b) => a - b),
          values.flatMap((value, row) => (value === 13 ? [row] : [])),
        );
      }),
    );
  });

  test('costs about two runs for every halving, not a run a row', async () => {
    const runs: number[] = [];
    const values = Array.from({ length: 1024 }, (_, row) => (row === 700 ? 13 : row + 100));
    const answers = await scorerOf({ run: unlucky, runs }).score(rowsOf(values));
    assert.equal(answers[700]?.error?.code, 'MODEL_FAILED');
    assert.ok(runs.length <= 2 * 10 + 2, `${runs.length} runs`);
  });

  test('says what the runtime said, without paths of the machine it was built on', async () => {
    const [answer] = await scorerOf({ run: unlucky }).score(rowsOf([13]));
    assert.equal(answer?.error?.message, 'The model refused this row: bad at kernel.cc.');
  });

  test('may be every row', async () => {
    const scorer = scorerOf({
      run: () => {
        throw new Error('broken');
      },
    });
    const answers = await scorer.score(rowsOf([1, 2, 3]));
    assert.deepEqual(
      answers.map(({ error }) => error?.code),
      ['MODEL_FAILED', 'MODEL_FAILED', 'MODEL_FAILED'],
    );
  });

  test('does not move the answers of rows that were refused before it', async () => {
    const values = [1, 'bad', 13, 2, null, 3] as const;
    const answers = await scorerOf({ run: unlucky }).score(values.map((x) => ({ x })));
    assert.deepEqual(
      answers.map(({ output, error }) => output?.y ?? error?.code),
      [2, 'WRONG_TYPE', 'MODEL_FAILED', 4, 'NULL_VALUE', 6],
    );
  });
});

describe('how many rows a run has', () => {
  test('any number for a model whose bits do not depend on it, up to a limit', async () => {
    const runs: number[] = [];
    const values = Float64Array.from({ length: 40_000 }, (_, row) => row);
    const { columns } = await scorerOf({ run: unlucky, runs }).scoreColumns({ x: values.map((x) => x + 20) });
    assert.deepEqual(runs, [16_384, 16_384, 7232]);
    assert.deepEqual(
      columns.y,
      values.map((x) => (x + 20) * 2),
    );
  });
  test('one for any other model, and for one whose batch is fixed at one', async () => {
    for (const fake of [{ batchInvariant: false }, { batch: 1 }]) {
      const runs: number[] = [];
      const answers = await scorerOf({ run: unlucky, runs, ...fake }).score(rowsOf([1, 13, 3]));
      assert.deepEqual(runs, [1, 1, 1]);
      assert.deepEqual(
        answers.map(({ output, error }) => output?.y ?? error?.code),
        [2, 'MODEL_FAILED', 6],
      );
    }
  });
  test('a fixed batch of several is refused', () => {
    assert.throws(() => scorerOf({ run: unlucky, batch: 8 }), { code: 'BAD_MODEL', message: /fixed batch of 8 rows/ });
  });
  test('no rows, no run', async () => {
    const runs: number[] = [];
    const scorer = scorerOf({ run: unlucky, runs });
    assert.deepEqual(await scorer.score([]), []);
    assert.deepEqual(await scorer.score([{ x: 'bad' }].map((row) => row)).then(([a]) => a?.error?.code), 'WRONG_TYPE');
    assert.deepEqual(runs, []);
  });
});

describe('an answer of the model', () => {
  const answered = async (
    field: OutputFields[string],
    tensor: (rows: number) => Tensor,
    spec?: ModelSession['outputs'][0],
  ) => {
    const session = sessionOf({ run: (values) => tensor(values.length) });
    const scorer = createScorer({
      manifest: { name: 'fake', version: '1.0.0', runtime: 'onnx', inputs, outputs: { y: { ...field, from: 'y' } } },
      digest: 'sha256:0',
      session: { ...session, outputs: [spec ?? { name: 'y', dtype: tensor(1).dtype, dims: [null, 1] }] },
    });
    const answers = await scorer.score(rowsOf([1, 2]));
    const { columns, errors } = await scorer.scoreColumns({ x: [1, 2] });
    for (const [row, { error }] of answers.entries()) assert.deepEqual(errors.get(row), error);
    return { got: answers.map(({ output, error }) => (output ? output.y : error.code)), column: columns.y };
  };
  const floats =
    (...values: number[]) =>
    () =>
      column(Float64Array.from(values));
  const ints =
    (...values: bigint[]) =>
    (): Tensor => ({ dtype: 'int64', dims: [2, 1], data: BigInt64Array.from(values) });
  const texts =
    (...values: string[]) =>
    (): Tensor => ({ dtype: 'string', dims: [2, 1], data: values });

  for (const [what, field, tensor, got, columnIs] of [
    ['NaN or infinity is refused', { kind: 'number' }, floats(Number.NaN, Infinity), ['BAD_OUTPUT', 'BAD_OUTPUT']],
    [
      'NaN or infinity is a missing value where that is allowed',
      { kind: 'number', nullable: true },
      floats(Number.NaN, -Infinity),
      [null, null],
    ],
    [
      'a hair past its range is an answer all the same',
      { kind: 'number', min: 0, max: 1 },
      floats(1.0000001, -1e-9),
      [1.0000001, -1e-9],
    ],
    [
      'an integer of 64 bits is a number while it is safe',
      { kind: 'integer' },
      ints(2n ** 53n - 1n, -5n),
      [2 ** 53 - 1, -5],
    ],
    ['an integer past that is refused', { kind: 'integer' }, ints(2n ** 53n, 5n), ['UNSAFE_INTEGER', 5]],
    ['a fraction is no integer', { kind: 'integer' }, floats(1.5, 2), ['BAD_OUTPUT', 2]],
    ['anything but 0 is true', { kind: 'boolean' }, floats(0.5, 0), [true, false], Float64Array.of(1, 0)],
    ['a label that the signature has', { kind: 'category', labels: ['a', 'b'] }, texts('b', 'c'), ['b', 'BAD_OUTPUT']],
    ['a label that it may lack', { kind: 'category', labels: ['a'], unknown: 'allow' }, texts('b', 'a'), ['b', 'a']],
    ['an index into the labels', { kind: 'category', labels: ['a', 'b'] }, ints(1n, 2n), ['b', 'BAD_OUTPUT']],
    ['a negative index', { kind: 'category', labels: ['a', 'b'] }, floats(-1, 0.5), ['BAD_OUTPUT', 'BAD_OUTPUT']],
    [
      'milliseconds as a datetime',
      { kind: 'datetime' },
      floats(1000, 8.7e15),
      ['1970-01-01T00:00:01.000Z', 'BAD_OUTPUT'],
    ],
  ] as const)
    test(what, async () => {
      const { got: found, column: data } = await answered(field as OutputFields[string], tensor, undefined);
      assert.deepEqual(found, got);
      if (columnIs) assert.deepEqual(data, columnIs);
    });

  test('a tensor of another size or dtype refuses its rows', async () => {
    const field = { kind: 'tensor', dtype: 'float64', shape: [2] } as const;
    const good = () => ({ dtype: 'float64', dims: [2, 2], data: Float64Array.of(1, 2, 3, 4) }) as const;
    assert.deepEqual((await answered(field, good)).got, [
      [1, 2],
      [3, 4],
    ]);
    assert.deepEqual((await answered(field, floats(1, 2))).got, ['BAD_OUTPUT', 'BAD_OUTPUT']);
    const other = (): Tensor => ({ dtype: 'float32', dims: [2, 2], data: new Float32Array(4) });
    assert.deepEqual((await answered(field, other)).got, ['BAD_OUTPUT', 'BAD_OUTPUT']);
  });

  test('that has not one value for each row refuses the call', async () => {
    await assert.rejects(answered({ kind: 'number' }, floats(1)), {
      code: 'BAD_MODEL',
      message: /came back as \[1, 1\] for 2 rows/,
    });
  });

  const specs: ModelSession['outputs'] = [{ name: 'y', dtype: 'float32', dims: [null, 3] }];
  for (const [what, field, message] of [
    ['an output that is not there', { kind: 'number', from: 'z' }, /no output "z"/],
    ['no word on which of several columns', { kind: 'number' }, /has 3 values a row; say which with at: 0 … 2/],
    ['a column that is not there', { kind: 'number', at: 3 }, /at: 3 is outside y, which has 3 values a row/],
    ['a text out of numbers', { kind: 'text', at: 0 }, /a text cannot be read from y, which is float32/],
    [
      'a column of a tensor as a tensor',
      { kind: 'tensor', dtype: 'float32', shape: [3], at: 0 },
      /a tensor is the whole of y/,
    ],
  ] as const)
    test(`${what} is refused before any row`, () => {
      const session = { ...sessionOf({ run: unlucky }), outputs: specs };
      const manifest: Manifest = { name: 'fake', version: '1.0.0', runtime: 'onnx', inputs, outputs: { y: field } };
      assert.throws(() => createScorer({ manifest, digest: 'sha256:0', session }), { code: 'BAD_MANIFEST', message });
    });
});

test('the stages of a call are timed when that is asked for', async () => {
  const timings = { validate: 0, prepare: 0, run: 0, finish: 0 };
  await scorerOf({ run: unlucky }).score(rowsOf([1, 2]), { timings });
  assert.ok(Object.values(timings).reduce((a, b) => a + b) > 0, JSON.stringify(timings));
});

test('closing waits for the calls under way, closes the session once, and refuses later calls', async () => {
  const order: string[] = [];
  const session = sessionOf({ run: unlucky });
  const scorer = createScorer({
    manifest: { name: 'fake', version: '1.0.0', runtime: 'onnx', inputs, outputs },
    digest: 'sha256:0',
    session: {
      ...session,
      async run(feeds, names) {
        await new Promise(setImmediate);
        order.push('run');
        return session.run(feeds, names);
      },
      close: async () => void order.push('closed'),
    },
  });
  const answers = Promise.all([scorer.score(rowsOf([1])), scorer.scoreColumns({ x: [2] })]);
  await Promise.all([scorer.close(), scorer.close()]);
  assert.deepEqual(order, ['run', 'run', 'closed']);
  const [[first], second] = await answers;
  assert.deepEqual([first?.output?.y, second.columns.y], [2, Float64Array.of(4)]);
  await assert.rejects(scorer.score(rowsOf([1])), { code: 'UNAVAILABLE' });
  await assert.rejects(scorer.scoreColumns({ x: [1] }), { code: 'UNAVAILABLE' });
});
