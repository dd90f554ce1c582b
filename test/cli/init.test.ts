import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCli } from '../run-cli.ts';
import { tempFolder } from '../temp-folder.ts';

const model = join(import.meta.dirname, '..', '..', 'bench', 'models', 'trees-100x6', 'model.onnx');

test('init writes over neither a model.yaml nor another model, unless it is told to', async (t) => {
  const cwd = tempFolder(t);
  copyFileSync(model, join(cwd, 'churn.onnx'));
  mkdirSync(join(cwd, 'churn'));
  const [copy, yaml] = ['churn.onnx', 'model.yaml'].map((name) => join(cwd, 'churn', name));
  writeFileSync(copy, 'another model');
  const init = (...more: readonly string[]) => runCli(['init', 'churn.onnx', '-o', 'churn', ...more], { cwd });
  const refused = await init();
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /^error FILE_EXISTS: churn\/churn\.onnx is there already, and is another model/);
  assert.deepEqual([readFileSync(copy, 'utf8'), existsSync(yaml)], ['another model', false]);
  assert.equal((await init('--force')).code, 0);
  assert.deepEqual(readFileSync(copy), readFileSync(model));
  assert.match((await init()).stderr, /^error FILE_EXISTS: churn\/model\.yaml is there already/);
});

test('init says which file is not there', async (t) => {
  const cwd = tempFolder(t);
  const { code, stderr } = await runCli(['init', 'nope.onnx'], { cwd });
  assert.equal(code, 2);
  assert.ok(stderr.startsWith(`error FILE_NOT_FOUND: Cannot read ${join(cwd, 'nope.onnx')}: there is no such file.\n`));
  assert.match((await runCli(['init', '.'], { cwd })).stderr, /^error FILE_NOT_FOUND: .*: it is a folder\./);
});

test('init --python prints where the script lies, without a model', async (t) => {
  const { code, stdout } = await runCli(['init', '--python'], { cwd: tempFolder(t) });
  assert.deepEqual([code, stdout], [0, `${join(import.meta.dirname, '..', '..', 'python', 'millrace_export.py')}\n`]);
  assert.match(
    (await runCli(['init'], { cwd: tempFolder(t) })).stderr,
    /^error USAGE: missing required argument 'model'/,
  );
});

test('a file of another kind gets the same help from init and from pack', async (t) => {
  const cwd = tempFolder(t);
  copyFileSync(join(import.meta.dirname, '..', 'fixtures', 'foreign', 'sklearn-4.pkl'), join(cwd, 'churn.pkl'));
  const init = await runCli(['init', 'churn.pkl'], { cwd });
  assert.equal(init.code, 2);
  assert.match(
    init.stderr,
    /^error FOREIGN_MODEL: churn\.pkl is a pickle of scikit-learn \(sklearn\.linear_model\._logistic\.L/,
  );
  const yaml =
    'name: churn\nversion: 1.0.0\nmodel: churn.pkl\ninputs:\n  x: { kind: number }\noutputs:\n  y: { kind: number }\n';
  writeFileSync(join(cwd, 'model.yaml'), yaml);
  const pack = await runCli(['pack', '.'], { cwd });
  assert.equal(pack.stderr.replaceAll(`${cwd}/`, ''), init.stderr);
});

test('a folder of MLflow is taken for the model that its MLmodel names', async (t) => {
  const cwd = tempFolder(t);
  mkdirSync(join(cwd, 'churn'));
  copyFileSync(model, join(cwd, 'churn', 'model.onnx'));
  const flavors = 'flavors:\n  onnx:\n    data: model.onnx\n  python_function:\n    loader_module: mlflow.onnx\n';
  writeFileSync(join(cwd, 'churn', 'MLmodel'), flavors);
  assert.equal((await runCli(['init', 'churn'], { cwd })).code, 0);
  assert.match(readFileSync(join(cwd, 'churn', 'model.yaml'), 'utf8'), /^model: model\.onnx$/m);
  writeFileSync(join(cwd, 'churn', 'MLmodel'), 'flavors:\n  onnx:\n    data: ../../secret.onnx\n');
  assert.match((await runCli(['init', 'churn', '--force'], { cwd })).stderr, /^error FILE_NOT_FOUND: .*it is a folder/);
});
