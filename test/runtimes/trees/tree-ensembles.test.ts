/** Trees of every mode, aggregate, post transform and kind of target, grown at random, beside onnxruntime-node. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openOnnxNode } from '../../../src/runtimes/onnx.node.ts';
import { readOnnx } from '../../../src/runtimes/onnx-graph.ts';
import { openTabular } from '../../../src/runtimes/trees/open-tabular.ts';
import { Unusual } from '../../../src/runtimes/trees/unusual.ts';
import { type Attribute, buildOnnx, type ElementType } from '../onnx-builder.ts';
import { feedsOf, poolsOf, random } from './rows.ts';
import { assertSameBits } from './same-bits.ts';

const FEATURES = 4;
const branches = ['BRANCH_LEQ', 'BRANCH_LT', 'BRANCH_GTE', 'BRANCH_GT', 'BRANCH_EQ', 'BRANCH_NEQ'];

interface Forest {
  readonly prefix: 'target' | 'class';
  readonly modes: readonly string[];
  readonly missing: boolean;
  /** The targets that each leaf, or each tree by itself, has weights for. */
  readonly targets: number;
  readonly perLeaf: boolean;
  readonly positive?: boolean;
}

/** The lists of nodes and weights as attributes. */
const grow = ({ prefix, modes, missing, targets, perLeaf, positive }: Forest, seed: number) => {
  const next = random(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(next() * from.length)];
  const nodes: { tree: number; id: number; mode: string; feature: number; value: number; yes: number; no: number }[] =
    [];
  const weights: { tree: number; id: number; target: number; weight: number }[] = [];
  for (let tree = 0; tree < 9; tree++) {
    let ids = 0;
    const node = (depth: number): number => {
      const id = ids++;
      const one = { tree, id, mode: 'LEAF', feature: 0, value: 0, yes: 0, no: 0 };
      nodes.push(one);
      if (depth === 0 || next() < 0.1) {
        const weight = (): number => Math.fround(positive ? next() : next() - 0.5);
        if (perLeaf)
          for (let target = 0; target < targets; target++) weights.push({ tree, id, target, weight: weight() });
        else weights.push({ tree, id, target: tree % targets, weight: weight() });
        return id;
      }
      Object.assign(one, {
        mode: pick(modes),
        feature: Math.floor(next() * FEATURES),
        value: Math.fround(pick([0, 1, 2, 3, -1, 0.5, next() * 10 - 5])),
        yes: node(depth - 1),
        no: node(depth - 1),
      });
      return id;
    };
    node(4);
  }
  const list = (of: (node: (typeof nodes)[number]) => number): bigint[] => nodes.map((node) => BigInt(of(node)));
  const ids = (of: (weight: (typeof weights)[number]) => number): bigint[] => weights.map((one) => BigInt(of(one)));
  return {
    nodes_treeids: list(({ tree }) => tree),
    nodes_nodeids: list(({ id }) => id),
    nodes_featureids: list(({ feature }) => feature),
    nodes_modes: nodes.map(({ mode }) => mode),
    nodes_values: Float32Array.from(nodes, ({ value }) => value),
    nodes_truenodeids: list(({ yes }) => yes),
    nodes_falsenodeids: list(({ no }) => no),
    ...(missing && { nodes_missing_value_tracks_true: list(({ mode }) => Number(mode !== 'LEAF' && next() < 0.5)) }),
    [`${prefix}_treeids`]: ids(({ tree }) => tree),
    [`${prefix}_nodeids`]: ids(({ id }) => id),
    [`${prefix}_ids`]: ids(({ target }) => target),
    [`${prefix}_weights`]: Float32Array.from(weights, ({ weight }) => weight),
  };
};

const fileOf = (
  forest: Forest,
  seed: number,
  attributes: Readonly<Record<string, Attribute>>,
  dtype: ElementType = 'float32',
): Uint8Array => {
  const isRegressor = forest.prefix === 'target';
  const scores = { name: 'scores', dims: ['rows', 'classes'] };
  return buildOnnx({
    inputs: [{ name: 'x', dtype, dims: ['rows', FEATURES] }],
    outputs: isRegressor ? [scores] : [{ name: 'label', dtype: 'int64', dims: ['rows'] }, scores],
    nodes: [
      {
        op: isRegressor ? 'TreeEnsembleRegressor' : 'TreeEnsembleClassifier',
        domain: 'ai.onnx.ml',
        inputs: ['x'],
        outputs: isRegressor ? ['scores'] : ['label', 'scores'],
        attributes: {
          ...grow(forest, seed),
          ...(isRegressor
            ? { n_targets: BigInt(forest.targets) }
            : {
                classlabels_int64s: Array.from({ length: Math.max(2, forest.targets) }, (_, at) =>
                  BigInt(forest.targets === 2 ? at : at * 3),
                ),
              }),
          ...attributes,
        },
      },
    ],
  });
};

const one: Forest = { prefix: 'target', modes: ['BRANCH_LEQ'], missing: false, targets: 1, perLeaf: false };
const classes: Forest = { ...one, prefix: 'class', missing: true };
type Named = Readonly<
  Record<string, { forest: Forest; attributes?: Readonly<Record<string, Attribute>>; dtype?: ElementType }>
>;

const named: Named = {
  ...Object.fromEntries(branches.map((mode) => [mode, { forest: { ...one, modes: [mode] } }])),
  ...Object.fromEntries(
    branches.map((mode) => [
      `${mode}, with missing values tracked`,
      { forest: { ...one, modes: [mode], missing: true } },
    ]),
  ),
  'all modes together': { forest: { ...one, modes: branches, missing: true } },
  'all modes together, of integers': { forest: { ...classes, modes: branches, missing: false }, dtype: 'int64' },
  'all modes together, of float64': { forest: { ...one, modes: branches, missing: true }, dtype: 'float64' },
  'several targets, one a tree': { forest: { ...one, targets: 3 } },
  'several targets in each leaf': { forest: { ...one, targets: 3, perLeaf: true } },
  'a base value': { forest: one, attributes: { base_values: Float32Array.of(0.1) } },
  'base values of several targets': {
    forest: { ...one, targets: 2, perLeaf: true },
    attributes: { base_values: Float32Array.of(0.1, -7) },
  },
  ...Object.fromEntries(
    ['AVERAGE', 'MIN', 'MAX'].flatMap((aggregate_function) => [
      [`${aggregate_function}`, { forest: one, attributes: { aggregate_function, base_values: Float32Array.of(0.3) } }],
      [
        `${aggregate_function} of several targets`,
        { forest: { ...one, targets: 2, perLeaf: true }, attributes: { aggregate_function } },
      ],
    ]),
  ),
  ...Object.fromEntries(
    ['NONE', 'LOGISTIC', 'SOFTMAX', 'SOFTMAX_ZERO'].flatMap((post_transform) => [
      [`a regressor, ${post_transform}`, { forest: { ...one, targets: 3 }, attributes: { post_transform } }],
      [`a regressor of one target, ${post_transform}`, { forest: one, attributes: { post_transform } }],
      [
        `a regressor of float64, ${post_transform}`,
        { forest: { ...one, targets: 3 }, attributes: { post_transform }, dtype: 'float64' },
      ],
      [
        `three classes of float64, ${post_transform}`,
        { forest: { ...classes, targets: 3 }, attributes: { post_transform }, dtype: 'float64' },
      ],
      [`three classes, ${post_transform}`, { forest: { ...classes, targets: 3 }, attributes: { post_transform } }],
      [
        `three classes in each leaf, ${post_transform}`,
        {
          forest: { ...classes, targets: 3, perLeaf: true },
          attributes: { post_transform, base_values: Float32Array.of(0.1, 0.2, -0.3) },
        },
      ],
      [
        `two classes in each leaf, ${post_transform}`,
        { forest: { ...classes, targets: 2, perLeaf: true }, attributes: { post_transform } },
      ],
      [`two classes, one score, ${post_transform}`, { forest: classes, attributes: { post_transform } }],
      [
        `two classes, one score and a base value, ${post_transform}`,
        { forest: classes, attributes: { post_transform, base_values: Float32Array.of(0.2) } },
      ],
      [
        `two classes, one positive score, ${post_transform}`,
        { forest: { ...classes, positive: true }, attributes: { post_transform } },
      ],
    ]),
  ),
};

describe('an ensemble of trees answers as onnxruntime-node does', () => {
  for (const [what, { forest, attributes = {}, dtype }] of Object.entries(named))
    test(what, async () => {
      for (let seed = 1; seed <= 4; seed++) {
        const file = fileOf(forest, seed, attributes, dtype);
        const own = openTabular(file);
        assert.ok(!(own instanceof Unusual), own instanceof Unusual ? own.message : '');
        const theirs = await openOnnxNode(file);
        const pools = poolsOf(readOnnx(file));
        for (const size of [300, 11, 1])
          await assertSameBits(own, theirs, feedsOf(own.inputs, pools, size === 1 ? 40 : 300, seed + size), size);
        await theirs.close();
      }
    });
});
