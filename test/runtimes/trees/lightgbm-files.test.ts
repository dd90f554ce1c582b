import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { lightgbm } from '../../../src/runtimes/trees/formats/lightgbm.ts';
import { LABEL } from '../../../src/runtimes/trees/formats/open-trees.ts';
import {
  answersAlone,
  answersOf,
  bytesOf,
  differences,
  folder,
  packedDoubles,
  ROWS,
  refuses,
  rowsWith,
  survivesDamage,
  textOf,
} from './tree-file-cases.ts';

const names = readdirSync(folder).flatMap((name) => /^lightgbm-(.+)\.f64\.gz$/.exec(name)?.[1] ?? []);
const read = (name: string) => lightgbm.read(bytesOf(`lightgbm-${name}.txt`));
const rows = rowsWith(new Float64Array(bytesOf('hostile.f64').buffer));

for (const name of names)
  test(`LightGBM's ${name} model answers ${ROWS} rows with the bits of LightGBM itself`, async () => {
    assert.ok(lightgbm.matches(bytesOf(`lightgbm-${name}.txt`)));
    const { answer } = await answersOf(read(name), rows);
    assert.deepEqual(differences(answer, packedDoubles(`lightgbm-${name}.f64.gz`)), []);
  });

test('one row of LightGBM has the bits that it has among many', async () => {
  for (const name of ['categories', 'zero-missing', 'classes']) await answersAlone(read(name), rows, 100);
});

test('the label of LightGBM is the first class with the greatest probability, or whether the one is above a half', async () => {
  for (const name of ['classes', 'one-vs-all']) {
    const { outputs, answer } = await answersOf(read(name), rows);
    const labels = outputs[LABEL].data as BigInt64Array;
    for (let row = 0; row < ROWS; row++) {
      const own = answer.subarray(row * 3, row * 3 + 3);
      assert.equal(labels[row], BigInt(own.indexOf(Math.max(...own))));
    }
  }
  for (const name of ['binary', 'forest']) {
    const { outputs, answer } = await answersOf(read(name), rows);
    const wanted = Array.from(answer, (p) => BigInt(p > 0.5));
    assert.deepEqual([...(outputs[LABEL].data as BigInt64Array)], wanted);
  }
});

test('features of LightGBM have the names, kinds and categories that the file has, and what 0 is to them', () => {
  const { features, objective, output } = read('pandas');
  assert.deepEqual(
    features.map(({ name, takes, categories }) => [name, takes, categories?.slice(0, 3)]),
    [
      ['f0', 'number', undefined],
      ['f1', 'number', undefined],
      ['f2', 'number', undefined],
      ['size', 'category', ['large', 'none at all', 'small']],
      ['zone', 'category', [0, 10, 20]],
      ['paid', 'boolean', undefined],
    ],
  );
  assert.deepEqual([objective, output], ['regression', 'prediction']);
  const zeros = (name: string) => new Set(read(name).features.map(({ zero }) => zero));
  assert.deepEqual(zeros('zero-missing'), new Set(['is missing']));
  assert.deepEqual(zeros('none-missing'), new Set(['for missing']));
  assert.deepEqual(zeros('regression'), new Set([undefined]));
});

test('damaged files of LightGBM are refused, or answer something: none ends, hangs or fills the process', async () => {
  const files = ['regression', 'categories', 'classes', 'forest', 'pandas', 'old'].map((name) =>
    bytesOf(`lightgbm-${name}.txt`),
  );
  await survivesDamage(lightgbm.read, files, 600);
});

test('what LightGBM would not write is refused with what was expected', () => {
  const text = textOf('lightgbm-categories.txt');
  for (const [from, to, message] of [
    ['objective=regression', 'objective=mine', /objective mine of LightGBM is not known/],
    ['objective=regression', 'objective=multiclass num_class:3', /multiclass has 1 trees an iteration/],
    ['objective=regression', 'objective=binary sigmoid:x', /its objective is binary sigmoid:x/],
    ['num_tree_per_iteration=1', 'num_tree_per_iteration=1000000000', /trees/],
    ['max_feature_idx=5', 'max_feature_idx=2', /tests a feature that is not there/],
    ['max_feature_idx=5', 'max_feature_idx=6', /feature_names names 6 features/],
    ['num_leaves=13', 'num_leaves=2000000000', /a tree has 2000000000 leaves/],
    ['num_leaves=13', 'num_leaves=14', /has 13 numbers/],
    [/left_child=\S+/, 'left_child=40', /leads out of its tree/],
    [/left_child=\S+/, 'left_child=0', /leads back to one above it/],
    [/threshold=\S+/, 'threshold=x', /something else than numbers/],
    [/(threshold=)\S+/, '$1nan', /a threshold that is NaN, which is not read/],
    [/cat_boundaries=0 \S+/, 'cat_boundaries=0 99', /categories lie outside their list/],
    [/num_cat=\S+/, 'num_cat=0', /a set that is not there/],
    [/\nnum_cat=.*/, '', /num_cat is undefined/],
    [/end of trees[\s\S]*/, '', /its trees do not end/],
    ['pandas_categorical:null', 'pandas_categorical:[', /pandas_categorical is no JSON/],
  ] as const)
    refuses(lightgbm.read, text.replace(from, to), message);
});

test('linear models in leaves that are damaged are refused, and those of a missing feature answer their leaf alone', async () => {
  const text = textOf('lightgbm-linear.txt');
  for (const [from, to, message] of [
    [/leaf_const=.*\n/, '', /leaf_const is not there/],
    [/num_features=1/, 'num_features=1.5', /num_features is damaged/],
    [/num_features=1/, 'num_features=1000000000', /leaf_features has/],
    [/leaf_features=\d/, 'leaf_features=6', /a leaf has a feature that is not there/],
    [/(leaf_coeff=)\S+/, '$1x', /something else than numbers/],
  ] as const)
    refuses(lightgbm.read, text.replace(from, to), message);
  const file = read('linear');
  assert.ok(file.sums.of === 'linear leaves');
  const { otherwise } = file.sums.leaves;
  assert.ok(file.sums.leaves.origins.some((origin, leaf) => origin !== otherwise[leaf]));
});
