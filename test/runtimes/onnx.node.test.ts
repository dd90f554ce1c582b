import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createScorer } from '../../src/core/scorer.ts';
import type { Manifest } from '../../src/core/types.ts';
import { openOnnxNode } from '../../src/runtimes/onnx.node.ts';
import { buildOnnx } from './onnx-builder.ts';

/** Looks up the entry of a table; ONNX Runtime refuses an index outside it. */
const lookup = buildOnnx({
  inputs: [{ name: 'i', dtype: 'int64', dims: ['rows', 1] }],
  outputs: [{ name: 'y', dims: ['rows', 1] }],
  nodes: [{ op: 'Gather', inputs: ['table', 'i'], outputs: ['y'] }],
  constants: [{ name: 'table', dims: [3], data: Float32Array.of(10, 20, 30) }],
});
const manifest: Manifest = {
  name: 'lookup',
  version: '1.0.0',
  runtime: 'onnx',
  inputs: { i: { kind: 'integer' } },
  outputs: { y: { kind: 'number' } },
};

test('a row that ONNX Runtime itself refuses is refused alone', async () => {
  const scorer = createScorer({ manifest, digest: 'sha256:0', session: await openOnnxNode(lookup) });
  const values = [0, 7, 1, 2, -9, 0];
  const answers = await scorer.score(values.map((i) => ({ i })));
  assert.deepEqual(
    answers.map(({ output, error }) => output?.y ?? error?.code),
    [10, 'MODEL_FAILED', 20, 30, 'MODEL_FAILED', 10],
  );
  assert.match(
    answers[1]?.error?.message ?? '',
    /The model refused this row: indices element out of data bounds, idx=7/,
  );
  const { columns } = await scorer.scoreColumns({ i: BigInt64Array.from(values, BigInt) });
  assert.deepEqual(columns.y, Float64Array.of(10, Number.NaN, 20, 30, Number.NaN, 10));
  await scorer.close();
});

test('calls at the same time do not mix', async () => {
  const scorer = createScorer({ manifest, digest: 'sha256:0', session: await openOnnxNode(lookup) });
  const calls = Array.from({ length: 50 }, (_, call) => scorer.score([{ i: call % 3 }, { i: (call + 1) % 3 }]));
  for (const [call, answers] of (await Promise.all(calls)).entries())
    assert.deepEqual(
      answers.map(({ output }) => output?.y),
      [10 * ((call % 3) + 1), 10 * (((call + 1) % 3) + 1)],
    );
  await scorer.close();
});

test('an operator that ONNX Runtime lacks refuses the model, without paths of the machine', async () => {
  const file = buildOnnx({
    inputs: [{ name: 'x', dims: ['rows', 1] }],
    outputs: [{ name: 'y', dims: ['rows', 1] }],
    nodes: [{ op: 'Conjure', inputs: ['x'], outputs: ['y'] }],
  });
  await assert.rejects(openOnnxNode(file), (error: Error & { code?: string }) => {
    assert.equal(error.code, 'BAD_MODEL');
    assert.match(error.message, /^ONNX Runtime cannot load the model: .*Conjure/);
    assert.doesNotMatch(error.message, /\/\w+\//);
    return true;
  });
});

test('texts go in and come out as they are', async () => {
  const file = buildOnnx({
    inputs: [{ name: 's', dtype: 'string', dims: ['rows'] }],
    outputs: [{ name: 't', dtype: 'string', dims: ['rows'] }],
    nodes: [{ op: 'Identity', inputs: ['s'], outputs: ['t'] }],
  });
  const scorer = createScorer({
    manifest: { ...manifest, inputs: { s: { kind: 'text' } }, outputs: { t: { kind: 'text' } } },
    digest: 'sha256:0',
    session: await openOnnxNode(file),
  });
  const texts = ['', 'é', '🚕', 'a\nb', '‮', '中文', 'x'.repeat(60_000)];
  const answers = await scorer.score(texts.map((s) => ({ s })));
  assert.deepEqual(
    answers.map(({ output }) => output?.t),
    texts,
  );
  await scorer.close();
});

test('a graph that computes in bfloat16 is refused with the way on', async () => {
  const file = buildOnnx({
    inputs: [{ name: 'x', dtype: 'bfloat16', dims: ['rows', 1] }],
    outputs: [{ name: 'y', dtype: 'bfloat16', dims: ['rows', 1] }],
    nodes: [{ op: 'Gemm', inputs: ['x', 'w'], outputs: ['y'] }],
    constants: [{ name: 'w', dims: [1, 1], dtype: 'bfloat16', data: Uint8Array.of(128, 63) }],
  });
  await assert.rejects(openOnnxNode(file), { code: 'BAD_MODEL', message: /bfloat16 here: .*\(model\.float\(\)\)/ });
});
