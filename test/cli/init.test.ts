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
