/** A random forest as scikit-learn grows it to its last leaf: 100 trees, 750,000 nodes; the own runtime beside ONNX Runtime. */
import { runtimes } from '../src/runtimes/index.ts';
import { openInNode } from '../src/runtimes/open.node.ts';
import { buildOnnx } from '../test/runtimes/onnx-builder.ts';
import { random } from '../test/runtimes/trees/rows.ts';
import { inTurns } from './runtimes.ts';

const FEATURES = 16;
const BATCH = 1024;
/** All features of a row lie from -RANGE to RANGE. */
const RANGE = 5;

interface Nodes {
  readonly trees: bigint[];
  readonly ids: bigint[];
  readonly features: bigint[];
  readonly yes: bigint[];
  readonly no: bigint[];
  readonly modes: string[];
  readonly values: number[];
}

/** Adds a tree of so many leaves: again and again some leaf is split, at a threshold within what comes to it. */
const growTree = (nodes: Nodes, tree: number, leaves: number, next: () => number): void => {
  const first = nodes.ids.length;
  const open: { readonly id: number; readonly low: number[]; readonly high: number[] }[] = [];
  const add = (low: number[], high: number[]): bigint => {
    const id = nodes.ids.length - first;
    nodes.trees.push(BigInt(tree));
    nodes.ids.push(BigInt(id));
    nodes.features.push(0n);
    nodes.yes.push(0n);
    nodes.no.push(0n);
    nodes.modes.push('LEAF');
    nodes.values.push(0);
    open.push({ id, low, high });
    return BigInt(id);
  };
  add(new Array(FEATURES).fill(-RANGE), new Array(FEATURES).fill(RANGE));
  while (open.length < leaves) {
    const at = Math.floor(next() * open.length);
    const { id, low, high } = open[at];
    open[at] = open[open.length - 1];
    open.pop();
    const feature = Math.floor(next() * FEATURES);
    const threshold = Math.fround(low[feature] + (high[feature] - low[feature]) * (0.3 + 0.4 * next()));
    nodes.features[first + id] = BigInt(feature);
    nodes.modes[first + id] = 'BRANCH_LEQ';
    nodes.values[first + id] = threshold;
    nodes.yes[first + id] = add(low, high.with(feature, threshold));
    nodes.no[first + id] = add(low.with(feature, threshold), high);
  }
};

const graphOf = (trees: number, leaves: number): Uint8Array => {
  const next = random(11);
  const nodes: Nodes = { trees: [], ids: [], features: [], yes: [], no: [], modes: [], values: [] };
  for (let tree = 0; tree < trees; tree++) growTree(nodes, tree, leaves, next);
  const isLeaf = (at: number): boolean => nodes.modes[at] === 'LEAF';
  const ends = nodes.ids.flatMap((_, at) => (isLeaf(at) ? at : []));
  return buildOnnx({
    inputs: [{ name: 'x', dims: ['rows', FEATURES] }],
    outputs: [{ name: 'y', dims: ['rows', 1] }],
    nodes: [
      {
        op: 'TreeEnsembleRegressor',
        domain: 'ai.onnx.ml',
        inputs: ['x'],
        outputs: ['y'],
        attributes: {
          n_targets: 1n,
          nodes_treeids: nodes.trees,
          nodes_nodeids: nodes.ids,
          nodes_featureids: nodes.features,
          nodes_modes: nodes.modes,
          nodes_values: Float32Array.from(nodes.values),
          nodes_truenodeids: nodes.yes,
          nodes_falsenodeids: nodes.no,
          target_treeids: ends.map((at) => nodes.trees[at]),
          target_nodeids: ends.map((at) => nodes.ids[at]),
          target_ids: ends.map(() => 0n),
          target_weights: Float32Array.from(ends, () => (next() - 0.5) / trees),
        },
      },
    ],
  });
};

export interface ForestFigures {
  readonly nodes: number;
  /** Nanoseconds a row of a run of 1,024: own, ONNX Runtime. */
  readonly batch: readonly [number, number];
}

export const measureForest = async (short: boolean): Promise<ForestFigures> => {
  const [trees, leaves] = short ? [10, 100] : [100, 3790];
  const file = graphOf(trees, leaves);
  const sessions = [await openInNode(file, runtimes.trees), await openInNode(file, runtimes.onnxruntime)];
  const next = random(5);
  const data = Float32Array.from({ length: BATCH * FEATURES }, () => (next() * 2 - 1) * RANGE);
  const feeds = { x: { dtype: 'float32', dims: [BATCH, FEATURES], data } } as const;
  const [own, theirs] = await inTurns(
    short ? 2 : 40,
    sessions.map((session) => () => session.run(feeds, ['y'])),
  );
  await Promise.all(sessions.map((session) => session.close()));
  return { nodes: trees * (2 * leaves - 1), batch: [(own * 1e6) / BATCH, (theirs * 1e6) / BATCH] };
};
