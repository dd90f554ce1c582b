import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCli } from '../run-cli.ts';
import { tempFolder } from '../temp-folder.ts';

const folder = join(import.meta.dirname, '../fixtures/tree-files');
const floats = (name: string): Float32Array =>
  new Float32Array(new Uint8Array(readFileSync(join(folder, name))).buffer);

/** The first rows as JSON, each feature under its name, what is missing as null. */
const rowsOf = (count: number): readonly Record<string, number | null>[] => {
  const values = floats('rows.f32');
  return Array.from({ length: count }, (_, row) =>
    Object.fromEntries(
      Array.from({ length: 6 }, (_, at) => {
        const value = values[row * 6 + at];
        return [`f${at}`, Number.isNaN(value) ? null : value];
      }),
    ),
  );
};

for (const [model, outputs] of [
  ['regression.ubj', ['prediction']],
  ['regression.json', ['prediction']],
  ['logistic.ubj', ['probability']],
  ['classes.ubj', ['probability_0', 'probability_1', 'probability_2']],
  ['categories.ubj', ['prediction']],
] as const)
  test(`an XGBoost file is put to work by init, pack and predict as it is: ${model}`, async (t) => {
    const cwd = tempFolder(t);
    // Its content says what it is, not its name.
    copyFileSync(join(folder, `xgboost-${model}`), join(cwd, 'fares.bin'));
    for (const args of [
      ['init', 'fares.bin', '-o', 'fares'],
      ['pack', 'fares'],
    ]) {
      const { code, stderr } = await runCli(args, { cwd });
      assert.equal(code, 0, stderr);
    }
    writeFileSync(join(cwd, 'rows.json'), JSON.stringify(rowsOf(300)));
    const { code, stderr } = await runCli(['predict', './fares', '--in', 'rows.json', '--out', 'out.json'], { cwd });
    assert.equal(code, 0, stderr);
    const answers = JSON.parse(readFileSync(join(cwd, 'out.json'), 'utf8')) as Record<string, number>[];
    const want = floats(`xgboost-${model.replace(/\.\w+$/, '')}.f32`);
    for (const [row, answer] of answers.entries())
      assert.deepEqual(
        outputs.map((name) => answer[name]),
        [...want.subarray(row * outputs.length, (row + 1) * outputs.length)],
      );
    const { stdout } = await runCli(['inspect', './fares'], { cwd });
    assert.match(stdout, /runtime +Millrace's own/);
  });

test('a file of XGBoost cannot be run by ONNX Runtime, and one that nobody knows is refused with what is read', async (t) => {
  const cwd = tempFolder(t);
  copyFileSync(join(folder, 'xgboost-logistic.ubj'), join(cwd, 'model.ubj'));
  await runCli(['init', 'model.ubj'], { cwd });
  const path = join(cwd, 'model.yaml');
  const yaml = readFileSync(path, 'utf8');
  writeFileSync(path, `${yaml}runtime: onnx\n`);
  assert.match((await runCli(['pack', '.'], { cwd })).stderr, /BAD_MANIFEST: .*ONNX Runtime does not read model\.ubj/);
  writeFileSync(path, yaml);
  writeFileSync(join(cwd, 'model.ubj'), 'not a model');
  assert.match(
    (await runCli(['pack', '.'], { cwd })).stderr,
    /model\.ubj is no model that is known: an \.onnx file, what XGBoost/,
  );
});

for (const [kind, encoding, known, unknown] of [
  ['integers', { values: Array.from({ length: 70 }, (_, at) => at * 10) }, 30, 35],
  [
    'texts',
    {
      offsets: Array.from({ length: 71 }, (_, at) => at * 3),
      values: [...Array.from({ length: 70 }, (_, at) => `z${`${at}`.padStart(2, '0')}`).join('')].map((c) =>
        c.charCodeAt(0),
      ),
    },
    'z03',
    'z99',
  ],
] as const)
  test(`categories that are ${kind} have their own names; a text that the model was not trained with is refused, a number counts as missing`, async (t) => {
    const cwd = tempFolder(t);
    const model = JSON.parse(readFileSync(join(folder, 'xgboost-categories.json'), 'utf8'));
    const none = { values: [], offsets: [] };
    model.learner.gradient_booster.model.cats = { enc: [none, none, none, none, encoding, none] };
    writeFileSync(join(cwd, 'fares.json'), JSON.stringify(model));
    assert.equal((await runCli(['init', 'fares.json', '-o', 'fares'], { cwd })).code, 0);
    const [row] = rowsOf(1);
    const answer = async (path: string, f4: string | number | null) =>
      runCli(['predict', path, '--row', JSON.stringify({ ...row, f4 })], { cwd });
    copyFileSync(join(folder, 'xgboost-categories.ubj'), join(cwd, 'plain.ubj'));
    assert.equal((await runCli(['init', 'plain.ubj', '-o', 'plain'], { cwd })).code, 0);
    assert.equal((await answer('./fares', known)).stdout, (await answer('./plain', 3)).stdout);
    assert.equal((await answer('./fares', null)).stdout, (await answer('./plain', null)).stdout);
    const other = await answer('./fares', unknown);
    if (kind === 'integers') assert.equal(other.stdout, (await answer('./plain', null)).stdout);
    else assert.match(other.stderr + other.stdout, /f4/);
    assert.equal(other.code === 0, kind === 'integers');
  });
