/**
 * Trees as any library writes them: the one form that every reader makes and every writer takes. All nodes of all trees
 * stand in arrays by node, in any order; what a tree is follows from its root. Numbers are float64 here, which holds every
 * float32; `input` and `sum` say in which of the two a library compares and adds.
 */
import { fail } from '../../core/errors.ts';
import { blocksOf } from './blocks.ts';
import { unusual } from './unusual.ts';

/** What a node asks of its feature x and its value v; a leaf asks nothing. */
export const LEQ = 0;
export const LT = 1;
export const GTE = 2;
export const GT = 3;
export const EQ = 4;
export const NEQ = 5;
/** x, cut to an integer, is one of the node's categories. */
export const MEMBER = 6;
export const LEAF = 7;
/** Added to a test: NaN passes it. Without, NaN fails every test, NEQ too. */
export const MISSING_TRUE = 8;
/** Added to a test: NaN is taken for 0 (LightGBM's missing kind None). */
export const NAN_IS_ZERO = 16;
/** Added to a test: what lies within 1e-35 of 0 is taken for NaN (LightGBM's missing kind Zero). */
export const ZERO_IS_MISSING = 32;

export interface Ensemble {
  /** A float32 ensemble is given float32 values, and its thresholds are such. */
  readonly input: 'float32' | 'float64';
  /** In what sums are kept: each addition rounds to it. Trees are added in their order here, each sum from 0. */
  readonly sum: 'float32' | 'float64';
  readonly aggregate: 'sum' | 'min' | 'max';
  readonly targets: number;
  /** By node: a test, with what is added to it. */
  readonly tests: Uint8Array;
  /** By node: which column of the row is tested. */
  readonly features: Int32Array;
  /** By node: the threshold; of a leaf its weight, or with `width` > 1 the place of its first weight in `weights`. */
  readonly values: Float64Array;
  /** By node: where it leads, as nodes. */
  readonly yes: Int32Array;
  readonly no: Int32Array;
  /** By node that asks MEMBER: its categories, integers from 0. */
  readonly sets?: ReadonlyMap<number, ArrayLike<number>>;
  /** By tree. */
  readonly roots: Int32Array;
  /** By tree: the first of the targets that its leaves have weights for. */
  readonly firstTargets: Int32Array;
  /** How many targets a leaf has weights for: 1, or all of a multi-output tree's. */
  readonly width: number;
  readonly weights?: Float64Array;
}

/** Features are numbered below this, so that what is kept by feature stays small. */
const MAX_FEATURES = 1 << 20;
/** Blocks of categories are numbered below this; a set says by its own length how many it takes. */
const MAX_CATEGORY = 1 << 24;

const damaged = (message: string, expected: string, got: string) =>
  fail('BAD_MODEL', `The model's trees are damaged: ${message}`, { expected, got });

/** What a walk from a node may come to. */
export interface Heights {
  /** By node: steps to the furthest leaf, as the kernel counts them. */
  readonly steps: Int32Array;
  /** By node: 1 if a set is tested from there on. */
  readonly sets: Uint8Array;
}

/** Steps that the kernel takes for a node's own test. */
export const stepsOf = ({ tests, sets }: Ensemble, node: number): number => {
  const test = tests[node] & 7;
  return test === LEAF
    ? 0
    : test === EQ || test === NEQ
      ? 2
      : test === MEMBER
        ? blocksOf(sets?.get(node) ?? []).length
        : 1;
};

/** Whether a node reads and leads only to what is there. @throws BAD_MODEL, Unusual */
const checkNode = ({ tests, features, values, yes, no, sets, width, weights }: Ensemble, node: number): void => {
  const nodes = tests.length;
  const test = tests[node] & 7;
  if (test === LEAF) {
    const at = values[node];
    if (width > 1 && !(Number.isInteger(at) && at >= 0 && at + width <= (weights?.length ?? 0)))
      throw damaged('a leaf has no weights.', `${width} weights`, 'none');
    return;
  }
  const feature = features[node];
  if (feature < 0) throw damaged('a node tests a feature that is not there.', 'a feature from 0', `${feature}`);
  if (feature >= MAX_FEATURES) throw unusual(`a feature numbered ${feature}`);
  for (const child of [yes[node], no[node]])
    if (!(child >= 0 && child < nodes))
      throw damaged('a node leads to one that is not there.', `0 … ${nodes - 1}`, `${child}`);
  if (test !== MEMBER) {
    // Nothing equals NaN, and no library writes it.
    if (Number.isNaN(values[node])) throw unusual('a threshold that is NaN');
    return;
  }
  const set = sets?.get(node);
  if (set === undefined) throw damaged('a node asks for a set that is not there.', 'categories', 'none');
  for (let at = 0; at < set.length; at++)
    if (!(Number.isInteger(set[at]) && set[at] >= 0 && set[at] < MAX_CATEGORY))
      throw damaged('a category is no integer from 0.', `0 … ${MAX_CATEGORY - 1}`, `${set[at]}`);
};

/**
 * Looks an ensemble through once: afterwards every walk from a root ends at a leaf, and reads only what is there. Nodes may be
 * shared, as a converter writes them that makes a set of categories a chain of EQ.
 *
 * @throws BAD_MODEL for trees that would be read outside their arrays or for ever. Unusual for what no library writes.
 */
export const measure = (ensemble: Ensemble): Heights => {
  const { tests, yes, no, roots, firstTargets, width, targets } = ensemble;
  const nodes = tests.length;
  const steps = new Int32Array(nodes);
  const sets = new Uint8Array(nodes);
  // 0 not seen, 1 on the way to the node at hand, 2 done.
  const state = new Uint8Array(nodes);
  const way: number[] = [];
  if (roots.length === 0) throw damaged('there are none.', 'a tree', 'none');
  for (let tree = 0; tree < roots.length; tree++) {
    if (!(roots[tree] >= 0 && roots[tree] < nodes))
      throw damaged('a root is no node.', `0 … ${nodes - 1}`, `${roots[tree]}`);
    if (!(firstTargets[tree] >= 0 && firstTargets[tree] + width <= targets))
      throw damaged('a leaf is for a target that is not there.', `0 … ${targets - 1}`, `${firstTargets[tree]}`);
    way.push(roots[tree]);
    while (way.length > 0) {
      const node = way[way.length - 1];
      const isLeaf = (tests[node] & 7) === LEAF;
      if (state[node] === 0) {
        checkNode(ensemble, node);
        state[node] = isLeaf ? 2 : 1;
        if (!isLeaf) {
          if (state[yes[node]] === 1 || state[no[node]] === 1)
            throw damaged('a node leads back to one above it.', 'trees', 'a circle');
          if (state[no[node]] === 0) way.push(no[node]);
          if (state[yes[node]] === 0) way.push(yes[node]);
        }
        continue;
      }
      way.pop();
      if (state[node] === 2) continue;
      state[node] = 2;
      const [a, b] = [yes[node], no[node]];
      // A child that is not done by now was pushed before its way led back here.
      if (state[a] !== 2 || state[b] !== 2) throw damaged('a node leads back to one above it.', 'trees', 'a circle');
      steps[node] = stepsOf(ensemble, node) + Math.max(steps[a], steps[b]);
      sets[node] = Number((tests[node] & 7) === MEMBER) | sets[a] | sets[b];
    }
  }
  return { steps, sets };
};
