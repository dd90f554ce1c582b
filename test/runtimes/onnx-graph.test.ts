import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { MillraceError } from '../../src/core/errors.ts';
import { openOnnxNode } from '../../src/runtimes/onnx.node.ts';
import { isBatchInvariant } from '../../src/runtimes/onnx-batch.ts';
import { readOnnx } from '../../src/runtimes/onnx-graph.ts';
import { withoutZipMap } from '../../src/runtimes/onnx-zip-map.ts';
import { buildOnnx, type Node, type Value } from './onnx-builder.ts';

const x: Value = { name: 'x', dims: ['rows', 2] };
const y: Value = { name: 'y', dims: ['rows', 2] };
const identity: Node = { op: 'Identity', inputs: ['x'], outputs: ['y'] };
const one = (node: Node, more: Partial<Parameters<typeof buildOnnx>[0]> = {}) =>
  buildOnnx({ inputs: [x], outputs: [y], nodes: [node], ...more });
const model = (path: string): Uint8Array => readFileSync(join(import.meta.dirname, '..', '..', path, 'model.onnx'));

describe('reading an ONNX file', () => {
  test('finds inputs, outputs, their types and shapes', () => {
    const { inputs, outputs, opsets, producer } = readOnnx(
      buildOnnx({
        inputs: [
          { name: 'a', dtype: 'int64', dims: ['n', 1] },
          { name: 'b', dtype: 'string', dims: [] },
          { name: 'c', dtype: 'bool', dims: undefined },
          { name: 'd', dtype: 'float64', dims: [0, 3] },
        ],
        outputs: [{ name: 'e', dtype: 'int32', dims: [1, 'classes'] }],
        nodes: [],
      }),
    );
    assert.deepEqual(inputs, [
      { name: 'a', dtype: 'int64', dims: [null, 1] },
      { name: 'b', dtype: 'string', dims: [] },
      { name: 'c', dtype: 'bool', dims: [] },
      { name: 'd', dtype: 'float64', dims: [null, 3] },
    ]);
    assert.deepEqual(outputs, [{ name: 'e', dtype: 'int32', dims: [1, null] }]);
    assert.deepEqual(opsets, { 'ai.onnx': 17, 'ai.onnx.ml': 3 });
    assert.equal(producer, 'by hand');
  });

  test('does not take a constant for an input', () => {
    const file = one(
      { op: 'Add', inputs: ['x', 'w'], outputs: ['y'] },
      { inputs: [x, { name: 'w', dims: [2] }], constants: [{ name: 'w', dims: [2], data: Float32Array.of(1, 2) }] },
    );
    assert.deepEqual(
      readOnnx(file).inputs.map(({ name }) => name),
      ['x'],
    );
  });

  test('says so when weights lie in another file', () => {
    const outside = { name: 'w', dims: [2], data: Float32Array.of(1, 2), outside: 'weights.bin' };
    const file = one({ op: 'Add', inputs: ['x', 'w'], outputs: ['y'] }, { constants: [outside] });
    assert.throws(() => readOnnx(file), { code: 'BAD_MODEL', message: /weights in another file, weights\.bin/ });
  });

  test('refuses an output that is no tensor', () => {
    const file = one(identity, { outputs: [{ name: 'y', zipped: 'string' }] });
    assert.throws(() => readOnnx(file), {
      code: 'BAD_MODEL',
      message: /y is not a tensor of a type that is read here/,
    });
  });

  test('refuses what is no ONNX file', () => {
    for (const bytes of [[], [1], [0xff, 0xff], [...Buffer.from('name: not-a-model')], [...Buffer.from('PK\x03\x04')]])
      assert.throws(() => readOnnx(Uint8Array.from(bytes)), { code: 'BAD_MODEL' });
  });

  test('never fails in another way, whatever is done to a file', () => {
    const files = [one(identity), model('test/fixtures/models/sk-logistic-zipmap')];
    const anyDamage = fc.record({
      file: fc.constantFrom(...files),
      cut: fc.double({ min: 0, max: 1, noNaN: true }),
      edits: fc.array(fc.tuple(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), fc.nat(255)), {
        maxLength: 4,
      }),
    });
    fc.assert(
      fc.property(anyDamage, ({ file, cut, edits }) => {
        const bytes = file.slice(0, Math.ceil(file.length * cut));
        for (const [at, byte] of edits) if (bytes.length > 0) bytes[Math.floor(at * bytes.length)] = byte;
        try {
          withoutZipMap(bytes, readOnnx(bytes));
        } catch (error) {
          assert.ok(error instanceof MillraceError && error.code === 'BAD_MODEL', String(error));
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('a ZipMap', () => {
  const zipped = (attributes: Node['attributes'], type: 'string' | 'int64') =>
    buildOnnx({
      inputs: [x],
      outputs: [{ name: 'p', zipped: type }],
      nodes: [
        { op: 'Softmax', inputs: ['x'], outputs: ['y'] },
        { op: 'ZipMap', domain: 'ai.onnx.ml', inputs: ['y'], outputs: ['p'], attributes: attributes ?? {} },
      ],
    });

  for (const [what, attributes, type, labels] of [
    ['texts', { classlabels_strings: ['no', 'yes'] }, 'string', ['no', 'yes']],
    ['integers', { classlabels_int64s: [-1n, 1n] }, 'int64', [-1, 1]],
    ['large integers', { classlabels_int64s: [-(2n ** 40n), 300n] }, 'int64', [-(2 ** 40), 300]],
  ] as const)
    test(`with labels that are ${what} is read past`, async () => {
      const file = zipped(attributes, type);
      const { outputs, zipMaps } = readOnnx(file);
      assert.deepEqual(outputs, [{ name: 'p', dtype: 'float32', dims: [null, 2] }]);
      assert.deepEqual(zipMaps, [{ output: 'p', labels }]);
      const session = await openOnnxNode(file);
      const { p } = await session.run({ x: { dtype: 'float32', dims: [2, 2], data: Float32Array.of(0, 0, 9, 9) } }, [
        'p',
      ]);
      assert.deepEqual([p?.dims, p?.data], [[2, 2], Float32Array.of(0.5, 0.5, 0.5, 0.5)]);
      await session.close();
    });

  test('that is not there leaves the file as it is', () => {
    const file = one(identity);
    assert.equal(withoutZipMap(file, readOnnx(file)), file);
  });
});

describe('whether a graph may run in any batch', () => {
  for (const [path, invariant] of [
    ['bench/models/trees-100x6', true],
    ['test/fixtures/models/sk-pipeline-columns', true],
    ['test/fixtures/models/lgbm-classifier-multiclass', true],
    ['test/fixtures/models/sk-logistic-zipmap', false],
    ['test/fixtures/models/sk-mlp', false],
  ] as const)
    test(`${path}: ${invariant}`, () => assert.equal(isBatchInvariant(readOnnx(model(path))), invariant));

  const w = { name: 'w', dims: [3, 2], data: new Float32Array(6) };
  const shape = { name: 's', dims: [2], data: BigInt64Array.of(-1n, 2n) };
  for (const [what, node, invariant] of [
    ['a matrix product', { op: 'MatMul', inputs: ['x', 'w'], outputs: ['y'] }, false],
    ['an operator that nobody has measured', { op: 'Softmax', inputs: ['x'], outputs: ['y'] }, false],
    ['the greatest of each row', { op: 'ArgMax', inputs: ['x'], outputs: ['y'], attributes: { axis: 1n } }, true],
    [
      'the greatest of each row, counted from the end',
      { op: 'ArgMax', inputs: ['x'], outputs: ['y'], attributes: { axis: -1n } },
      true,
    ],
    ['the greatest of each column', { op: 'ArgMax', inputs: ['x'], outputs: ['y'] }, false],
    ['columns side by side', { op: 'Concat', inputs: ['x', 'x'], outputs: ['y'], attributes: { axis: 1n } }, true],
    ['rows below rows', { op: 'Concat', inputs: ['x', 'x'], outputs: ['y'], attributes: { axis: 0n } }, false],
    ['entries of a table', { op: 'Gather', inputs: ['w', 'x'], outputs: ['y'] }, true],
    ['some rows of the batch', { op: 'Gather', inputs: ['x', 'w'], outputs: ['y'] }, false],
    ['columns as rows', { op: 'Transpose', inputs: ['x'], outputs: ['y'] }, false],
    [
      'columns in another order',
      { op: 'Transpose', inputs: ['x'], outputs: ['y'], attributes: { perm: [0n, 1n] } },
      true,
    ],
    ['another shape', { op: 'Reshape', inputs: ['x', 's'], outputs: ['y'] }, true],
  ] as const)
    test(`${what}: ${invariant}`, () => {
      const file = one(node, { constants: [w, shape] });
      assert.equal(isBatchInvariant(readOnnx(file)), invariant);
    });
});
