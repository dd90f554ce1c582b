import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { initFolder } from '../../src/package/init-folder.ts';
import { loadScorer, openPackage } from '../../src/package/open.ts';
import { openOnnxNode } from '../../src/runtimes/onnx.node.ts';
import { buildOnnx, type Constant, type Graph } from '../runtimes/onnx-builder.ts';
import { tempFolder } from '../temp-folder.ts';
import { files, modelFolder, packed } from './model-folder.ts';

const nothing = Object.fromEntries(Object.keys(files).map((name) => [name, null]));
const yaml = `name: plus
version: 1.0.0
model: model.onnx
inputs:
  x: { kind: tensor, dtype: float32, shape: [2] }
outputs:
  y: { kind: tensor, dtype: float32, shape: [2] }
`;
const ten = Float32Array.of(10, 20);
const one = Float32Array.of(1, 2);
const bytesOf = (...parts: readonly (Float32Array | Uint8Array)[]): Uint8Array =>
  new Uint8Array(Buffer.concat(parts.map((part) => new Uint8Array(part.buffer, part.byteOffset, part.byteLength))));

const graph = (constants: readonly Constant[]): Graph => ({
  inputs: [{ name: 'x', dims: ['rows', 2] }],
  outputs: [{ name: 'y', dims: ['rows', 2] }],
  nodes: constants.map(({ name }, at) => ({
    op: 'Add',
    inputs: [at === 0 ? 'x' : `sum${at - 1}`, name],
    outputs: [at === constants.length - 1 ? 'y' : `sum${at}`],
  })),
  constants,
});
const model = (...constants: readonly Constant[]): Uint8Array => buildOnnx(graph(constants));
const a: Constant = { name: 'a', dims: [2], data: ten };
const b: Constant = { name: 'b', dims: [2], data: one };

const answer = async (folder: string): Promise<unknown> => {
  const { tar } = await packed(folder);
  const scorer = await loadScorer(await openPackage(tar), openOnnxNode);
  try {
    return (await scorer.score([{ x: [0.5, 0.25] }]))[0].output;
  } finally {
    await scorer.close();
  }
};

describe('weights in files beside the model are taken into the package', () => {
  for (const [what, outside, weights] of [
    [
      'all in one file',
      [
        { ...a, outside: 'w.data', offset: 8, length: 8 },
        { ...b, outside: 'w.data', offset: 0 },
      ],
      { 'w.data': bytesOf(one, ten) },
    ],
    [
      'in several files, in folders of their own',
      [
        { ...a, outside: 'weights/a.bin' },
        { ...b, outside: './b' },
      ],
      { 'weights/a.bin': bytesOf(ten), b: bytesOf(one) },
    ],
    [
      'some in the model itself',
      [a, { ...b, outside: 'model.onnx.data', length: 8 }],
      { 'model.onnx.data': bytesOf(one) },
    ],
  ] as const) {
    test(`${what}, and the package is that of the same model in one file`, async (t) => {
      const folder = modelFolder(t, { ...nothing, ...weights, 'model.yaml': yaml, 'model.onnx': model(...outside) });
      const inOne = modelFolder(t, { ...nothing, 'model.yaml': yaml, 'model.onnx': model(a, b) });
      assert.deepEqual(await answer(folder), { y: [11.5, 22.25] });
      const [split, whole] = [await packed(folder), await packed(inOne)];
      assert.equal(split.package.files.get('model.onnx')?.length, whole.package.files.get('model.onnx')?.length);
      assert.deepEqual([...split.package.files.keys()], ['model.json', 'model.onnx']);
    });
  }

  test('the digest changes with them', async (t) => {
    const outside = model({ ...a, outside: 'w' });
    const digest = async (w: Float32Array) =>
      (await packed(modelFolder(t, { ...nothing, 'model.yaml': yaml, 'model.onnx': outside, w: bytesOf(w) }))).package
        .digest;
    assert.notEqual(await digest(ten), await digest(one));
    assert.equal(await digest(ten), await digest(ten));
  });

  test('those of graphs within the graph too', async (t) => {
    const branch: Graph = {
      inputs: [],
      outputs: [{ name: 'z', dims: ['rows', 2] }],
      nodes: [{ op: 'Add', inputs: ['x', 'a'], outputs: ['z'] }],
      constants: [{ ...a, outside: 'w' }],
    };
    const file = buildOnnx({
      inputs: [{ name: 'x', dims: ['rows', 2] }],
      outputs: [{ name: 'y', dims: ['rows', 2] }],
      nodes: [
        {
          op: 'If',
          inputs: ['yes'],
          outputs: ['y'],
          attributes: { then_branch: { graph: branch }, else_branch: { graph: branch } },
        },
      ],
      constants: [{ name: 'yes', dims: [], data: Uint8Array.of(1) }],
    });
    const folder = modelFolder(t, { ...nothing, 'model.yaml': yaml, 'model.onnx': file, w: bytesOf(ten) });
    assert.deepEqual(await answer(folder), { y: [10.5, 20.25] });
  });
});

describe('weights are refused that', () => {
  const secret = bytesOf(ten);
  const outside = (place: string, more: Partial<Constant> = {}) => model({ ...a, outside: place, ...more });
  for (const [what, file, error] of [
    ['lie above the folder', outside('../secret'), /outside of its folder/],
    ['lie above it by a detour', outside('w/../../secret'), /outside of its folder/],
    ['lie at an absolute path', outside('/etc/hostname'), /no path from there/],
    ['lie at a path of another system', outside('C:\\secret'), /no path from there/],
    ['lie behind a link that leads outside', outside('link'), /a link that leads outside/],
    ['are a folder', outside('w'), /which is no file/],
    ['are a device behind a link', outside('null'), /a link that leads outside/],
    ['are cut off', outside('short'), /short is cut off: the weights a need 8 bytes from byte 0 on, and it has 4/],
    ['begin behind the end', outside('w/a', { offset: 4 }), /cut off/],
    ['have another length than their shape', outside('w/a', { length: 4 }), /expected 8 bytes, got 4/],
    ['have a length that is no number', outside('w/a', { length: Number.NaN }), /expected length: a number of bytes/],
  ] as const) {
    test(what, async (t) => {
      const folder = modelFolder(t, {
        ...nothing,
        'm/model.yaml': yaml,
        'm/model.onnx': file,
        'm/w/a': secret,
        'm/short': secret.subarray(0, 4),
        secret,
      });
      symlinkSync('../secret', join(folder, 'm/link'));
      symlinkSync('/dev/null', join(folder, 'm/null'));
      await assert.rejects(packed(join(folder, 'm')), { code: 'BAD_MODEL', message: error });
    });
  }

  test('are not there, naming them', async (t) => {
    const folder = modelFolder(t, { ...nothing, 'model.yaml': yaml, 'model.onnx': outside('model.onnx.data') });
    await assert.rejects(packed(folder), {
      code: 'FILE_NOT_FOUND',
      message: 'The model keeps weights in model.onnx.data, which is not beside it.',
    });
  });

  test('stand in an attribute, whoever made the file', async (t) => {
    const file = buildOnnx({
      ...graph([b]),
      nodes: [
        { op: 'Constant', inputs: [], outputs: ['c'], attributes: { value: { tensor: { ...a, outside: 'w' } } } },
        { op: 'Add', inputs: ['x', 'c'], outputs: ['y'] },
      ],
    });
    const folder = modelFolder(t, { ...nothing, 'model.yaml': yaml, 'model.onnx': file, w: secret });
    await assert.rejects(packed(folder), {
      code: 'BAD_MODEL',
      message: /weights in another file, w \(a, in the Constant/,
    });
  });
});

test('links of model and weights into one folder, as caches of models have them, are followed', async (t) => {
  const folder = modelFolder(t, {
    ...nothing,
    'snapshot/model.yaml': yaml,
    'blobs/1': model({ ...a, outside: 'model.onnx.data' }),
    'blobs/2': bytesOf(ten),
  });
  symlinkSync('../blobs/1', join(folder, 'snapshot/model.onnx'));
  symlinkSync('../blobs/2', join(folder, 'snapshot/model.onnx.data'));
  assert.deepEqual(await answer(join(folder, 'snapshot')), { y: [10.5, 20.25] });
});

describe('init', () => {
  const init = (from: string, folder: string, force = false) =>
    initFolder({ model: join(from, 'model.onnx'), folder, force, cwd: from });
  const source = (t: Parameters<typeof tempFolder>[0]) =>
    modelFolder(t, { ...nothing, 'model.onnx': model({ ...a, outside: 'w/a' }, b), 'w/a': bytesOf(ten) });

  test('copies the weights beside the model, and what it writes packs', async (t) => {
    const [from, to] = [source(t), join(tempFolder(t), 'new')];
    await init(from, to);
    assert.ok(existsSync(join(to, 'w/a')));
    assert.ok((await packed(to)).tar.length > 0);
  });

  test('leaves other weights that are there as they are, unless it is told otherwise', async (t) => {
    const [from, to] = [source(t), tempFolder(t)];
    mkdirSync(join(to, 'w'));
    writeFileSync(join(to, 'w/a'), 'mine');
    await assert.rejects(init(from, to), {
      code: 'FILE_EXISTS',
      message: /w\/a is there already, and has other weights/,
    });
    assert.equal(readFileSync(join(to, 'w/a'), 'utf8'), 'mine');
    await init(from, to, true);
    assert.deepEqual(new Uint8Array(readFileSync(join(to, 'w/a'))), bytesOf(ten));
    await assert.rejects(init(from, to), { code: 'FILE_EXISTS', message: /model\.yaml is there already/ });
  });
});
