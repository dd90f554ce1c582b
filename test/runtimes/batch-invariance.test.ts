import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { ModelSession, Tensor } from '../../src/core/types.ts';
import { openOnnxNode } from '../../src/runtimes/onnx.node.ts';
import { isBatchInvariant } from '../../src/runtimes/onnx-batch.ts';
import { readOnnx } from '../../src/runtimes/onnx-graph.ts';
import { buildOnnx, type Node } from './onnx-builder.ts';

const sizes = [2, 3, 4, 5, 7, 8, 9, 13, 15, 16, 17, 31, 33, 64];
const rows = 64;

/** Numbers from a fixed seed (mulberry32), spread over many magnitudes. */
const seeded = (length: number): Float32Array => {
  let state = 20_190_301;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return Float32Array.from({ length }, () => (next() - 0.5) * 10 ** Math.floor(next() * 6 - 2));
};

const bytesOf = (tensor: Tensor, from: number, to: number): string => {
  const size = tensor.data.length / (tensor.dims[0] ?? 1);
  const part = tensor.data.slice(from * size, to * size);
  return Array.isArray(part)
    ? JSON.stringify(part)
    : Buffer.from((part as Float32Array).buffer, 0, (part as Float32Array).byteLength).toString('hex');
};

/** Every row of every batch size against the same row alone, to the last bit. */
const assertSameBits = async (session: ModelSession, width: number): Promise<void> => {
  const data = seeded(rows * width);
  const name = session.inputs[0]?.name ?? '';
  const outputs = session.outputs.map((output) => output.name);
  const run = (from: number, to: number) =>
    session.run(
      { [name]: { dtype: 'float32', dims: [to - from, width], data: data.slice(from * width, to * width) } },
      outputs,
    );
  const alone = [];
  for (let row = 0; row < rows; row++) alone.push(await run(row, row + 1));
  for (const size of sizes)
    for (let from = 0; from + size <= rows; from += size) {
      const together = await run(from, from + size);
      for (let row = 0; row < size; row++)
        for (const output of outputs)
          assert.equal(
            bytesOf(together[output] as Tensor, row, row + 1),
            bytesOf(alone[from + row]?.[output] as Tensor, 0, 1),
            `row ${row} of ${size}, ${width} columns`,
          );
    }
};

const one = (op: string, attributes: Node['attributes'] = {}, domain?: string): Node => ({
  op,
  inputs: ['x'],
  outputs: ['y'],
  attributes,
  ...(domain !== undefined && { domain }),
});
const two = (op: string): Node => ({ op, inputs: ['x', 'w'], outputs: ['y'] });
const ml = 'ai.onnx.ml';

describe('an operator that may run in any batch answers the same bits in each', () => {
  const nodes = [
    ...['Abs', 'Ceil', 'Floor', 'Neg', 'Relu', 'Round', 'Sign', 'Sqrt', 'Identity'].map((op) => one(op)),
    ...['Add', 'Sub', 'Mul', 'Div', 'Max', 'Min'].map(two),
    one('ArgMax', { axis: 1n }),
    one('Transpose', { perm: [0n, 1n] }),
    one('Binarizer', { threshold: 0.5 }, ml),
    one('Cast', { to: 11n }),
  ];
  for (const node of nodes)
    test(node.op, async () => {
      for (const width of [1, 3, 8, 17]) {
        const isInteger = node.op === 'ArgMax';
        const dtype = node.op === 'Cast' ? 'float64' : isInteger ? 'int64' : 'float32';
        const file = buildOnnx({
          inputs: [{ name: 'x', dims: ['rows', width] }],
          outputs: [{ name: 'y', dtype, dims: ['rows', isInteger ? 1 : width] }],
          nodes: [node],
          constants: [{ name: 'w', dims: [width], data: seeded(width).map((value) => value || 1) }],
        });
        assert.ok(isBatchInvariant(readOnnx(file)));
        const session = await openOnnxNode(file);
        await assertSameBits(session, width);
        await session.close();
      }
    });
});

describe('an ensemble of trees answers the same bits in every batch', () => {
  const folder = join(import.meta.dirname, '..', '..');
  for (const [path, width] of [
    ['bench/models/trees-100x6', 16],
    ['test/fixtures/models/sk-forest-int-labels', 4],
    ['test/fixtures/models/lgbm-classifier-multiclass', 2],
    ['test/fixtures/models/xgb-classifier', 3],
    ['examples/taxi/models/ride-duration', 7],
  ] as const)
    test(path, async () => {
      const session = await openOnnxNode(readFileSync(join(folder, path, 'model.onnx')));
      assert.ok(session.batchInvariant);
      await assertSameBits(session, width);
      await session.close();
    });
});
