/**
 * The trees of TreeEnsemble (ai.onnx.ml 5) as an ensemble. Inner nodes and leaves stand in lists of their own; a leaf has one
 * weight. https://onnx.ai/onnx/operators/onnx_aionnxml_TreeEnsemble.html
 */
import { fail } from '../../core/errors.ts';
import type { NodeAttributes } from '../onnx-attributes.ts';
import { type Ensemble, EQ, GT, GTE, LEAF, LEQ, LT, MISSING_TRUE, NEQ } from './ensemble.ts';
import { MAX_WEIGHTS } from './onnx-ensemble.ts';
import { unusual } from './unusual.ts';

const damaged = (what: string, expected: string, got: string) =>
  fail('BAD_MODEL', `The model's trees are damaged: ${what}.`, { expected, got });

/** Tests by the number of their mode. NaN differs from every value, whatever is said of it. */
const TESTS = [LEQ, LT, GTE, GT, EQ, NEQ | MISSING_TRUE];
const BRANCH_MEMBER = 6;

const AGGREGATES = ['AVERAGE', 'SUM', 'MIN', 'MAX'] as const;
/** As ONNX Runtime reads them (seen with 1.30); the standard has SOFTMAX for 1 and LOGISTIC for 2. */
const POSTS = ['NONE', 'LOGISTIC', 'SOFTMAX', 'SOFTMAX_ZERO', 'PROBIT'] as const;

/** The word for a number of an attribute. @throws Unusual */
const worded = <T>(words: readonly T[], attributes: NodeAttributes, name: string, unlessGiven: number): T => {
  const number = attributes.int(name, unlessGiven);
  const word = words[number];
  if (word === undefined) throw unusual(`${name} ${number}`);
  return word;
};

/** Numbers of the type of the input. @throws Unusual for any other type */
const readNumbers = (attributes: NodeAttributes, name: string, input: 'float32' | 'float64'): ArrayLike<number> => {
  const tensor = attributes.tensor(name);
  if (tensor === undefined) return [];
  if (tensor.dtype !== input) throw unusual(`${name} as ${tensor.dtype} for ${input} rows`);
  return tensor.data as Float32Array | Float64Array;
};

/** The members of each node that asks for some, in the order of those nodes; NaN stands behind each. */
const readMembers = (values: ArrayLike<number>): readonly (readonly number[])[] => {
  const sets: number[][] = [[]];
  for (let at = 0; at < values.length; at++) {
    if (Number.isNaN(values[at])) sets.push([]);
    else sets[sets.length - 1].push(values[at]);
  }
  return sets;
};

interface Nodes {
  readonly tests: Uint8Array;
  readonly features: Int32Array;
  readonly values: Float64Array;
  readonly yes: Int32Array;
  readonly no: Int32Array;
  /** Leaves stand from here on, and with `-1` for a child that is none of the nodes. */
  readonly firstLeaf: number;
}

/** Inner nodes, then those that ask for one member after the other, then leaves. */
const readNodes = (attributes: NodeAttributes, input: 'float32' | 'float64', leaves: number): Nodes => {
  const ints = (name: string): Float64Array => attributes.ints(name);
  const features = ints('nodes_featureids');
  const count = features.length;
  const modes = (attributes.tensor('nodes_modes')?.data ?? []) as ArrayLike<number>;
  const splits = readNumbers(attributes, 'nodes_splits', input);
  const children = [ints('nodes_truenodeids'), ints('nodes_falsenodeids')];
  const kinds = [ints('nodes_trueleafs'), ints('nodes_falseleafs')];
  for (const list of [modes, splits, ...children, ...kinds])
    if (list.length !== count) throw damaged('not every node has all that belongs to it', `${count}`, `${list.length}`);
  const missing = ints('nodes_missing_value_tracks_true');
  const sets = readMembers(readNumbers(attributes, 'membership_values', input));
  const more = sets.reduce((sum, { length }) => sum + Math.max(0, length - 1), 0);
  const firstLeaf = count + more;
  const nodes: Nodes = {
    tests: new Uint8Array(firstLeaf + leaves).fill(LEAF, firstLeaf),
    features: new Int32Array(firstLeaf + leaves),
    values: new Float64Array(firstLeaf + leaves),
    yes: new Int32Array(firstLeaf + leaves),
    no: new Int32Array(firstLeaf + leaves),
    firstLeaf,
  };
  const childOf = (side: number, node: number): number => {
    const [id, isLeaf] = [children[side][node], kinds[side][node] !== 0];
    return id >= 0 && id < (isLeaf ? leaves : count) ? id + (isLeaf ? firstLeaf : 0) : -1;
  };
  let free = count;
  let asked = 0;
  const put = (at: number, node: number, test: number, value: number, no: number): void => {
    nodes.tests[at] = missing[node] === 1 ? test | MISSING_TRUE : test;
    nodes.features[at] = features[node];
    nodes.values[at] = value;
    nodes.yes[at] = childOf(0, node);
    nodes.no[at] = no;
  };
  for (let node = 0; node < count; node++) {
    if (modes[node] !== BRANCH_MEMBER) {
      const test = TESTS[modes[node]];
      if (test === undefined) throw unusual('a node of another mode');
      put(node, node, test, splits[node], childOf(1, node));
      continue;
    }
    const members = sets[asked++] ?? [];
    if (members.length === 0) throw damaged('a node asks for a set that is not there', 'members', 'none');
    // As many of them as there are; what one does not have goes on to the next.
    for (let index = 0, at = node; index < members.length; index++) {
      const next = index < members.length - 1 ? free++ : childOf(1, node);
      put(at, node, EQ, members[index], next);
      at = next;
    }
  }
  return nodes;
};

/** By tree, the target that all its leaves have weights for, or undefined where one tree has several. */
const targetsOf = (
  roots: ArrayLike<number>,
  { tests, yes, no, firstLeaf }: Nodes,
  ids: ArrayLike<number>,
): Int32Array | undefined => {
  const found = new Int32Array(roots.length).fill(-1);
  const trees = new Int32Array(tests.length).fill(-1);
  let isSingle = true;
  const way: number[] = [];
  for (let tree = 0; tree < roots.length; tree++) {
    way.push(roots[tree]);
    for (let node = way.pop(); node !== undefined; node = way.pop()) {
      // What leads nowhere or in a circle is refused later.
      if (!(node >= 0 && node < tests.length) || trees[node] === tree) continue;
      if (trees[node] !== -1) throw unusual('trees that share nodes');
      trees[node] = tree;
      if (node < firstLeaf) {
        way.push(yes[node], no[node]);
        continue;
      }
      const target = ids[node - firstLeaf];
      if (found[tree] === -1) found[tree] = target;
      isSingle &&= found[tree] === target;
    }
    if (found[tree] === -1) found[tree] = 0;
  }
  return isSingle ? found : undefined;
};

/** What the operator makes of rows of a type. */
export interface EnsembleOfTrees {
  readonly ensemble: Ensemble;
  readonly targets: number;
  readonly trees: number;
  readonly post: (typeof POSTS)[number];
  readonly isAverage: boolean;
}

/** @throws Unusual, or BAD_MODEL for trees that lead nowhere */
export const readTreeEnsemble = (attributes: NodeAttributes, input: 'float32' | 'float64'): EnsembleOfTrees => {
  const targets = attributes.int('n_targets', 0);
  if (!(targets > 0)) throw unusual(`trees for ${targets} targets`);
  const ids = attributes.ints('leaf_targetids');
  const given = readNumbers(attributes, 'leaf_weights', input);
  if (ids.length !== given.length)
    throw damaged('not every leaf has a weight and a target', `${ids.length}`, `${given.length}`);
  for (const id of ids)
    if (!(id >= 0 && id < targets))
      throw damaged('a weight is for a target that is not there', `0 … ${targets - 1}`, `${id}`);
  const { firstLeaf, ...nodes } = readNodes(attributes, input, ids.length);
  const roots = attributes.ints('tree_roots');
  const last = attributes.ints('nodes_featureids').length - 1;
  for (const root of roots)
    if (!(root >= 0 && root <= last)) throw damaged('a root is no node', `0 … ${last}`, `${root}`);
  const firstTargets = targetsOf(roots, { firstLeaf, ...nodes }, ids);
  const aggregate = worded(AGGREGATES, attributes, 'aggregate_function', 1);
  if (aggregate === 'MIN' || aggregate === 'MAX') {
    if (firstTargets === undefined || new Set(firstTargets).size < targets)
      throw unusual(`${aggregate} of targets without a weight`);
    if (!Array.from(given).every(Number.isFinite)) throw unusual(`${aggregate} of weights that are not finite`);
  }
  let weights: Float64Array | undefined;
  if (firstTargets) nodes.values.set(Array.from(given), firstLeaf);
  else {
    if (ids.length * targets > MAX_WEIGHTS) throw unusual(`${ids.length} leaves for ${targets} targets`);
    weights = new Float64Array(ids.length * targets);
    for (let leaf = 0; leaf < ids.length; leaf++) {
      nodes.values[firstLeaf + leaf] = leaf * targets;
      weights[leaf * targets + ids[leaf]] = given[leaf];
    }
  }
  return {
    ensemble: {
      input,
      sum: input,
      aggregate: aggregate === 'MIN' ? 'min' : aggregate === 'MAX' ? 'max' : 'sum',
      targets,
      ...nodes,
      roots: Int32Array.from(roots),
      firstTargets: firstTargets ?? new Int32Array(roots.length),
      width: firstTargets ? 1 : targets,
      ...(weights && { weights }),
    },
    targets,
    trees: roots.length,
    post: worded(POSTS, attributes, 'post_transform', 0),
    isAverage: aggregate === 'AVERAGE',
  };
};
