/** Graphs that take a fixed number of rows at a time, as exporters write them of an example of several rows. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createScorer } from '../../src/core/scorer.ts';
import type { Manifest } from '../../src/core/types.ts';
import { openOnnxNode } from '../../src/runtimes/onnx.node.ts';
import { buildOnnx, type Graph } from './onnx-builder.ts';

const manifest: Manifest = {
  name: 'fixed',
  version: '1.0.0',
  runtime: 'onnx',
  inputs: { x: { kind: 'tensor', dtype: 'float32', shape: [2] } },
  outputs: { y: { kind: 'tensor', dtype: 'float32', shape: [2] } },
};

const graphOf = (nodes: Graph['nodes'], outputs: Graph['outputs'] = [{ name: 'y', dims: [3, 2] }]): Graph => ({
  inputs: [{ name: 'x', dims: [3, 2] }],
  outputs,
  nodes,
  constants: [
    { name: 'two', dims: [1], data: Float32Array.of(2) },
    { name: 'first', dims: [1], data: BigInt64Array.of(0n) },
  ],
});
const scorerOf = async (graph: Graph) =>
  createScorer({ manifest, digest: 'sha256:0', session: await openOnnxNode(buildOnnx(graph)) });

test('a graph of a fixed batch answers any number of rows, each as it would alone', async () => {
  const scorer = await scorerOf(graphOf([{ op: 'Mul', inputs: ['x', 'two'], outputs: ['y'] }]));
  const rows = [1, 2, 3, 4, 5].map((n) => ({ x: [n, -n] }));
  const answers = await scorer.score(rows);
  assert.deepEqual(
    answers.map(({ output }) => output?.y),
    rows.map(({ x: [a, b] }) => [2 * a, 2 * b]),
  );
  assert.deepEqual((await scorer.score([{ x: [7, 8] }]))[0].output, { y: [14, 16] });
  await scorer.close();
});

const refusal = { code: 'BAD_MODEL', message: /fixed batch of 3 rows.*dynamic_shapes/s };

test('a graph whose first dimension is time is refused with the way on, as a row of it is no row', async () => {
  for (const reverse of [0n, 1n]) {
    // Each sum is of the rows before it, or of those after it.
    const attributes = { reverse };
    const graph = graphOf([{ op: 'CumSum', inputs: ['x', 'first'], outputs: ['y'], attributes }]);
    await assert.rejects(scorerOf(graph), refusal);
  }
});

test('a graph that answers for all its rows together is refused with the way on', async () => {
  const mean = { op: 'ReduceMean', inputs: ['x'], outputs: ['y'], attributes: { axes: [0n], keepdims: 0n } };
  await assert.rejects(scorerOf(graphOf([mean], [{ name: 'y', dims: [2] }])), refusal);
});
