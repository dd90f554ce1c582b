import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { MillraceError } from '../../../src/core/errors.ts';
import { FEATURES, LABEL, openTreeFile } from '../../../src/runtimes/trees/formats/open-trees.ts';
import { readUbjson } from '../../../src/runtimes/trees/formats/ubjson.ts';
import { xgboost } from '../../../src/runtimes/trees/formats/xgboost.ts';

const folder = join(import.meta.dirname, '../../fixtures/tree-files');
const ROWS = 5000;
const bytesOf = (name: string): Uint8Array => new Uint8Array(readFileSync(join(folder, name)));
const floats = (name: string): Float32Array => new Float32Array(bytesOf(name).buffer);
const models = readdirSync(folder).filter(
  (name) => /^xgboost-.+\.(ubj|json)$/.test(name) && !name.includes('versions'),
);

const open = (file: Uint8Array) => {
  assert.ok(xgboost.matches(file));
  const read = xgboost.read(file);
  return { read, session: openTreeFile(read) };
};
const answers = async (file: Uint8Array, rows: Float32Array) => {
  const { read, session } = open(file);
  const names = session.outputs.map(({ name }) => name);
  const dims = [rows.length / read.features.length, read.features.length];
  const outputs = await session.run({ [FEATURES]: { dtype: 'float32', dims, data: rows } }, names);
  return { read, outputs, answer: outputs[read.output].data as Float32Array };
};

for (const name of models)
  test(`${name} answers ${ROWS} rows with the bits of XGBoost itself`, async () => {
    const { answer } = await answers(bytesOf(name), floats('rows.f32'));
    const want = floats(name.replace(/\.\w+$/, '.f32'));
    assert.equal(answer.length, want.length);
    const [got, expected] = [new Int32Array(answer.buffer), new Int32Array(want.buffer)];
    assert.deepEqual([...got.keys()].filter((at) => got[at] !== expected[at]).slice(0, 5), []);
  });

test('the label is the class with the greatest probability, or the one that is more likely than not', async () => {
  const rows = floats('rows.f32');
  const { outputs, answer } = await answers(bytesOf('xgboost-classes.ubj'), rows);
  const labels = outputs[LABEL].data as BigInt64Array;
  for (let row = 0; row < ROWS; row++) {
    const own = answer.subarray(row * 3, row * 3 + 3);
    assert.equal(labels[row], BigInt(own.indexOf(Math.max(...own))));
  }
  const two = await answers(bytesOf('xgboost-logistic.ubj'), rows);
  assert.deepEqual(
    [...(two.outputs[LABEL].data as BigInt64Array)],
    Array.from(two.answer, (p) => BigInt(p > 0.5)),
  );
});

test('one row has the bits that it has among many', async () => {
  const rows = floats('rows.f32');
  const file = bytesOf('xgboost-categories.ubj');
  const { answer } = await answers(file, rows);
  const { session } = open(file);
  for (let row = 0; row < 200; row++) {
    const data = rows.slice(row * 6, row * 6 + 6);
    const alone = await session.run({ [FEATURES]: { dtype: 'float32', dims: [1, 6], data } }, ['prediction']);
    assert.ok(Object.is((alone.prediction.data as Float32Array)[0], answer[row]));
  }
});

test('trees behind the best iteration are left out of old files too, which do not say where iterations begin', async () => {
  const model = JSON.parse(new TextDecoder().decode(bytesOf('xgboost-regression.json')));
  model.learner.attributes = { scikit_learn: '{}', best_iteration: '4' };
  const rows = floats('rows.f32').slice(0, 600);
  const answersNow = async () => (await answers(new TextEncoder().encode(JSON.stringify(model)), rows)).answer;
  const given = await answersNow();
  delete model.learner.gradient_booster.model.iteration_indptr;
  assert.deepEqual(await answersNow(), given);
  delete model.learner.attributes.best_iteration;
  assert.notDeepEqual(await answersNow(), given);
});

test('features have the names, kinds and categories that the file has', () => {
  const { features } = open(bytesOf('xgboost-categories.json')).read;
  assert.deepEqual(
    features.map(({ name, takes }) => `${name} ${takes}`),
    ['f0 number', 'f1 number', 'f2 number', 'f3 number', 'f4 category', 'f5 number'],
  );
});

/** Whatever is done to a file, it is refused or it answers. */
const survives = async (file: Uint8Array): Promise<void> => {
  try {
    const { session } = open(file);
    const data = floats('rows.f32').slice(0, 60);
    const features = session.inputs[0].dims[1] ?? 0;
    if (features * 10 > data.length) return;
    const feed = { dtype: 'float32' as const, dims: [10, features], data: data.slice(0, 10 * features) };
    await session.run({ [FEATURES]: feed }, [session.outputs[0].name]);
  } catch (error) {
    if (error instanceof assert.AssertionError) return;
    assert.ok(error instanceof MillraceError, String(error));
    assert.equal(error.code, 'BAD_MODEL');
  }
};

test('damaged files are refused, or answer something: none ends, hangs or fills the process', async () => {
  const files = ['xgboost-ranking.ubj', 'xgboost-one-hot.ubj', 'xgboost-categories.json'].map(bytesOf);
  await fc.assert(
    fc.asyncProperty(
      fc.nat(files.length - 1),
      fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(255)), { minLength: 1, maxLength: 8 }),
      fc.double({ min: 0, max: 2, noNaN: true }),
      async (which, changes, keep) => {
        const file = files[which].slice(0, Math.ceil(files[which].length * Math.min(1, keep)));
        for (const [place, byte] of changes) file[Math.floor(place * (file.length - 1))] = byte;
        await survives(file);
      },
    ),
    { numRuns: 600 },
  );
});

test('what XGBoost would not write is refused with what was expected', () => {
  const model = JSON.parse(new TextDecoder().decode(bytesOf('xgboost-regression.json')));
  const changed = (change: (copy: typeof model) => void): Uint8Array => {
    const copy = structuredClone(model);
    change(copy);
    return new TextEncoder().encode(JSON.stringify(copy));
  };
  const treeOf = (copy: typeof model) => copy.learner.gradient_booster.model.trees[0];
  for (const [change, message] of [
    [
      (copy) => {
        copy.learner.objective.name = 'reg:mine';
      },
      /objective reg:mine of XGBoost is not known/,
    ],
    [
      (copy) => {
        copy.learner.gradient_booster.name = 'gbmine';
      },
      /booster gbmine of XGBoost is not read/,
    ],
    [
      (copy) => {
        copy.learner.learner_model_param.base_score = 'x';
      },
      /base_score is no number/,
    ],
    [
      (copy) => {
        treeOf(copy).left_children[0] = 9999;
      },
      /leads out of its tree/,
    ],
    [
      (copy) => {
        treeOf(copy).left_children[1] = 1;
      },
      /leads back to one above it/,
    ],
    [
      (copy) => {
        treeOf(copy).split_indices[0] = 6;
      },
      /tests a feature that is not there/,
    ],
    [
      (copy) => {
        treeOf(copy).default_left.pop();
      },
      /default_left has/,
    ],
    [
      (copy) => {
        treeOf(copy).tree_param.size_leaf_vector = '2';
      },
      /leaves have 2 values/,
    ],
    [
      (copy) => {
        delete copy.learner;
      },
      /learner is no object/,
    ],
  ] as readonly (readonly [(copy: typeof model) => void, RegExp])[])
    assert.throws(
      () => openTreeFile(xgboost.read(changed(change))),
      (error) => error instanceof MillraceError && error.code === 'BAD_MODEL' && message.test(error.message),
      String(message),
    );
});

test('UBJSON that goes too deep, says more than there is, or goes on is refused', () => {
  const bytes = (...parts: (string | number)[]): Uint8Array =>
    Uint8Array.from(
      parts.flatMap((part) => (typeof part === 'number' ? [part] : [...part].map((c) => c.charCodeAt(0)))),
    );
  for (const file of [
    bytes('['.repeat(100)),
    bytes('[$d#l', 127, 255, 255, 255),
    bytes('[$Z#l', 127, 255, 255, 255),
    bytes('[#L', 127, 255, 255, 255, 255, 255, 255, 255),
    bytes('SU', 200, 'abc'),
    bytes('SU', 1, 255),
    bytes('{U', 1, 'aZU', 1, 'aZ}'),
    bytes('ZZ'),
    bytes('q'),
    bytes(''),
  ])
    assert.throws(
      () => readUbjson(file),
      (error) => error instanceof MillraceError && error.code === 'BAD_MODEL',
    );
  assert.deepEqual(readUbjson(bytes('{U', 1, 'a[i', 1, 'TFZ]U', 1, 'bSU', 2, 'hi}')), {
    a: [1, true, false, null],
    b: 'hi',
  });
});
