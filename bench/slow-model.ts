/** A model whose rows take some 7 ms each: products of matrices that a row is made into. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildOnnx, type Node } from '../test/runtimes/onnx-builder.ts';

/** Numbers of a row, and sides of its matrix. */
export const SIDE = 256;
const LAYERS = 8;

const graph = (): Uint8Array => {
  const weights = Float32Array.from({ length: SIDE * SIDE }, (_, at) => Math.sin(at) / SIDE);
  const layers = Array.from({ length: LAYERS }, (_, at): readonly Node[] => [
    { op: 'MatMul', inputs: [`m${at}`, 'weights'], outputs: [`p${at}`] },
    { op: 'Relu', inputs: [`p${at}`], outputs: [`m${at + 1}`] },
  ]);
  return buildOnnx({
    inputs: [{ name: 'x', dims: [1, SIDE] }],
    outputs: [{ name: 'y', dims: [1, 1] }],
    nodes: [
      { op: 'Reshape', inputs: ['x', 'column'], outputs: ['down'] },
      { op: 'MatMul', inputs: ['down', 'x'], outputs: ['m0'] },
      ...layers.flat(),
      { op: 'Reshape', inputs: [`m${LAYERS}`, 'row'], outputs: ['flat'] },
      { op: 'MatMul', inputs: ['flat', 'ones'], outputs: ['y'] },
    ],
    constants: [
      { name: 'weights', dims: [SIDE, SIDE], data: weights },
      { name: 'ones', dims: [SIDE * SIDE, 1], data: new Float32Array(SIDE * SIDE).fill(1 / SIDE) },
      { name: 'column', dims: [2], data: BigInt64Array.of(BigInt(SIDE), 1n) },
      { name: 'row', dims: [2], data: BigInt64Array.of(1n, BigInt(SIDE * SIDE)) },
    ],
  });
};

/** A new folder with the model, for whoever removes it. */
export const slowModel = (): { readonly folder: string; readonly file: Uint8Array } => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-slow-'));
  const file = graph();
  writeFileSync(join(folder, 'model.onnx'), file);
  writeFileSync(
    join(folder, 'model.yaml'),
    `name: slow
version: 1.0.0
model: model.onnx
inputs:
  x: { kind: tensor, dtype: float32, shape: [${SIDE}] }
outputs:
  y: { kind: number }
`,
  );
  return { folder, file };
};
