import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { appendFileSync, cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { createApp } from '../../../src/app.ts';
import { riskOf } from '../../../src/package/risk.ts';
import { reasonOf } from '../../../src/runtimes/trees/open.ts';
import { openTabular } from '../../../src/runtimes/trees/open-tabular.ts';
import { Unusual } from '../../../src/runtimes/trees/unusual.ts';
import { runCli } from '../../run-cli.ts';
import { tempFolder } from '../../temp-folder.ts';
import { buildOnnx, type Node } from '../onnx-builder.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const fixture = (name: string): string => join(root, 'test', 'fixtures', 'models', name);
const run = promisify(execFile);

/** A folder with a graph of one node, x [rows, 2] to y. */
const folderOf = (folder: string, node: Partial<Node>, more = ''): string => {
  const graph = buildOnnx({
    inputs: [{ name: 'x', dims: ['rows', 2] }],
    outputs: [{ name: 'y', dims: ['rows', 2] }],
    nodes: [{ op: 'Abs', inputs: ['x'], outputs: ['y'], ...node }],
  });
  writeFileSync(join(folder, 'model.onnx'), graph);
  writeFileSync(
    join(folder, 'model.yaml'),
    `name: one\nversion: 1.0.0\nmodel: model.onnx\ninputs:\n  x: { kind: tensor, dtype: float32, shape: [2] }\noutputs:\n  y: { kind: tensor, dtype: float32, shape: [2] }\n${more}`,
  );
  return folder;
};

const withoutOnnxRuntime = `
import { registerHooks } from 'node:module';
registerHooks({
  resolve(specifier, context, next) {
    if (/^onnxruntime/.test(specifier)) throw new Error('ONNX Runtime is loaded');
    return next(specifier, context);
  },
});
const { createApp } = await import('${root}/src/app.ts');
const app = createApp({ cwd: '${root}', env: { HOME: '/nonexistent', MILLRACE_REGISTRY: 'sqlite::memory:' } });
for (const folder of process.argv.slice(2)) {
  const found = await app.open(folder);
  const scorer = await app.scorer(folder);
  const answers = await scorer.score(found.examples.map(({ input }) => input));
  console.log(scorer.graph.runtime.name, answers.every(({ output }) => output !== undefined));
  await scorer.close();
}
await app.close();`;

test('a process that scores tabular models does not load ONNX Runtime', async (t) => {
  const script = join(tempFolder(t), 'score.mts');
  writeFileSync(script, withoutOnnxRuntime);
  const folders = ['bench/models/trees-100x6', 'examples/churn/models/churn', 'test/fixtures/models/sk-mlp'];
  const { stdout } = await run(process.execPath, [script, ...folders.map((folder) => `./${folder}`)], { cwd: root });
  assert.equal(stdout, 'trees true\n'.repeat(folders.length));
});

describe('which runtime answers', () => {
  test('is ONNX Runtime for matrix products of many weights, which it does faster', () => {
    const layer = (width: number) =>
      openTabular(
        buildOnnx({
          inputs: [{ name: 'x', dims: ['rows', 32] }],
          outputs: [{ name: 'y', dims: ['rows', width] }],
          nodes: [{ op: 'MatMul', inputs: ['x', 'w'], outputs: ['y'] }],
          constants: [{ name: 'w', dims: [32, width], data: new Float32Array(32 * width).fill(0.5) }],
        }),
      );
    assert.ok(!(layer(256) instanceof Unusual));
    const wide = layer(257);
    assert.ok(wide instanceof Unusual);
    assert.match(reasonOf(wide), /a matrix product of more than 8192 weights/);
  });

  test('is the own one where it knows all operators, and such a package is known to be safe', async (t) => {
    const app = createApp({ cwd: root, env: { HOME: tempFolder(t) } });
    t.after(() => app.close());
    const scorer = await app.scorer('./test/fixtures/models/xgb-regressor');
    t.after(() => scorer.close());
    assert.deepEqual(scorer.graph.runtime, { name: 'trees' });
    assert.equal(await riskOf(await app.open('./test/fixtures/models/xgb-regressor')), undefined);
  });

  test('is ONNX Runtime for any other operator, and says which', async (t) => {
    const cwd = folderOf(tempFolder(t), { op: 'Cos' });
    const app = createApp({ cwd, env: { HOME: cwd } });
    t.after(() => app.close());
    const scorer = await app.scorer('.');
    t.after(() => scorer.close());
    assert.deepEqual(scorer.graph.runtime, { name: 'onnxruntime', why: 'the graph has an operator Cos' });
  });

  test('is what model.yaml says, and the package says it too', async (t) => {
    const cwd = folderOf(tempFolder(t), {}, 'runtime: onnx\n');
    const app = createApp({ cwd, env: { HOME: cwd } });
    t.after(() => app.close());
    const scorer = await app.scorer('.');
    t.after(() => scorer.close());
    assert.equal(scorer.manifest.runtime, 'onnxruntime');
    assert.deepEqual(scorer.graph.runtime, { name: 'onnxruntime' });
  });

  test('is refused to be the own one where that does not know an operator', async (t) => {
    const cwd = folderOf(tempFolder(t), { op: 'Cos' }, 'runtime: trees\n');
    const app = createApp({ cwd, env: { HOME: cwd } });
    t.after(() => app.close());
    await assert.rejects(app.pack('.'), {
      code: 'BAD_MODEL',
      message: 'The own runtime does not take the model: the graph has an operator Cos.',
    });
  });

  test('is shown by inspect, and why', async (t) => {
    const cwd = tempFolder(t);
    assert.match((await runCli(['inspect', fixture('sk-mlp')], { cwd })).stdout, /^runtime +Millrace's own$/m);
    cpSync(fixture('sk-mlp'), join(cwd, 'model'), { recursive: true });
    appendFileSync(join(cwd, 'model', 'model.yaml'), '\nruntime: onnx\n');
    const { stdout } = await runCli(['inspect', './model'], { cwd });
    assert.match(stdout, /^runtime +ONNX Runtime, because its model.yaml says so$/m);
    const { answeredBy } = JSON.parse((await runCli(['inspect', fixture('sk-mlp'), '--json'], { cwd })).stdout);
    assert.deepEqual(answeredBy, { name: 'trees' });
  });
});
