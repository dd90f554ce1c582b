import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createApp } from '../src/app.ts';
import { loadScorer } from '../src/package/open.ts';
import { openOnnxNode } from '../src/runtimes/onnx.node.ts';
import { draftOfGraph } from '../src/runtimes/onnx-draft.ts';
import { readOnnx } from '../src/runtimes/onnx-graph.ts';
import { tempFolder } from './temp-folder.ts';

test('names that an exporter mangled get readable fields, which feed the right inputs and read the right outputs', async (t) => {
  const folder = tempFolder(t);
  const model = join(folder, 'mangled.onnx');
  copyFileSync(join(import.meta.dirname, 'fixtures/mangled/mangled.onnx'), model);
  const yaml = draftOfGraph(readOnnx(readFileSync(model)), { model: 'mangled.onnx', name: 'mangled' });
  for (const line of [
    'x: { kind: number, to: x.1 }',
    'input: { kind: number, to: "onnx::Gemm_0" }',
    'input_1: { kind: number, to: "input:0" }',
    '"sepal length (cm)": { kind: number }',
    'v1.2: { kind: number }',
    'output: { kind: number, at: 0, from: "17" }',
    'out: { kind: number, at: 0, from: out.3 }',
  ])
    assert.ok(yaml.includes(`\n  ${line}\n`), `${line} is not in\n${yaml}`);
  writeFileSync(join(folder, 'model.yaml'), yaml);
  const app = createApp({ cwd: folder, env: { HOME: folder, MILLRACE_HOME: join(folder, 'home') } });
  const { package: packed } = await app.pack(folder);
  const scorer = await loadScorer(packed, openOnnxNode);
  t.after(() => scorer.close());
  const [answer] = await scorer.score([{ x: 1, input: 2, input_1: 4, 'sepal length (cm)': 8, 'v1.2': 16 }]);
  assert.deepEqual({ ...answer?.output }, { output: 31, out: -1 });
});

test('outputs of several shapes get fields of their shapes, and a boolean one is boolean', () => {
  const model = readFileSync(join(import.meta.dirname, 'fixtures/outputs/outputs.onnx'));
  const yaml = draftOfGraph(readOnnx(model), { model: 'outputs.onnx', name: 'outputs' });
  const lines = [
    'pair_0: { kind: number, from: pair, at: 0 }',
    'pair_1: { kind: number, from: pair, at: 1 }',
    'total: { kind: number }',
    'square: { kind: tensor, dtype: float32, shape: [2, 1] }',
    'positive: { kind: boolean, at: 0 }',
  ];
  assert.ok(yaml.includes(`\noutputs:\n${lines.map((line) => `  ${line}\n`).join('')}`), yaml);
});
