/** What the model.yaml that init writes takes from a graph: names of classes, what may be missing, what does not fit rows. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { packageName } from '../../src/package/init-folder.ts';
import { formatOf } from '../../src/runtimes/formats.ts';
import { runtimes } from '../../src/runtimes/index.ts';
import { buildOnnx, type Graph } from '../runtimes/onnx-builder.ts';

const draftOf = async (graph: Graph): Promise<string> =>
  (await formatOf(runtimes.onnx)).draft(buildOnnx(graph), { model: 'model.onnx', name: 'churn' });

const ML = 'ai.onnx.ml';
const classifier = (labels: Readonly<Record<string, readonly string[] | readonly bigint[]>>, width: number | string) =>
  draftOf({
    inputs: [{ name: 'X', dims: ['n', 2] }],
    outputs: [
      { name: 'label', dtype: 'classlabels_strings' in labels ? 'string' : 'int64', dims: ['n'] },
      { name: 'probabilities', dims: ['n', width] },
    ],
    nodes: [
      { op: 'LinearClassifier', domain: ML, inputs: ['X'], outputs: ['label', 'raw'], attributes: labels },
      { op: 'Normalizer', domain: ML, inputs: ['raw'], outputs: ['probabilities'] },
    ],
  });

describe('classes that the graph knows', () => {
  for (const width of [3, 'classes'])
    test(`name the outputs and are the labels, of ${width} columns`, async () => {
      const yaml = await classifier({ classlabels_strings: ['setosa', 'versicolor', 'virginica'] }, width);
      assert.match(yaml, /^ {2}label: \{ kind: category, labels: \[setosa, versicolor, virginica\] \}$/m);
      assert.match(yaml, /^ {2}probability_virginica: \{ kind: number, from: probabilities, at: 2 \}/m);
    });

  test('name the outputs where they are integers', async () => {
    const yaml = await classifier({ classlabels_ints: [3n, 5n] }, 2);
    assert.match(yaml, /^ {2}label: \{ kind: integer \}$/m);
    assert.match(yaml, /^ {2}probability_5: .*at: 1/m);
  });

  test('of 0 and 1 may have been true and false, which no graph says', async () => {
    const yaml = await classifier({ classlabels_ints: [0n, 1n] }, 2);
    assert.match(
      yaml,
      /^ {2}label: \{ kind: integer \} {2}# 0 or 1; where the target is true or false: kind: boolean$/m,
    );
    assert.match(yaml, /^ {2}probability_1: .*at: 1/m);
  });

  test('are found where a graph picks labels by their place', async () => {
    const yaml = await draftOf({
      inputs: [{ name: 'X', dims: ['n', 2] }],
      outputs: [
        { name: 'label', dtype: 'string', dims: ['n'] },
        { name: 'probabilities', dims: ['n', 2] },
      ],
      nodes: [
        { op: 'Softmax', inputs: ['X'], outputs: ['probabilities'] },
        { op: 'ArgMax', inputs: ['probabilities'], outputs: ['place'] },
        { op: 'ArrayFeatureExtractor', domain: ML, inputs: ['classes', 'place'], outputs: ['picked'] },
        { op: 'Reshape', inputs: ['picked', 'shape'], outputs: ['label'] },
      ],
      constants: [
        { name: 'classes', dims: [2], data: ['leaves', 'stays'] },
        { name: 'shape', dims: [1], data: BigInt64Array.of(-1n) },
      ],
    });
    assert.match(yaml, /label: \{ kind: category, labels: \[leaves, stays\] \}\n {2}probability_leaves: /);
  });
});

const imputed = (replaced: number, more: Graph['nodes'] = []) =>
  draftOf({
    inputs: ['age', 'tenure', 'visits'].map((name) => ({
      name,
      dims: ['n', 1],
      ...(name === 'visits' && { dtype: 'int64' as const }),
    })),
    outputs: [
      { name: 'y', dims: ['n', 2] },
      { name: 'z', dims: ['n', 1] },
    ],
    nodes: [
      { op: 'Concat', inputs: ['age', 'tenure'], outputs: ['both'], attributes: { axis: 1n } },
      {
        op: 'Imputer',
        domain: ML,
        inputs: ['both'],
        outputs: ['y'],
        attributes: { imputed_value_floats: Float32Array.of(1, 2), replaced_value_float: replaced },
      },
      { op: 'Cast', inputs: ['visits'], outputs: ['z'], attributes: { to: 1n } },
      ...more,
    ],
  });

test('a number that the graph imputes may be missing, and no other', async () => {
  const yaml = await imputed(Number.NaN);
  assert.match(yaml, /^ {2}age: \{ kind: number, nullable: true \}\n {2}tenure: \{ kind: number, nullable: true \}$/m);
  assert.match(yaml, /^ {2}visits: \{ kind: integer \}$/m);
  assert.doesNotMatch(await imputed(-1), /nullable: true \}/);
  const beside = await imputed(Number.NaN, [{ op: 'Neg', inputs: ['age'], outputs: ['other'] }]);
  assert.match(beside, /^ {2}age: \{ kind: number \}$/m);
});

test('as many outputs as a layer has columns, where the graph leaves them open', async () => {
  const yaml = await draftOf({
    inputs: [{ name: 'x', dims: ['n', 2] }],
    outputs: [{ name: 'y', dims: ['n', 'targets'] }],
    nodes: [
      { op: 'MatMul', inputs: ['x', 'w'], outputs: ['raw'] },
      { op: 'Add', inputs: ['raw', 'b'], outputs: ['y'] },
    ],
    constants: [
      { name: 'w', dims: [2, 3], data: new Float32Array(6) },
      { name: 'b', dims: [3], data: new Float32Array(3) },
    ],
  });
  assert.match(yaml, /y_0: .*at: 0[\s\S]*y_1: .*at: 1[\s\S]*y_2: .*at: 2/);
});

test('what is taken apart word by word is a text', async () => {
  const yaml = await draftOf({
    inputs: [{ name: 'comment', dtype: 'string', dims: ['n', 1] }],
    outputs: [{ name: 'y', dtype: 'string', dims: ['n', 1] }],
    nodes: [{ op: 'StringNormalizer', inputs: ['comment'], outputs: ['y'] }],
  });
  assert.match(yaml, /comment: \{ kind: text \}/);
});

const passing = (name: string, dims: readonly (number | string)[], op = 'Identity') =>
  draftOf({
    inputs: [{ name, dims }],
    outputs: [{ name: 'y', dims }],
    nodes: [{ op, inputs: [name], outputs: ['y'] }],
  });

test('a fixed batch, and time before rows, are said with the way on', async () => {
  assert.match(
    await passing('x', [8, 3]),
    /# the graph takes 8 rows at a time, so one row costs as much as 8: export it with a dynamic first dimension/,
  );
  assert.match(await passing('x', ['t', 'n', 4], 'LSTM'), /# time comes first in the graph.* \(batch_first=True\)/);
  assert.doesNotMatch(await passing('x', [1, 3]), /at a time/);
});

test('a map of DictVectorizer is refused with its columns and the step that joins two', async () => {
  const refused = draftOf({
    inputs: [{ name: 'features', mapped: true }],
    outputs: [{ name: 'y', dims: ['n', 3] }],
    nodes: [
      {
        op: 'DictVectorizer',
        domain: ML,
        inputs: ['features'],
        outputs: ['y'],
        attributes: { string_vocabulary: ['PU_DO=1_2', 'PU_DO=2_1', 'distance'] },
      },
    ],
  });
  await assert.rejects(refused, {
    code: 'BAD_MODEL',
    message:
      /\["PU_DO"\]\)[\s\S]*"passthrough", \["distance"\][\s\S]*join: \{ fields: \[PU, DO\], with: "_", as: PU_DO \}/,
  });
});

test('a model whose file is called model has the name of the nearest folder that says something', () => {
  for (const [file, folder, name] of [
    ['model.onnx', '/home/ann/churn', 'churn'],
    ['model.onnx', '/home/ann/Churn 2/artifacts/model', 'churn-2'],
    ['fares.onnx', '/home/ann/churn', 'fares'],
    ['model.onnx', '/', 'model'],
  ] as const)
    assert.equal(packageName(file, folder, ['.onnx']), name);
});
