/** The trees of TreeEnsembleRegressor and TreeEnsembleClassifier (ai.onnx.ml 1 and 3) as an ensemble. */
import { fail } from '../../core/errors.ts';
import type { Tensor } from '../../core/types.ts';
import type { NodeAttributes } from '../onnx-attributes.ts';
import { type Ensemble, EQ, GT, GTE, LEAF, LEQ, LT, MISSING_TRUE, NEQ } from './ensemble.ts';
import { unusual } from './unusual.ts';

/** More weights than this are not laid out for every leaf. */
export const MAX_WEIGHTS = 1 << 24;

const damaged = (what: string, expected: string, got: string) =>
  fail('BAD_MODEL', `The model's trees are damaged: ${what}.`, { expected, got });

/** The letters that tell one mode from another of the same length. */
const [L, G, N, E, B, LINE] = [...'LGNEB_'].map((letter) => letter.charCodeAt(0));

/** Tests by the length of their name and its eighth letter, as there is one for each of many thousand nodes. */
const testOf = (bytes: Uint8Array, from: number, to: number): number => {
  const length = to - from;
  if (length === 4 && bytes[from] === L) return LEAF;
  if (length < 9 || length > 10 || bytes[from] !== B || bytes[from + 6] !== LINE) return -1;
  const letter = bytes[from + 7];
  if (length === 10) return letter === L ? LEQ : letter === G ? GTE : letter === N ? NEQ : -1;
  return letter === L ? LT : letter === G ? GT : letter === E ? EQ : -1;
};

const readTests = (attributes: NodeAttributes, nodes: number): Uint8Array => {
  const tests = new Uint8Array(nodes);
  let at = 0;
  attributes.eachText('nodes_modes', (bytes, from, to) => {
    const test = testOf(bytes, from, to);
    if (test === -1) throw unusual('a node of another mode');
    if (at < nodes) tests[at] = test;
    at++;
  });
  if (at !== nodes) throw damaged('not every node has a mode', `${nodes}`, `${at}`);
  // NaN differs from every value, whatever is said of it.
  for (let node = 0; node < nodes; node++) if (tests[node] === NEQ) tests[node] |= MISSING_TRUE;
  const missing = attributes.ints('nodes_missing_value_tracks_true');
  for (let node = 0; node < Math.min(nodes, missing.length); node++)
    if (missing[node] === 1 && tests[node] !== LEAF) tests[node] |= MISSING_TRUE;
  return tests;
};

/** float32 numbers, or a tensor of float64 ones: never both. */
const readNumbers = (
  attributes: NodeAttributes,
  name: string,
): { numbers: Float32Array | Float64Array; wide: boolean } => {
  const tensor: Tensor | undefined = attributes.tensor(`${name}_as_tensor`);
  const numbers = attributes.floats(name);
  if (tensor === undefined) return { numbers, wide: false };
  const { data, dtype } = tensor;
  if (!(data instanceof Float32Array || data instanceof Float64Array) || numbers.length > 0)
    throw unusual(`${name} twice, or as ${dtype}`);
  return { numbers: data, wide: dtype === 'float64' };
};

interface Nodes {
  readonly count: number;
  readonly roots: readonly number[];
  /** The index of a node of a tree, or -1. */
  find(tree: number, id: number): number;
}

/** The nodes of a tree, which stand one behind the other. */
interface Run {
  readonly tree: number;
  readonly from: number;
  readonly to: number;
  /** Where a number is not the place in the run. */
  readonly byId: ReadonlyMap<number, number> | undefined;
}

/** Trees are runs of nodes with the same tree's number; the first node of a run is its root. */
const indexNodes = (trees: Float64Array, ids: Float64Array): Nodes => {
  const count = trees.length;
  const roots: number[] = [];
  const runs = new Map<number, Run>();
  let run: Run | undefined;
  for (let from = 0; from < count; from = run.to) {
    const tree = trees[from];
    let to = from;
    let isDense = true;
    while (to < count && trees[to] === tree) {
      isDense &&= ids[to] === to - from;
      to++;
    }
    if (runs.has(tree)) throw unusual('a tree whose nodes stand apart');
    let byId: Map<number, number> | undefined;
    if (!isDense) {
      byId = new Map();
      for (let node = from; node < to; node++) byId.set(ids[node], node);
      if (byId.size < to - from) throw damaged('a node stands there twice', 'one', 'two');
    }
    run = { tree, from, to, byId };
    runs.set(tree, run);
    roots.push(from);
  }
  return {
    count,
    roots,
    find(tree, id) {
      // Most are asked for tree by tree.
      if (run?.tree !== tree) run = runs.get(tree);
      if (run === undefined) return -1;
      if (run.byId) return run.byId.get(id) ?? -1;
      const node = run.from + id;
      return id >= 0 && node < run.to && Number.isInteger(id) ? node : -1;
    },
  };
};

/** `weights` lists the leaves' weights in any order, each for one target. */
const readWeights = (
  attributes: NodeAttributes,
  prefix: 'target' | 'class',
  nodes: Nodes,
  tests: Uint8Array,
  values: Float64Array,
  targets: number,
) => {
  const trees = attributes.ints(`${prefix}_treeids`);
  const ids = attributes.ints(`${prefix}_nodeids`);
  const targetIds = attributes.ints(`${prefix}_ids`);
  const { numbers, wide } = readNumbers(attributes, `${prefix}_weights`);
  const count = trees.length;
  if (ids.length !== count || targetIds.length !== count || numbers.length !== count)
    throw damaged('not every weight has a leaf and a target', `${count}`, `${numbers.length}`);
  const leaves = new Int32Array(count);
  const perLeaf = new Int32Array(nodes.count);
  const firstTarget = new Int32Array(nodes.count);
  let isSingle = true;
  for (let at = 0; at < count; at++) {
    const leaf = nodes.find(trees[at], ids[at]);
    if (leaf === -1) throw damaged('a weight is for a node that is not there', 'a leaf', `${trees[at]}-${ids[at]}`);
    if (!(targetIds[at] >= 0 && targetIds[at] < targets))
      throw damaged('a weight is for a target that is not there', `0 … ${targets - 1}`, `${targetIds[at]}`);
    // An old converter writes weights for nodes that are none; they count for nothing.
    leaves[at] = tests[leaf] === LEAF ? leaf : -1;
    if (leaves[at] === -1) continue;
    firstTarget[leaf] = targetIds[at];
    if (++perLeaf[leaf] > 1) isSingle = false;
  }
  const firstTargets = new Int32Array(nodes.roots.length);
  for (let tree = 0, node = 0; tree < nodes.roots.length; tree++) {
    const end = nodes.roots[tree + 1] ?? nodes.count;
    let target = -1;
    for (; node < end; node++) {
      if (tests[node] !== LEAF) continue;
      if (perLeaf[node] === 0) throw damaged('a leaf has no weight', 'a weight', 'none');
      if (target === -1) target = firstTarget[node];
      isSingle &&= target === firstTarget[node];
    }
    firstTargets[tree] = Math.max(target, 0);
  }
  /** How many leaves have a weight for each target, to tell targets that some rows get nothing for. */
  const weighted = new Int32Array(targets);
  if (isSingle) {
    for (let at = 0; at < count; at++) if (leaves[at] !== -1) values[leaves[at]] = numbers[at];
    for (const target of firstTargets) weighted[target] = -1;
    return { wide, width: 1, firstTargets, weights: undefined, ids: targetIds, numbers, isFull: true, weighted };
  }
  let leafCount = 0;
  for (let node = 0; node < nodes.count; node++) if (tests[node] === LEAF) values[node] = leafCount++ * targets;
  if (leafCount * targets > MAX_WEIGHTS) throw unusual(`${leafCount} leaves for ${targets} targets`);
  const weights = new Float64Array(leafCount * targets);
  const given = new Uint8Array(leafCount * targets);
  for (let at = 0; at < count; at++) {
    if (leaves[at] === -1) continue;
    const place = values[leaves[at]] + targetIds[at];
    if (given[place]) throw unusual('a leaf with two weights for one target');
    given[place] = 1;
    weights[place] = numbers[at];
    weighted[targetIds[at]]++;
  }
  for (let target = 0; target < targets; target++) if (weighted[target] === leafCount) weighted[target] = -1;
  firstTargets.fill(0);
  const isFull = given.every((one) => one === 1);
  return { wide, width: targets, firstTargets, weights, ids: targetIds, numbers, isFull, weighted };
};

export interface OnnxTrees {
  readonly ensemble: Ensemble;
  readonly base: Float32Array | Float64Array;
  readonly trees: number;
  /** By target: -1 when every row gets a weight for it, 0 when none does; else some do. */
  readonly weighted: Int32Array;
  readonly allPositive: boolean;
}

/**
 * @throws Unusual, or BAD_MODEL where ONNX Runtime would refuse them too.
 */
export const readTrees = (
  attributes: NodeAttributes,
  prefix: 'target' | 'class',
  targets: number,
  input: 'float32' | 'float64',
): OnnxTrees => {
  const treeIds = attributes.ints('nodes_treeids');
  const count = treeIds.length;
  const nodeIds = attributes.ints('nodes_nodeids');
  const nodes = indexNodes(treeIds, nodeIds);
  const tests = readTests(attributes, count);
  const thresholds = readNumbers(attributes, 'nodes_values');
  const features = attributes.ints('nodes_featureids');
  const yesIds = attributes.ints('nodes_truenodeids');
  const noIds = attributes.ints('nodes_falsenodeids');
  for (const list of [thresholds.numbers, features, yesIds, noIds, nodeIds])
    if (list.length !== count) throw damaged('not every node has all that belongs to it', `${count}`, `${list.length}`);
  const values = new Float64Array(thresholds.numbers);
  const { wide, width, firstTargets, weights, numbers, isFull, weighted } = readWeights(
    attributes,
    prefix,
    nodes,
    tests,
    values,
    targets,
  );
  const base = readNumbers(attributes, 'base_values');
  if (input === 'float32' && (thresholds.wide || wide || base.wide))
    throw unusual('float64 thresholds for float32 rows');
  const aggregate = attributes.text('aggregate_function', 'SUM');
  if (aggregate !== 'SUM' && aggregate !== 'AVERAGE' && !isFull)
    throw unusual(`${aggregate} of leaves without a weight`);
  if ((aggregate === 'MIN' || aggregate === 'MAX') && !numbers.every(Number.isFinite))
    throw unusual(`${aggregate} of weights that are not finite`);
  const yes = new Int32Array(count);
  const no = new Int32Array(count);
  for (let tree = 0, node = 0; tree < nodes.roots.length; tree++) {
    const end = nodes.roots[tree + 1] ?? count;
    for (; node < end; node++) {
      if (tests[node] === LEAF) continue;
      yes[node] = nodes.find(treeIds[node], yesIds[node]);
      no[node] = nodes.find(treeIds[node], noIds[node]);
    }
  }
  return {
    ensemble: {
      input,
      sum: input,
      aggregate: aggregate === 'MIN' ? 'min' : aggregate === 'MAX' ? 'max' : 'sum',
      targets,
      tests,
      features: new Int32Array(features),
      values,
      yes,
      no,
      roots: Int32Array.from(nodes.roots),
      firstTargets,
      width,
      ...(weights && { weights }),
    },
    base: base.numbers,
    trees: nodes.roots.length,
    weighted,
    allPositive: numbers.every((weight) => weight >= 0),
  };
};
