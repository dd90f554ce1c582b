/** What every ensemble is held to before anything walks it. */
import { fail } from '../../core/errors.ts';
import { blocksOf } from './blocks.ts';
import { type Ensemble, EQ, LEAF, MEMBER, NEQ } from './ensemble.ts';
import { unusual } from './unusual.ts';

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
  const a = yes[node];
  const b = no[node];
  if (!(a >= 0 && a < nodes && b >= 0 && b < nodes))
    throw damaged('a node leads to one that is not there.', `0 … ${nodes - 1}`, `${a >= 0 && a < nodes ? b : a}`);
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
      const a = yes[node];
      const b = no[node];
      // A child that is not done by now was pushed before its way led back here.
      if (state[a] !== 2 || state[b] !== 2) throw damaged('a node leads back to one above it.', 'trees', 'a circle');
      steps[node] = stepsOf(ensemble, node) + Math.max(steps[a], steps[b]);
      sets[node] = Number((tests[node] & 7) === MEMBER) | sets[a] | sets[b];
    }
  }
  return { steps, sets };
};
