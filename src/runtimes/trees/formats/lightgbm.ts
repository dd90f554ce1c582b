/**
 * Models as LightGBM saves them, `.txt`: gbdt, dart, goss and rf. Answers are `Booster.predict`'s of a dense table: all is
 * float64, trees are added in their order, and what lies within 1e-35 of 0 is 0 (include/LightGBM/tree.h, c_api.cpp).
 */
import { fail } from '../../../core/errors.ts';
import { type Ensemble, LEAF, LEQ, MEMBER, MISSING_TRUE, NAN_IS_ZERO, ZERO_IS_MISSING } from '../ensemble.ts';
import { exp } from '../exp.ts';
import { log1p } from '../log1p.ts';
import { linearLeaves } from './lightgbm-linear.ts';
import { objectiveOf } from './lightgbm-objectives.ts';
import { countIn, type LightgbmText, numbersIn, readText, refuse, type Section } from './lightgbm-text.ts';
import { NEARLY_ZERO } from './linear.ts';
import type { Category, Feature, TreeFile, TreeFormat } from './tree-file.ts';
import { createNodes, type Nodes } from './tree-nodes.ts';
import { withSteps } from './tree-steps.ts';

const LIBRARY = 'LightGBM';

/** Of a node's decision: by categories; what is missing goes left; and in the two bits behind what is missing. */
const [CATEGORICAL, DEFAULT_LEFT] = [1, 2];
const [MISSING_NONE, MISSING_ZERO] = [0, 1];
const missingKind = (decision: number): number => (decision >> 2) & 3;

/** From there to the next float64. */
const SMALLEST_STEP = 2 ** -169;
/** With this threshold a number is where its likeness is that has 0 for what is nearly 0. */
const settled = (threshold: number): number => {
  if (!(Math.abs(threshold) <= NEARLY_ZERO)) return threshold;
  return threshold >= 0 ? NEARLY_ZERO : -NEARLY_ZERO - SMALLEST_STEP;
};

const testOf = (decision: number): number => {
  if (decision & CATEGORICAL) return MEMBER;
  const missing = missingKind(decision);
  if (missing === MISSING_NONE) return LEQ | NAN_IS_ZERO;
  return LEQ | (decision & DEFAULT_LEFT ? MISSING_TRUE : 0) | (missing === MISSING_ZERO ? ZERO_IS_MISSING : 0);
};

/** The members of each of a tree's sets, of their bits. */
const setsOf = (tree: Section): readonly (readonly number[])[] => {
  const count = countIn(tree, 'num_cat');
  if (count === 0) return [];
  const bounds = numbersIn(tree, 'cat_boundaries', count + 1);
  const words = numbersIn(tree, 'cat_threshold', 0);
  return Array.from({ length: count }, (_, index) => {
    const [from, to] = [bounds[index], bounds[index + 1]];
    if (!(from >= 0 && from <= to && to <= words.length))
      throw refuse('categories lie outside their list', `below ${words.length}`, to);
    const members: number[] = [];
    for (let word = from; word < to; word++)
      for (let bit = 0; bit < 32; bit++) if ((words[word] >>> bit) & 1) members.push((word - from) * 32 + bit);
    return members;
  });
};

/** Writes a tree's nodes from `start` on: those that ask first, then its leaves. */
const readTree = (tree: Section, leaves: number, start: number, nodes: Nodes): void => {
  const inner = leaves - 1;
  const values = numbersIn(tree, 'leaf_value', leaves);
  for (let leaf = 0; leaf < leaves; leaf++) {
    nodes.tests[start + inner + leaf] = LEAF;
    nodes.values[start + inner + leaf] = values[leaf];
  }
  if (inner === 0) return;
  const list = (name: string): Float64Array => numbersIn(tree, name, inner);
  const [features, thresholds, left, right] = ['split_feature', 'threshold', 'left_child', 'right_child'].map(list);
  const decisions = tree.has('decision_type') ? list('decision_type') : new Float64Array(inner);
  const sets = setsOf(tree);
  const placeOf = (child: number): number => {
    const node = child < 0 ? inner - child - 1 : child;
    if (!(Number.isInteger(node) && (child < 0 || child < inner) && node < inner + leaves))
      throw refuse('a node leads out of its tree', `below ${inner}`, child);
    return start + node;
  };
  for (let node = 0; node < inner; node++) {
    const at = start + node;
    const test = testOf(decisions[node]);
    nodes.tests[at] = test;
    nodes.features[at] = features[node];
    nodes.yes[at] = placeOf(left[node]);
    nodes.no[at] = placeOf(right[node]);
    if (test !== MEMBER) {
      nodes.values[at] = settled(thresholds[node]);
      continue;
    }
    const set = sets[thresholds[node]];
    if (set === undefined)
      throw refuse('a node asks for a set that is not there', `below ${sets.length}`, thresholds[node]);
    nodes.sets.set(at, set);
  }
};

const readEnsemble = (trees: readonly Section[], targets: number, features: number): Ensemble => {
  const sizes = trees.map((tree) => {
    const leaves = countIn(tree, 'num_leaves');
    // Before anything of its size is made.
    if (leaves === 0 || leaves > (tree.get('leaf_value')?.length ?? 0))
      throw refuse(`a tree has ${leaves} leaves`, 'as many as it has values', leaves);
    return leaves;
  });
  const nodes = createNodes(sizes.reduce((sum, leaves) => sum + 2 * leaves - 1, 0));
  const roots = new Int32Array(trees.length);
  let start = 0;
  for (const [index, leaves] of sizes.entries()) {
    readTree(trees[index], leaves, start, nodes);
    roots[index] = start;
    start += 2 * leaves - 1;
  }
  for (const feature of nodes.features)
    if (!(feature >= 0 && feature < features))
      throw refuse('a node tests a feature that is not there', `below ${features}`, feature);
  const firstTargets = Int32Array.from(trees, (_, index) => index % targets);
  return { input: 'float64', sum: 'float64', aggregate: 'sum', targets, width: 1, roots, firstTargets, ...nodes };
};

const featuresIn = (head: Section): number => countIn(head, 'max_feature_idx') + 1;

const categoryOf = (value: unknown): Category => (typeof value === 'number' ? value : String(value));

const categoriesOf = (json: string | undefined): readonly (readonly unknown[])[] => {
  if (json === undefined) return [];
  let lists: unknown;
  try {
    lists = JSON.parse(json);
  } catch (cause) {
    throw fail('BAD_MODEL', 'The LightGBM model is damaged: pandas_categorical is no JSON.', {
      expected: 'JSON',
      cause,
    });
  }
  return Array.isArray(lists) && lists.every(Array.isArray) ? lists : [];
};

/** By feature: what its nodes ask, as bits. */
const [ASKS_SET, ASKS_WITH_ZERO, ASKS_WITHOUT_ZERO, ASKS_MISSING] = [1, 2, 4, 8];
const askedOf = ({ tests, features }: Ensemble, count: number): Uint8Array => {
  const asked = new Uint8Array(count);
  for (const [node, test] of tests.entries()) {
    if (test === LEAF) continue;
    const number = test & NAN_IS_ZERO ? ASKS_WITH_ZERO : test & ZERO_IS_MISSING ? ASKS_WITHOUT_ZERO : ASKS_MISSING;
    asked[features[node]] |= test === MEMBER ? ASKS_SET : number;
  }
  return asked;
};

const featuresOf = ({ head, categorical, categories: json }: LightgbmText, ensemble: Ensemble): readonly Feature[] => {
  const names = (head.get('feature_names') ?? '').split(' ').filter((name) => name !== '');
  const count = featuresIn(head);
  if (names.length !== count) throw refuse(`feature_names names ${names.length} features`, `${count}`, names.length);
  const asked = askedOf(ensemble, count);
  const said = new Set((categorical ?? '').split(',').map((index) => (/^\d+$/.test(index) ? Number(index) : -1)));
  const columns = [...names.keys()].filter((index) => said.has(index) || (asked[index] & ASKS_SET) !== 0);
  const lists = categoriesOf(json);
  // A column of pandas may be in order, and then is a number to LightGBM: which one the lists do not say.
  const known = new Map(lists.length === columns.length ? columns.map((column, at) => [column, lists[at]]) : []);
  return names.map((name, index): Feature => {
    const list = known.get(index);
    if (list?.length === 2 && list[0] === false && list[1] === true) return { name, takes: 'boolean' };
    if (columns.includes(index)) return { name, takes: 'category', ...(list && { categories: list.map(categoryOf) }) };
    const zero =
      asked[index] === ASKS_WITH_ZERO ? 'for missing' : asked[index] === ASKS_WITHOUT_ZERO ? 'is missing' : undefined;
    return { name, takes: 'number', ...(zero && { zero }) };
  });
};

const decoder = new TextDecoder();

/** The beginning of what LightGBM writes. */
const matches = (file: Uint8Array): boolean =>
  /^tree\r?\n(?:version|num_class)=/.test(decoder.decode(file.subarray(0, 32)));

/** @throws BAD_MODEL for what is damaged, or is none of the models above */
const read = (file: Uint8Array): TreeFile => {
  const text = readText(decoder.decode(file));
  const { head, trees } = text;
  const targets = countIn(head, 'num_tree_per_iteration', countIn(head, 'num_class', 1));
  if (trees.length === 0 || targets === 0 || trees.length % targets !== 0)
    throw refuse(`it has ${trees.length} trees`, `${targets} an iteration`, trees.length);
  const line = head.get('objective');
  const { output, link, label } = objectiveOf(line, targets);
  const ensemble = readEnsemble(trees, targets, featuresIn(head));
  const adjustment = head.has('average_output') && { divisor: trees.length / targets };
  const isLinear = trees.some((tree) => countIn(tree, 'is_linear', 0) !== 0);
  return withSteps(
    {
      library: LIBRARY,
      objective: line?.split(' ')[0] ?? 'custom',
      features: featuresOf(text, ensemble),
      input: 'float64',
      sums: isLinear ? linearLeaves(trees, ensemble, featuresIn(head)) : { of: 'trees', ensemble },
      output,
      answer: { width: targets, dtype: 'float64', link, ...(adjustment && { adjustment }), ...(label && { label }) },
    },
    { float64: exp, log1p },
  );
};

export const lightgbm: TreeFormat = { library: LIBRARY, endings: ['.txt'], matches, read };
