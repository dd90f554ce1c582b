/** Files that are no models of a format that is run: each is told by its content, whatever it is called, and gets its lines. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { CONVERT_PAGE, convertPage } from '../../scripts/convert-page.ts';
import { MillraceError } from '../../src/core/errors.ts';
import { foreignKinds } from '../../src/package/import/index.ts';
import { refuseForeign } from '../../src/package/import/refuse.ts';
import { tempFolder } from '../temp-folder.ts';
import { doubling } from './model-folder.ts';

const fixtures = join(import.meta.dirname, '..', 'fixtures', 'foreign');

/** What a file is refused with. */
const refusal = async (path: string, shown: string): Promise<MillraceError> => {
  try {
    await refuseForeign(path, shown);
  } catch (error) {
    assert.ok(error instanceof MillraceError, String(error));
    return error;
  }
  return assert.fail(`${shown} passes`);
};
const titleOf = async (path: string, shown: string): Promise<string | undefined> =>
  (await refusal(path, shown)).problem.got;

/** What libraries themselves wrote, by what it is. */
const saved: Readonly<Record<string, readonly string[]>> = {
  'scikit-learn in a pickle or joblib file': [
    ...[0, 1, 2, 3, 4, 5].map((protocol) => `sklearn-${protocol}.pkl`),
    ...['', '-zlib', '-gzip'].map((compression) => `sklearn${compression}.joblib`),
  ],
  'Any other pickle or joblib file': ['words.pkl'],
  'XGBoost in a pickle': ['xgboost.pkl'],
  'LightGBM in a pickle': ['lightgbm.pkl'],
  'XGBoost’s old binary file': ['xgboost.old'],
  skops: ['sklearn.skops'],
  'PyTorch weights (a state_dict)': ['weights.pt', 'weights-legacy.pt', 'checkpoint.pt'],
  'PyTorch models (.pt, .pth)': ['whole.pth', 'whole-legacy.pt'],
  TorchScript: ['script.pt'],
  'torch.export': ['program.pt2'],
  'Keras (.keras)': ['model.keras'],
  'HDF5 (.h5)': ['model.h5'],
  'TensorFlow Lite': ['model.tflite'],
};

describe('told by its content, under a name that says nothing', () => {
  for (const [title, names] of Object.entries(saved))
    for (const name of names)
      test(name, async (t) => {
        const path = join(tempFolder(t), 'model.onnx');
        writeFileSync(path, readFileSync(join(fixtures, name)));
        assert.equal(await titleOf(path, 'model.onnx'), title);
      });
});

const page = '<!DOCTYPE html>\n<html><body>404</body></html>';
const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 113054\n`;
const header = '{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}';
const safetensors = Buffer.from(`\0\0\0\0\0\0\0\0${header}\0\0\0\0`, 'latin1');
safetensors.writeUInt32LE(header.length, 0);
const tar = (name: string): Buffer => Buffer.from(`${name.padEnd(257, '\0')}ustar\0`.padEnd(1024, '\0'), 'latin1');

describe('told by how it begins', () => {
  for (const [title, bytes, name = 'model.onnx'] of [
    ['An empty file', ''],
    ['A file of zeros', Buffer.alloc(100_000)],
    ['A Git LFS pointer', pointer],
    ['A DVC pointer', 'outs:\n- md5: 0a\n  path: model.onnx\n'],
    ['A page in place of a file', page],
    ['A page in place of a file', `\n  ${page.toLowerCase()}`],
    ['safetensors', safetensors],
    ['GGUF', 'GGUF\x03\0\0\0'],
    ['PMML', '<?xml version="1.0"?>\n<PMML xmlns="http://www.dmg.org/PMML-4_4" version="4.4">'],
    ['R (.rds, .RData)', gzipSync('X\n\0\0\0\x03\0\x04\x05\x01')],
    ['R (.rds, .RData)', Buffer.from('X\n\0\0\0\x02', 'latin1')],
    ['Java (.ser, Weka’s .model)', Buffer.from('\xac\xed\0\x05sr\0', 'latin1')],
    ['ONNX Runtime’s own format (.ort)', '\0\0\0\0ORTM'],
    ['PyTorch weights (a state_dict)', tar('storages')],
    ['A package of Millrace', tar('oci-layout')],
    ['An archive', tar('model/model.onnx')],
    ['An archive', gzipSync(tar('model/model.onnx'))],
    ['A compressed file', gzipSync(doubling)],
    ['A compressed file', Buffer.from('BZh91AY&SY', 'latin1')],
    ['Any other pickle or joblib file', Buffer.from('BZh91AY&SY', 'latin1'), 'model.joblib'],
    ['A table of data', 'a,b\n1,2\n', 'rows.csv'],
    ['A table of data', Buffer.from('PAR1', 'latin1')],
    ['A notebook or a program', '{"cells": [], "nbformat": 4}'],
    ['Half an ONNX file', doubling.subarray(0, doubling.length - 20)],
    ['Half an archive', readFileSync(join(fixtures, 'model.keras')).subarray(0, 2000)],
  ] as const)
    test(`${title}: ${JSON.stringify(String(bytes).slice(0, 12))}`, async (t) => {
      const path = join(tempFolder(t), name);
      writeFileSync(path, bytes);
      assert.equal(await titleOf(path, name), title);
    });

  for (const [title, entries] of [
    ['TensorFlow SavedModel', ['saved_model.pb', 'variables']],
    ['A folder of Hugging Face', ['config.json', 'model.safetensors', 'tokenizer.json']],
    ['A folder of Spark ML', ['metadata', 'stages']],
    ['Core ML', ['Data', 'Manifest.json']],
  ] as const)
    test(`a folder: ${title}`, async (t) => {
      const folder = join(tempFolder(t), 'churn');
      mkdirSync(folder);
      for (const name of entries) writeFileSync(join(folder, name), '{}');
      assert.equal(await titleOf(folder, 'churn'), title);
    });
});

test('a graph of TensorFlow is told by the folder that it lies in', async (t) => {
  const path = join(tempFolder(t), 'saved_model.pb');
  writeFileSync(path, '');
  assert.match((await refusal(path, 'churn/saved_model.pb')).message, /--saved-model churn --output model\.onnx/);
});

const write = (t: TestContext, name: string, bytes: string | Uint8Array): string => {
  const path = join(tempFolder(t), name);
  writeFileSync(path, bytes);
  return path;
};

test('what is run passes, and so does what nobody knows', async (t) => {
  const libraries = join(import.meta.dirname, '..', 'fixtures', 'tree-files');
  for (const name of readdirSync(libraries)) {
    if (!/\.(?:ubj|txt|json)$/.test(name) || /answers|rows/.test(name)) continue;
    await refuseForeign(join(libraries, name), name);
  }
  await refuseForeign(write(t, 'model.pkl', doubling), 'model.pkl');
  await refuseForeign(write(t, 'model.bin', 'some text'), 'model.bin');
});

test('of a file that is larger than memory a little is read', async (t) => {
  const path = write(t, 'model.gguf', 'GGUF');
  truncateSync(path, 2 ** 40);
  assert.equal(await titleOf(path, 'model.gguf'), 'GGUF');
});

test('no line of a pickle is run', async (t) => {
  const mark = join(tempFolder(t), 'mark');
  const path = write(t, 'model.pkl', `cos\nsystem\n(S'touch ${mark}'\ntR.`);
  assert.match((await refusal(path, 'model.pkl')).message, /^model\.pkl is a pickle of Python \(os\.system\)/);
  assert.throws(() => readFileSync(mark));
});

test('lines have the name of the file where it can stand in them, and their own where it cannot', async (t) => {
  const path = write(t, 'm.pkl', readFileSync(join(fixtures, 'sklearn-4.pkl')));
  assert.match(
    (await refusal(path, 'in/m.pkl')).message,
    /python millrace_export\.py in\/m\.pkl --data[\s\S]*load\("in\/m\.pkl"\)/,
  );
  for (const shown of ['$(touch x).pkl', 'my model.pkl', '-m.pkl', '"m".pkl'])
    assert.match((await refusal(path, shown)).message, /python millrace_export\.py model\.pkl --data/);
});

test('every kind is told, and none has the title of another', () => {
  const titles = Object.values(foreignKinds).flatMap((kinds) => kinds.map(({ title }) => title));
  assert.equal(new Set(titles).size, titles.length);
});

test('docs/CONVERT.md has the lines that are told (else: npm run convert-page)', () => {
  assert.equal(readFileSync(CONVERT_PAGE, 'utf8'), convertPage());
});
