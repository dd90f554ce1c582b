import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { MillraceError } from '../../../src/core/errors.ts';
import { catboost } from '../../../src/runtimes/trees/formats/catboost.ts';
import { LABEL } from '../../../src/runtimes/trees/formats/open-trees.ts';
import type { TreeFile } from '../../../src/runtimes/trees/formats/tree-file.ts';
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
  unpacked,
} from './tree-file-cases.ts';

const names = readdirSync(folder).flatMap((name) => /^catboost-(.+)\.f64\.gz$/.exec(name)?.[1] ?? []);
const fileOf = (name: string): Uint8Array => unpacked(`catboost-${name}.json.gz`);
const read = (name: string): TreeFile => catboost.read(fileOf(name));
const numbers = rowsWith(new Float32Array(bytesOf('hostile.f32').buffer));

const sizes = ['tiny', 'small', 'fair', 'large', 'huge', 'vast', '\u00e9norme'];
/** The texts that stand for a number in the fourth and the fifth column of a table with categories. */
const textOf = (feature: string, value: number): string => {
  if (!Number.isFinite(value)) return feature === 'f3' ? 'none' : 'nan';
  const whole = Math.trunc(value);
  return feature === 'f3' ? sizes[((whole % 7) + 7) % 7] : String(whole);
};
/** The columns that a model has, with places in the place of categories. */
const columnsFor = ({ features }: TreeFile): Float64Array => {
  const columns = features.map(({ name, categories }) => {
    const from = Number(name.slice(1));
    return Float64Array.from({ length: ROWS }, (_, row) => {
      const value = numbers[row * 6 + from];
      if (categories === undefined) return value;
      const place = categories.map(String).indexOf(textOf(name, value));
      return place === -1 ? Number.NaN : place;
    });
  });
  return Float64Array.from({ length: ROWS * columns.length }, (_, at) => {
    return columns[at % columns.length][Math.floor(at / columns.length)];
  });
};

for (const name of names)
  test(`CatBoost's ${name} model answers ${ROWS} rows with the bits of CatBoost itself`, async () => {
    assert.ok(catboost.matches(fileOf(name)));
    const file = read(name);
    const { answer } = await answersOf(file, columnsFor(file));
    assert.deepEqual(differences(answer, packedDoubles(`catboost-${name}.f64.gz`)), []);
  });

test('statistics of several features together are columns of their own, of a row alone too', async () => {
  const file = read('together');
  const columns = columnsFor(file);
  const { answer } = await answersOf(file, columns);
  const width = file.features.length;
  for (let row = 0; row < 100; row++) {
    const alone = await answersOf(file, columns.slice(row * width, (row + 1) * width), 1);
    assert.ok(Object.is(alone.answer[0], answer[row]));
  }
});

test('one row of CatBoost has the bits that it has among many', async () => {
  for (const name of ['regression', 'lossguide', 'classes']) await answersAlone(read(name), numbers, 100);
});

test('the label of CatBoost is one of the classes that it was trained with', async () => {
  const { outputs, answer } = await answersOf(read('classes'), numbers);
  const labels = outputs[LABEL].data as readonly string[];
  const classes = ['high', 'low', 'middle'];
  for (let row = 0; row < ROWS; row++) {
    const own = answer.subarray(row * 3, row * 3 + 3);
    assert.equal(labels[row], classes[own.indexOf(Math.max(...own))]);
  }
  const two = await answersOf(read('binary'), numbers);
  const wanted = Array.from(two.answer, (p) => (p > 0.5 ? 'yes' : 'no'));
  assert.deepEqual(two.outputs[LABEL].data, wanted);
  assert.deepEqual(read('depthwise').answer.label?.classes, [0n, 1n, 2n]);
  for (const name of ['entropy', 'labels']) assert.equal(read(name).answer.label, undefined);
});

test('the sums are the answer where somebody trained for a loss function of their own', async () => {
  const text = new TextDecoder()
    .decode(fileOf('poisson'))
    .replace('"type":"Poisson"', '"type":"PythonUserDefinedPerObject"');
  const { answer } = await answersOf(catboost.read(new TextEncoder().encode(text)), numbers);
  const given = await answersOf(read('poisson'), numbers);
  for (let row = 0; row < ROWS; row++)
    assert.ok(Math.abs(Math.exp(answer[row]) / given.answer[row] - 1) < 1e-8, `${row}`);
});

test('a threshold that somebody has set decides between two classes', async () => {
  const json = JSON.parse(new TextDecoder().decode(fileOf('binary')));
  json.model_info.binclass_probability_threshold = '0.8';
  const { outputs, answer } = await answersOf(catboost.read(new TextEncoder().encode(JSON.stringify(json))), numbers);
  const labels = outputs[LABEL].data as readonly string[];
  for (let row = 0; row < ROWS; row++) assert.equal(labels[row], answer[row] > 0.8 ? 'yes' : 'no');
});

test('features of CatBoost have the names, kinds and categories that the file has; categories that no tree asks for are left out', () => {
  const kinds = (name: string) =>
    read(name).features.map((one) => [one.name, one.takes, one.others, one.categories?.slice(0, 3)]);
  const number = (name: string) => [name, 'number', undefined, undefined];
  const f3 = ['f3', 'category', 'allowed', ['fair', 'huge', 'large']];
  assert.deepEqual(kinds('statistics'), [number('f0'), number('f1'), number('f2'), f3, number('f5')]);
  const f4 = ['f4', 'category', 'allowed', ['0', '1', '10']];
  assert.deepEqual(kinds('statistics-classes')[4], f4);
  assert.deepEqual(
    kinds('regression'),
    ['f0', 'f1', 'f2', 'f3', 'f4', 'f5'].map((name) => number(name)),
  );
  assert.deepEqual(
    ['poisson', 'ranking', 'binary', 'regression'].map((name) => [read(name).objective, read(name).output]),
    [
      ['Poisson', 'prediction'],
      ['YetiRank', 'score'],
      ['Logloss', 'probability'],
      ['RMSE', 'prediction'],
    ],
  );
});

test('damaged files of CatBoost are refused, or answer something: none ends, hangs or fills the process', async () => {
  const kinds = ['regression', 'classes', 'lossguide', 'depthwise', 'one-hot', 'statistics', 'together-one-hot'];
  // Without what says how it was trained, so that damage meets what is read.
  const files = kinds.map((name) => {
    const json = JSON.parse(new TextDecoder().decode(fileOf(name)));
    const { loss_function, ...rest } = json.model_info.params;
    json.model_info = { params: { loss_function }, class_params: json.model_info.class_params };
    assert.ok(rest);
    return new TextEncoder().encode(JSON.stringify(json));
  });
  await survivesDamage(catboost.read, files, 600);
});

test('a .cbm file and categories without texts are refused with what to do', () => {
  assert.ok(catboost.matches(bytesOf('catboost-ranking.cbm')));
  for (const [file, message, expected] of [
    [bytesOf('catboost-ranking.cbm'), /\.cbm file of CatBoost is not read/, /format="json", pool=train_pool/],
    [fileOf('no-texts'), /saved without their texts/, /format="json", pool=train_pool/],
  ] as const)
    assert.throws(
      () => catboost.read(file),
      (error) =>
        error instanceof MillraceError &&
        error.code === 'BAD_MODEL' &&
        message.test(error.message) &&
        expected.test(String(error.problem.expected)),
      String(message),
    );
});

test('what CatBoost would not write is refused with what was expected', () => {
  type Model = Record<string, never> & {
    features_info: Record<string, Record<string, unknown>[]>;
    oblivious_trees: { leaf_values: unknown[]; splits: Record<string, unknown>[] }[];
    ctr_data: Record<string, Record<string, unknown>>;
  };
  const changed = (name: string, change: (model: Model) => void): string => {
    const model = JSON.parse(new TextDecoder().decode(fileOf(name)));
    change(model);
    return JSON.stringify(model);
  };
  for (const [name, change, message] of [
    [
      'regression',
      (model) => Object.assign(model, { model_info: { params: { loss_function: { type: 'Mine' } } } }),
      /loss function Mine of CatBoost is not known/,
    ],
    ['regression', (model) => Object.assign(model, { oblivious_trees: [] }), /it has no trees/],
    ['regression', (model) => Object.assign(model, { features_info: 1 }), /features_info is no object/],
    ['regression', (model) => Object.assign(model, { scale_and_bias: ['x'] }), /scale_and_bias/],
    ['regression', (model) => model.oblivious_trees[0].leaf_values.pop(), /has 15 values/],
    ['regression', (model) => Object.assign(model.oblivious_trees[0].splits[0], { split_index: 999 }), /no split 999/],
    ['regression', (model) => Object.assign(model.oblivious_trees[0].leaf_values, { 0: 'x' }), /than numbers/],
    [
      'regression',
      (model) => Object.assign(model.features_info.float_features[0], { flat_feature_index: 1e9 }),
      /stands in column 1000000000/,
    ],
    ['statistics', (model) => Object.assign(model, { ctr_data: {} }), /is no object/],
    ['together', (model) => model.features_info.cat_features_hash.pop(), /saved without their texts/],
    ['statistics', (model) => Object.assign(Object.values(model.ctr_data)[0], { hash_stride: 0 }), /has rows of 0/],
    ['lossguide', (model) => Object.assign(model, { trees: [{ split: {} }] }), /left is no object/],
  ] as readonly (readonly [string, (model: Model) => void, RegExp])[])
    refuses(catboost.read, changed(name, change), message);
  refuses(catboost.read, '{"features_info":', /is no JSON/);
});
