import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { riskOf } from '../../src/package/risk.ts';
import { readSource } from '../../src/package/source.ts';
import { riskOfOnnx } from '../../src/runtimes/onnx-risk.ts';
import { type Attribute, buildOnnx, type Constant, type Model, type Node, type Value } from './onnx-builder.ts';

const root = join(import.meta.dirname, '..', '..');
/** Tables: of the layers of images and of sequences of any length it is not known. */
const folders = globSync('{bench,examples,test/fixtures}/**/model.yaml', {
  cwd: root,
  exclude: ['**/node_modules', '**/fixtures/torch/**', 'examples/mri/**'],
})
  .map((path) => dirname(path))
  .sort();

const x: Value = { name: 'x', dims: ['rows', 2] };
const y: Value = { name: 'y', dims: undefined };
const fed = new Map([['x', [2]]]);
const riskOfModel = (model: Partial<Model>) =>
  riskOfOnnx(buildOnnx({ inputs: [x], outputs: [y], nodes: [], ...model }), fed);
const ints = (name: string, ...values: number[]): Constant => ({
  name,
  dims: [values.length],
  data: BigInt64Array.from(values, BigInt),
});
const floats = (name: string, ...dims: number[]): Constant => ({
  name,
  dims,
  data: new Float32Array(dims.reduce((a, b) => a * b, 1)),
});
const node = (op: string, inputs: readonly string[], attributes: Record<string, Attribute> = {}): Node => ({
  op,
  inputs,
  outputs: ['y'],
  attributes,
});
const bigints = (...values: readonly number[]): readonly bigint[] => values.map(BigInt);

/** A regression tree of which some lists are not as they should be. */
const tree = (lists: Readonly<Record<string, Attribute>> = {}): Node => ({
  op: 'TreeEnsembleRegressor',
  domain: 'ai.onnx.ml',
  inputs: ['x'],
  outputs: ['y'],
  attributes: {
    nodes_treeids: bigints(0, 0, 0, 0, 0),
    nodes_nodeids: bigints(0, 1, 2, 3, 4),
    nodes_featureids: bigints(0, 1, 0, 0, 0),
    nodes_values: Float32Array.of(0, 0, 0, 0, 0),
    nodes_modes: ['BRANCH_LEQ', 'BRANCH_LEQ', 'LEAF', 'LEAF', 'LEAF'],
    nodes_truenodeids: bigints(1, 3, 0, 0, 0),
    nodes_falsenodeids: bigints(2, 4, 0, 0, 0),
    target_treeids: bigints(0, 0, 0),
    target_nodeids: bigints(2, 3, 4),
    target_ids: bigints(0, 0, 0),
    target_weights: Float32Array.of(1, 2, 3),
    n_targets: 1n,
    ...lists,
  },
});

describe('models that are known to be safe', () => {
  for (const folder of folders) {
    test(folder, async () => {
      const { manifest, model, transform } = await readSource(join(root, folder));
      assert.equal(transform, undefined);
      assert.equal(await riskOf({ manifest, files: new Map([['model.onnx', model]]) }), undefined);
    });
  }

  test('a tree in which two branches lead to one node, as a split by category does', () => {
    assert.equal(riskOfModel({ nodes: [tree({ nodes_falsenodeids: bigints(2, 3, 0, 0, 0) })] }), undefined);
  });

  test('layers of a network, whose sizes are worked out', () => {
    const nodes = [
      { op: 'MatMul', inputs: ['x', 'w'], outputs: ['a'] },
      { op: 'Add', inputs: ['a', 'b'], outputs: ['c'] },
      { op: 'Relu', inputs: ['c'], outputs: ['d'] },
      { op: 'Gemm', inputs: ['d', 'v', 'u'], outputs: ['e'], attributes: { transB: 1n } },
      node('Softmax', ['e']),
    ];
    const constants = [floats('w', 2, 300), floats('b', 300), floats('v', 4, 300), floats('u', 4)];
    assert.equal(riskOfModel({ nodes, constants }), undefined);
  });
});

describe('models that are not known to be safe', () => {
  test('a package with code of its own', async () => {
    const { manifest, model } = await readSource(join(root, 'examples/churn/models/churn'));
    const files = new Map([
      ['model.onnx', model],
      ['transform.js', new Uint8Array()],
    ]);
    assert.equal(await riskOf({ manifest, files }), 'it has a transform module');
  });

  const zero = [ints('zero', 0, 0)];
  const graphs: readonly [string, Partial<Model>, RegExp][] = [
    [
      'the greatest of an empty list',
      { nodes: [node('TopK', ['x', 'k'])], constants: [ints('k', 1)] },
      /the TopK node/,
    ],
    [
      'integers that are divided',
      {
        nodes: [
          { op: 'Cast', inputs: ['x'], outputs: ['n'], attributes: { to: 7n } },
          { ...node('Div', ['n', 'zero']) },
        ],
        constants: zero,
      },
      /the Div node .* integers/,
    ],
    ['a remainder', { nodes: [node('Mod', ['x', 'zero'])], constants: zero }, /the Mod node/],
    [
      'a loop',
      {
        nodes: [
          node('Loop', ['', '', 'x'], {
            body: { graph: { inputs: [x], outputs: [y], nodes: [node('Identity', ['x'])] } },
          }),
        ],
      },
      /the Loop node/,
    ],
    [
      'a graph in a node that has none',
      { nodes: [node('Identity', ['x'], { body: { graph: { inputs: [], outputs: [], nodes: [] } } })] },
      /has a graph in it/,
    ],
    [
      'an operator that calls itself as a safe one',
      {
        nodes: [node('Identity', ['x'])],
        functions: [{ name: 'Identity', domain: '', inputs: ['a'], outputs: ['b'], nodes: [node('Identity', ['a'])] }],
      },
      /operators of its own/,
    ],
    [
      'a safe name in another domain',
      { nodes: [{ ...node('Relu', ['x']), domain: 'com.microsoft' }] },
      /com\.microsoft\.Relu/,
    ],
    ['a shape that is computed', { nodes: [node('Reshape', ['x', 'x'])] }, /known only when it runs/],
    [
      'values that double at every step',
      {
        nodes: Array.from({ length: 40 }, (_, at) => ({
          op: 'Concat',
          inputs: [at === 0 ? 'x' : `v${at}`, at === 0 ? 'x' : `v${at}`],
          outputs: [`v${at + 1}`],
          attributes: { axis: 1n },
        })),
      },
      /more than 16384 values a row/,
    ],
    [
      'rows times rows',
      {
        nodes: [
          { op: 'Transpose', inputs: ['x'], outputs: ['t'], attributes: { perm: bigints(1, 0) } },
          node('MatMul', ['x', 't']),
        ],
      },
      /more than .* a row/,
    ],
    [
      'a wide result of two small constants',
      { nodes: [node('Add', ['a', 'b'])], constants: [floats('a', 5000, 1), floats('b', 1, 5000)] },
      /values a row/,
    ],
    ['weights that are fewer than they say', { constants: [{ ...floats('w', 1), dims: [2 ** 40] }] }, /weights w/],
    [
      'coefficients that are too few',
      {
        nodes: [
          {
            ...node('LinearRegressor', ['x'], { coefficients: Float32Array.of(1), targets: 1_000_000n }),
            domain: 'ai.onnx.ml',
          },
        ],
      },
      /do not fit/,
    ],
    [
      'a tree that comes back to its beginning',
      { nodes: [tree({ nodes_truenodeids: bigints(1, 0, 0, 0, 0) })] },
      /never ends/,
    ],
    [
      'a tree whose node is its own child',
      { nodes: [tree({ nodes_truenodeids: bigints(1, 1, 0, 0, 0) })] },
      /never ends/,
    ],
    ['a tree with a node missing', { nodes: [tree({ nodes_truenodeids: bigints(1, 9, 0, 0, 0) })] }, /not there/],
    [
      'a tree that asks for a column outside',
      { nodes: [tree({ nodes_featureids: bigints(0, 2, 0, 0, 0) })] },
      /column 2 of 2/,
    ],
    [
      'a tree that asks for a column before',
      { nodes: [tree({ nodes_featureids: bigints(-9, 0, 0, 0, 0) })] },
      /column -9/,
    ],
    ['a tree of short lists', { nodes: [tree({ nodes_values: Float32Array.of(1) })] }, /another length/],
    ['a forest of answers', { nodes: [tree({ n_targets: 2n ** 40n })] }, /values a row/],
  ];
  for (const [name, model, why] of graphs) test(name, () => assert.match(riskOfModel(model) ?? 'safe', why));

  test('a tree that is too deep for the stack of the runtime', () => {
    const depth = 20_000;
    const all = Array.from({ length: 2 * depth + 1 }, (_, at) => at);
    const isBranch = (at: number): boolean => at % 2 === 0 && at < 2 * depth;
    const nodes = [
      tree({
        nodes_treeids: bigints(...all.map(() => 0)),
        nodes_nodeids: bigints(...all),
        nodes_featureids: bigints(...all.map(() => 0)),
        nodes_values: new Float32Array(all.length),
        nodes_modes: all.map((at) => (isBranch(at) ? 'BRANCH_LEQ' : 'LEAF')),
        nodes_truenodeids: bigints(...all.map((at) => (isBranch(at) ? at + 1 : 0))),
        nodes_falsenodeids: bigints(...all.map((at) => (isBranch(at) ? at + 2 : 0))),
      }),
    ];
    assert.match(riskOfModel({ nodes }) ?? 'safe', /deeper than/);
  });
});
