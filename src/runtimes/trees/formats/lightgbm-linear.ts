/** LightGBM's trees whose leaves are linear models (linear_tree; Tree::Predict in include/LightGBM/tree.h). */
import { type Ensemble, LEAF } from '../ensemble.ts';
import { countIn, numbersIn, refuse, type Section } from './lightgbm-text.ts';
import type { SumSource } from './tree-file.ts';

/** Lists of all leaves, while they grow. */
interface Lists {
  readonly origins: number[];
  readonly otherwise: number[];
  readonly starts: number[];
  readonly features: number[];
  readonly coefficients: number[];
}

/** Adds a tree's leaves. One without linear models has constants alone. @throws BAD_MODEL */
const addTree = (lists: Lists, tree: Section, count: number): void => {
  const leaves = countIn(tree, 'num_leaves');
  const values = numbersIn(tree, 'leaf_value', leaves);
  const isLinear = countIn(tree, 'is_linear', 0) !== 0;
  const origins = isLinear ? numbersIn(tree, 'leaf_const', leaves) : values;
  const sizes = isLinear ? numbersIn(tree, 'num_features', leaves) : new Float64Array(leaves);
  const terms = sizes.reduce((sum, size) => sum + size, 0);
  if (!sizes.every((size) => Number.isInteger(size) && size >= 0))
    throw refuse('num_features is damaged', 'counts', terms);
  const features = terms === 0 ? [] : numbersIn(tree, 'leaf_features', terms);
  const coefficients = terms === 0 ? [] : numbersIn(tree, 'leaf_coeff', terms);
  for (let at = 0; at < terms; at++) {
    if (!(Number.isInteger(features[at]) && features[at] >= 0 && features[at] < count))
      throw refuse('a leaf has a feature that is not there', `below ${count}`, features[at]);
    lists.features.push(features[at]);
    lists.coefficients.push(coefficients[at]);
  }
  for (let leaf = 0; leaf < leaves; leaf++) {
    lists.origins.push(origins[leaf]);
    lists.otherwise.push(values[leaf]);
    lists.starts.push(lists.starts[lists.starts.length - 1] + sizes[leaf]);
  }
};

/** Trees that tell which leaf a row comes to, each for a target of its own, and the leaves' models. @throws BAD_MODEL */
export const linearLeaves = (trees: readonly Section[], ensemble: Ensemble, count: number): SumSource => {
  const lists: Lists = { origins: [], otherwise: [], starts: [0], features: [], coefficients: [] };
  for (const tree of trees) addTree(lists, tree, count);
  let leaf = 0;
  // Leaves stand in the order of the trees, and a tree's in their own.
  const values = ensemble.values.map((value, node) => (ensemble.tests[node] === LEAF ? leaf++ : value));
  return {
    of: 'linear leaves',
    ensemble: { ...ensemble, values, targets: trees.length, firstTargets: Int32Array.from(trees.keys()) },
    leaves: {
      targets: ensemble.targets,
      origins: Float64Array.from(lists.origins),
      otherwise: Float64Array.from(lists.otherwise),
      starts: Int32Array.from(lists.starts),
      features: Int32Array.from(lists.features),
      coefficients: Float64Array.from(lists.coefficients),
    },
  };
};
