/** What is no package yet: every command that takes one says what it is, and the lines that make a package of it. */
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { doubling } from '../package/model-folder.ts';
import { runCli } from '../run-cli.ts';
import { tempFolder } from '../temp-folder.ts';

const fixtures = join(import.meta.dirname, '..', 'fixtures', 'foreign');
const saved = (t: TestContext, ...names: readonly string[]): string => {
  const cwd = tempFolder(t);
  for (const name of names) copyFileSync(join(fixtures, name), join(cwd, name));
  return cwd;
};

/** Every command that takes a model, of which `it` is one. */
const commands = (it: string): readonly (readonly string[])[] => [
  ['predict', it, '--row', '{}'],
  ['serve', it],
  ['inspect', it],
  ['pack', it],
  ['evaluate', it, '--in', 'rows.csv', '--truth', 'y'],
  ['export', 'c', it],
];

describe('a file of another kind gets the same help from every command', () => {
  for (const [at, words] of commands('whole.pth').entries())
    test(words.join(' '), async (t) => {
      const cwd = saved(t, 'whole.pth');
      const init = await runCli(['init', 'whole.pth'], { cwd });
      for (const given of [words, commands('./whole.pth')[at]]) {
        const { code, stderr } = await runCli(given, { cwd });
        assert.deepEqual([code, stderr], [2, init.stderr]);
      }
      assert.match(init.stderr, /^error FOREIGN_MODEL: whole\.pth is a model of PyTorch/);
    });
});

describe('a model file without a model.yaml leads to init', () => {
  for (const words of commands('churn.onnx'))
    test(words.join(' '), async (t) => {
      const cwd = tempFolder(t);
      writeFileSync(join(cwd, 'churn.onnx'), doubling);
      const { code, stderr } = await runCli(words, { cwd });
      assert.equal(code, 2);
      assert.match(
        stderr,
        /^error FILE_NOT_FOUND: churn\.onnx is a model file[\s\S]*\n {4}millrace init churn\.onnx\n {4}millrace pack \.\n/,
      );
    });
});

test('the lines that are told lead to a prediction, of the model file too', async (t) => {
  const cwd = tempFolder(t);
  mkdirSync(join(cwd, 'my models'));
  writeFileSync(join(cwd, 'my models', 'Churn.onnx'), doubling);
  const { stderr } = await runCli(['predict', 'my models/Churn.onnx', '--row', '{}'], { cwd });
  assert.match(stderr, /\n {4}millrace init 'my models\/Churn\.onnx'\n {4}millrace pack 'my models'\n/);
  assert.match((await runCli(['init', 'my models/Churn.onnx'], { cwd })).stderr, /then: millrace pack 'my models'\n/);
  assert.equal((await runCli(['pack', 'my models/model.yaml'], { cwd })).code, 0);
  const there = { cwd: join(cwd, 'my models') };
  for (const ref of ['./Churn.onnx', 'Churn.onnx', '.', 'model.yaml']) {
    const { code, stdout } = await runCli(['predict', ref, '--row', '{"f0": 2, "f1": 3}', '--json'], there);
    assert.deepEqual([ref, code, JSON.parse(stdout).prediction], [ref, 0, { y_0: 4, y_1: 6 }]);
  }
});

test('beside a model.yaml of another model, a folder of its own is named', async (t) => {
  const cwd = tempFolder(t);
  for (const name of ['churn.onnx', 'other.onnx']) writeFileSync(join(cwd, name), doubling);
  await runCli(['init', 'churn.onnx'], { cwd });
  const { stderr } = await runCli(['predict', './other.onnx', '--row', '{}'], { cwd });
  assert.match(
    stderr,
    /the one beside it is for churn\.onnx[\s\S]*\n {4}millrace init other\.onnx -o other\n {4}millrace pack other\n/,
  );
});

test('of a folder without model.yaml the models in it are named', async (t) => {
  const cwd = saved(t, 'whole.pth', 'xgboost.pkl');
  writeFileSync(join(cwd, 'churn.onnx'), doubling);
  writeFileSync(join(cwd, 'notes.txt'), 'of no model');
  writeFileSync(join(cwd, 'rows.csv'), 'a,b\n1,2\n');
  const lines = ['churn.onnx', 'whole.pth', 'xgboost.pkl'].map((name) => `    millrace init ${name}`).join('\n');
  for (const words of [
    ['pack', '.'],
    ['predict', '.', '--row', '{}'],
  ]) {
    const { stderr } = await runCli(words, { cwd });
    assert.ok(stderr.startsWith('error FILE_NOT_FOUND: There is no model.yaml in . yet'), stderr);
    assert.ok(stderr.includes(`\n${lines}\n  expected`), stderr);
  }
  mkdirSync(join(cwd, 'empty'));
  assert.match(
    (await runCli(['pack', 'empty'], { cwd })).stderr,
    /There is no model\.yaml in empty, and no model file/,
  );
});

test('a folder of another library, and one of MLflow, are told as init tells them', async (t) => {
  const cwd = tempFolder(t);
  for (const [folder, name] of [
    ['exported', 'saved_model.pb'],
    ['logged', 'MLmodel'],
  ]) {
    mkdirSync(join(cwd, folder));
    writeFileSync(join(cwd, folder, name), '');
  }
  const init = await runCli(['init', 'exported'], { cwd });
  assert.equal((await runCli(['predict', './exported', '--row', '{}'], { cwd })).stderr, init.stderr);
  assert.match(init.stderr, /^error FOREIGN_MODEL: exported is a SavedModel of TensorFlow/);
  assert.match(
    (await runCli(['pack', 'logged'], { cwd })).stderr,
    /a folder of MLflow[\s\S]*\n {4}millrace init logged\n/,
  );
});

test('what is neither a model nor known is told as before', async (t) => {
  const cwd = tempFolder(t);
  writeFileSync(join(cwd, 'notes'), 'of no model');
  mkdirSync(join(cwd, 'churn'));
  const predict = async (ref: string) => (await runCli(['predict', ref, '--row', '{}'], { cwd })).stderr;
  assert.match(await predict('notes'), /^error UNKNOWN_MODEL: .*; for the path write \.\/notes/);
  assert.match(await predict('churn'), /^error UNKNOWN_MODEL: .*; for the path write \.\/churn/);
  assert.match(await predict('./notes'), /^error DAMAGED_PACKAGE: /);
  assert.match(await predict('Notes'), /^error BAD_REF: /);
  assert.match(await predict('./none'), /^error FILE_NOT_FOUND: There is no \.\/none/);
});
