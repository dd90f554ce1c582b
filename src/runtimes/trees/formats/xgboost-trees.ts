/** What sums XGBoost's rows: trees, whose leaves may have a value for each target, or one linear model. All is float32. */
import { fail } from '../../../core/errors.ts';
import { type Ensemble, LEAF, LT, MEMBER, MISSING_TRUE } from '../ensemble.ts';
import { type JsonPart, type Numbers, partsOf } from './json-parts.ts';
import type { LinearSums } from './linear.ts';
import { createNodes, type Nodes } from './tree-nodes.ts';

const f = Math.fround;
const MAX_TREES = 1 << 20;

const { refuse, objectIn, listIn, numbersIn } = partsOf('XGBoost');
/** Parameters stand as texts. */
export const parameter = (parent: JsonPart, name: string, unless: number): number => {
  const value = parent[name] ?? unless;
  const number = Number(value);
  if (!Number.isInteger(number) || number < 0) throw refuse(`${name} is ${value}`, 'an integer from 0', value);
  return number;
};

/** Where the sets of a tree's nodes lie in its list of categories. */
const readSets = (tree: JsonPart, first: number, size: number, sets: Nodes['sets']): void => {
  const nodes = numbersIn(tree, 'categories_nodes');
  const starts = numbersIn(tree, 'categories_segments', nodes.length);
  const sizes = numbersIn(tree, 'categories_sizes', nodes.length);
  const categories = Array.from(numbersIn(tree, 'categories'));
  for (let at = 0; at < nodes.length; at++) {
    const [node, from, count] = [nodes[at], starts[at], sizes[at]];
    if (!(node >= 0 && node < size && from >= 0 && count >= 0 && from + count <= categories.length))
      throw refuse('categories lie outside their list', `below ${categories.length}`, from + count);
    sets.set(first + node, categories.slice(from, from + count));
  }
};

/** All trees, while they are written. */
interface Grove {
  readonly nodes: Nodes;
  /** Values of a leaf: 1, or one for each target. */
  readonly width: number;
  /** Of leaves with several values, as they come. */
  readonly weights: number[];
}

/** What `leaf_weights` has for a leaf; where, its right child says. @returns the place of the first among all weights */
const addLeaf = ({ width, weights }: Grove, given: Numbers, leaf: number, scale: number): number => {
  if (!(leaf >= 0 && (leaf + 1) * width <= given.length))
    throw refuse('a leaf has no weights', `${width} for each`, given.length);
  for (let target = 0; target < width; target++) weights.push(f(f(given[leaf * width + target]) * scale));
  return weights.length - width;
};

/** Writes a tree's nodes from `first` on. `scale` is what dart left of its weight. */
const readTree = (tree: JsonPart, first: number, size: number, scale: number, grove: Grove): void => {
  const { nodes, width } = grove;
  const list = (name: string): Numbers => numbersIn(tree, name, size);
  const [left, right] = [list('left_children'), list('right_children')];
  const [features, values, missingLeft] = [list('split_indices'), list('split_conditions'), list('default_left')];
  const types = tree.split_type === undefined ? undefined : list('split_type');
  const leafWeights = width > 1 ? numbersIn(tree, 'leaf_weights') : [];
  if (types !== undefined) readSets(tree, first, size, nodes.sets);
  for (let node = 0; node < size; node++) {
    const at = first + node;
    if (left[node] === -1) {
      nodes.tests[at] = LEAF;
      nodes.values[at] = width > 1 ? addLeaf(grove, leafWeights, right[node], scale) : f(f(values[node]) * scale);
      continue;
    }
    if (!(left[node] > 0 && left[node] < size && right[node] > 0 && right[node] < size))
      throw refuse('a node leads out of its tree', `below ${size}`, Math.max(left[node], right[node]));
    const isSet = types?.[node] === 1;
    const missing = Boolean(missingLeft[node]);
    nodes.features[at] = features[node];
    // Categories of a set go right, all else left.
    nodes.tests[at] = isSet ? MEMBER | (missing ? 0 : MISSING_TRUE) : LT | (missing ? MISSING_TRUE : 0);
    nodes.values[at] = isSet ? 0 : f(values[node]);
    nodes.yes[at] = first + (isSet ? right : left)[node];
    nodes.no[at] = first + (isSet ? left : right)[node];
  }
};

interface Booster {
  readonly model: JsonPart;
  /** By tree; 1 but for dart. */
  readonly scales: Numbers | undefined;
}

export const treesOf = (booster: JsonPart): Booster => {
  if (booster.name === 'gbtree') return { model: objectIn(booster, 'model'), scales: undefined };
  if (booster.name === 'dart')
    return { model: objectIn(objectIn(booster, 'gbtree'), 'model'), scales: numbersIn(booster, 'weight_drop') };
  throw fail('BAD_MODEL', `The booster ${String(booster.name)} of XGBoost is not read.`, {
    expected: 'gbtree, dart or gblinear',
    got: String(booster.name),
  });
};

/**
 * Trees that answer: those up to the best iteration where a scikit-learn estimator stopped early, as that predicts with them;
 * `Booster.predict` takes all, and so do files that a booster saved. Versions before 2.0 do not say where iterations begin.
 */
const treesToUse = (learner: JsonPart, model: JsonPart, targets: number, all: number): number => {
  const attributes = learner.attributes === undefined ? {} : objectIn(learner, 'attributes');
  if (attributes.scikit_learn === undefined || attributes.best_iteration === undefined) return all;
  const best = parameter(attributes, 'best_iteration', 0);
  const used =
    model.iteration_indptr === undefined
      ? (best + 1) * targets * parameter(objectIn(model, 'gbtree_model_param'), 'num_parallel_tree', 1)
      : numbersIn(model, 'iteration_indptr')[best + 1];
  if (used === undefined || !(used > 0 && used <= all))
    throw refuse(`best_iteration is ${best}`, 'an iteration of the model', best);
  return used;
};

/** Values of a tree's leaves: 1, or one for each target. @throws BAD_MODEL */
const vectorsOf = (tree: JsonPart | undefined, targets: number): number => {
  const size = tree === undefined ? 1 : Math.max(1, parameter(objectIn(tree, 'tree_param'), 'size_leaf_vector', 1));
  if (size !== 1 && size !== targets) throw refuse(`leaves have ${size} values`, `1 or ${targets}`, size);
  return size;
};

export const readEnsemble = (
  learner: JsonPart,
  { model, scales }: Booster,
  margins: readonly number[],
  features: number,
): Ensemble => {
  const targets = margins.length;
  const trees = listIn(model, 'trees') as readonly JsonPart[];
  const groups = numbersIn(model, 'tree_info', trees.length);
  const count = treesToUse(learner, model, targets, trees.length);
  if (count > MAX_TREES) throw refuse(`there are ${count} trees`, `at most ${MAX_TREES}`, count);
  if (scales && scales.length < count) throw refuse('trees have no weight', `${count} weights`, scales.length);
  const width = vectorsOf(trees[0], targets);
  const sizes = trees.slice(0, count).map((tree, index) => {
    if (vectorsOf(tree, targets) !== width) throw refuse('trees have unlike leaves', `${width} values`, index);
    const size = numbersIn(tree, 'left_children').length;
    if (size === 0) throw refuse(`tree ${index} has no node`, 'a node', 0);
    return size;
  });
  // A tree of one leaf for each target that has a margin other than 0: sums begin with it. Of vectors one for all.
  const others = [...margins.keys()].filter((target) => margins[target] !== 0);
  const begun = width > 1 ? others.slice(0, 1).map(() => 0) : others;
  const total = begun.length + sizes.reduce((sum, size) => sum + size, 0);
  const nodes = createNodes(total);
  const grove: Grove = { nodes, width, weights: begun.length > 0 && width > 1 ? [...margins] : [] };
  const roots = new Int32Array(begun.length + count);
  const firstTargets = new Int32Array(begun.length + count);
  for (const [at, target] of begun.entries()) {
    nodes.tests[at] = LEAF;
    nodes.values[at] = width > 1 ? 0 : margins[target];
    roots[at] = at;
    firstTargets[at] = target;
  }
  let first = begun.length;
  for (const [index, size] of sizes.entries()) {
    readTree(trees[index], first, size, scales === undefined ? 1 : f(scales[index]), grove);
    roots[begun.length + index] = first;
    firstTargets[begun.length + index] = width > 1 ? 0 : groups[index];
    first += size;
  }
  for (let node = 0; node < total; node++)
    if (!(nodes.features[node] >= 0 && nodes.features[node] < Math.max(1, features)))
      throw refuse('a node tests a feature that is not there', `below ${features}`, nodes.features[node]);
  const weights = width > 1 && { weights: Float64Array.from(grove.weights) };
  return {
    input: 'float32',
    sum: 'float32',
    aggregate: 'sum',
    targets,
    width,
    roots,
    firstTargets,
    ...nodes,
    ...weights,
  };
};

/** A linear model's weights, by feature, and its biases behind them (src/gbm/gblinear_model.h). */
export const readLinear = (booster: JsonPart, features: number, margins: readonly number[]): LinearSums => {
  const targets = margins.length;
  const given = numbersIn(objectIn(booster, 'model'), 'weights', (features + 1) * targets);
  const weights = Float32Array.from({ length: features * targets }, (_, at) => given[at]);
  const origins = Float32Array.from(margins, (_, target) => f(given[features * targets + target]) + margins[0]);
  return { targets, weights, origins };
};
