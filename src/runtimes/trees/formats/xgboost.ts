/**
 * Models as XGBoost saves them, `.json` and `.ubj`: boosters gbtree and dart. Answers are `Booster.predict`'s: all is float32, a
 * row's sum begins with the base score's margin, and trees are added in their order (src/predictor/cpu_predictor.cc).
 * The form is described in https://xgboost.readthedocs.io/en/stable/tutorials/saving_model.html.
 */
import { fail } from '../../../core/errors.ts';
import { type Ensemble, LEAF, LT, MEMBER, MISSING_TRUE } from '../ensemble.ts';
import { type JsonPart, type Numbers, partsOf } from './json-parts.ts';
import type { Category, Feature, TreeFile, TreeFormat } from './tree-file.ts';
import { createNodes, type Nodes } from './tree-nodes.ts';
import { withSteps } from './tree-steps.ts';
import { readUbjson } from './ubjson.ts';
import { objectiveOf } from './xgboost-objectives.ts';

const f = Math.fround;
const LIBRARY = 'XGBoost';
const MAX_TREES = 1 << 20;

const { refuse, objectIn, listIn, numbersIn } = partsOf(LIBRARY);
/** Parameters stand as texts. */
const parameter = (parent: JsonPart, name: string, unless: number): number => {
  const value = parent[name] ?? unless;
  const number = Number(value);
  if (!Number.isInteger(number) || number < 0) throw refuse(`${name} is ${value}`, 'an integer from 0', value);
  return number;
};

/** Of text as it was, of 3.1 a list of them: `5E-1`, `[5E-1]`. */
const baseScores = (value: unknown): readonly number[] => {
  const scores = String(value ?? '0.5')
    .replace(/^\[|\]$/g, '')
    .split(',')
    .map(Number);
  if (!scores.every(Number.isFinite)) throw refuse('base_score is no number', 'a number', value);
  return scores.map(f);
};

const decoder = new TextDecoder();
/** The categories of a feature, where the file has them (from 3.1 on): texts lie as one run of bytes, integers as they are. */
const categoriesOf = (encoding: unknown): readonly Category[] | undefined => {
  const { offsets, values } = (encoding ?? {}) as { readonly offsets?: Numbers; readonly values?: Numbers };
  if (values === undefined || values.length === 0) return undefined;
  if (offsets === undefined) return Array.from(values);
  const bytes = Uint8Array.from(values);
  return Array.from({ length: Math.max(0, offsets.length - 1) }, (_, index) =>
    decoder.decode(bytes.subarray(offsets[index], offsets[index + 1])),
  );
};

const featuresOf = (learner: JsonPart, model: JsonPart, count: number): readonly Feature[] => {
  const names = learner.feature_names === undefined ? [] : listIn(learner, 'feature_names');
  const types = learner.feature_types === undefined ? [] : listIn(learner, 'feature_types');
  const encodings = model.cats === undefined ? [] : listIn(objectIn(model, 'cats'), 'enc');
  for (const [what, list] of [
    ['feature_names', names],
    ['feature_types', types],
  ] as const)
    if (list.length !== 0 && list.length !== count)
      throw refuse(`${what} names ${list.length} features`, `${count}`, list.length);
  return Array.from({ length: count }, (_, index) => {
    const type = types[index];
    const categories = type === 'c' ? categoriesOf(encodings[index]) : undefined;
    return {
      name: names.length === 0 ? `f${index}` : String(names[index]),
      takes: type === 'c' ? 'category' : type === 'i' ? 'boolean' : type === 'int' ? 'integer' : 'number',
      ...(categories && { categories }),
    };
  });
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

/** Writes a tree's nodes from `first` on. `scale` is what dart left of its weight. */
const readTree = (tree: JsonPart, first: number, size: number, scale: number, nodes: Nodes): void => {
  const list = (name: string): Numbers => numbersIn(tree, name, size);
  const [left, right] = [list('left_children'), list('right_children')];
  const [features, values, missingLeft] = [list('split_indices'), list('split_conditions'), list('default_left')];
  const types = tree.split_type === undefined ? undefined : list('split_type');
  if (types !== undefined) readSets(tree, first, size, nodes.sets);
  for (let node = 0; node < size; node++) {
    const at = first + node;
    if (left[node] === -1) {
      nodes.tests[at] = LEAF;
      nodes.values[at] = f(f(values[node]) * scale);
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

const boosterOf = (learner: JsonPart): Booster => {
  const booster = objectIn(learner, 'gradient_booster');
  if (booster.name === 'gbtree') return { model: objectIn(booster, 'model'), scales: undefined };
  if (booster.name === 'dart')
    return { model: objectIn(objectIn(booster, 'gbtree'), 'model'), scales: numbersIn(booster, 'weight_drop') };
  throw fail('BAD_MODEL', `The booster ${String(booster.name)} of XGBoost is not read.`, {
    expected: 'gbtree or dart; gblinear as ONNX',
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

const readEnsemble = (learner: JsonPart, { model, scales }: Booster, margins: readonly number[]): Ensemble => {
  const targets = margins.length;
  const trees = listIn(model, 'trees') as readonly JsonPart[];
  const groups = numbersIn(model, 'tree_info', trees.length);
  const count = treesToUse(learner, model, targets, trees.length);
  if (count > MAX_TREES) throw refuse(`there are ${count} trees`, `at most ${MAX_TREES}`, count);
  if (scales && scales.length < count) throw refuse('trees have no weight', `${count} weights`, scales.length);
  const sizes = trees.slice(0, count).map((tree, index) => {
    const vector = parameter(objectIn(tree, 'tree_param'), 'size_leaf_vector', 1);
    if (vector > 1)
      throw fail('BAD_MODEL', 'XGBoost trees whose leaves have several values are not read.', {
        expected: 'multi_strategy: one_output_per_tree, or the model as ONNX',
        got: `${vector} values`,
      });
    const size = numbersIn(tree, 'left_children').length;
    if (size === 0) throw refuse(`tree ${index} has no node`, 'a node', 0);
    return size;
  });
  // A tree of one leaf for each target that has a margin other than 0: sums begin with it.
  const begun = [...margins.keys()].filter((target) => margins[target] !== 0);
  const total = begun.length + sizes.reduce((sum, size) => sum + size, 0);
  const nodes = createNodes(total);
  const roots = new Int32Array(begun.length + count);
  const firstTargets = new Int32Array(begun.length + count);
  for (const [at, target] of begun.entries()) {
    nodes.tests[at] = LEAF;
    nodes.values[at] = margins[target];
    roots[at] = at;
    firstTargets[at] = target;
  }
  let first = begun.length;
  for (const [index, size] of sizes.entries()) {
    readTree(trees[index], first, size, scales === undefined ? 1 : f(scales[index]), nodes);
    roots[begun.length + index] = first;
    firstTargets[begun.length + index] = groups[index];
    first += size;
  }
  return { input: 'float32', sum: 'float32', aggregate: 'sum', targets, width: 1, roots, firstTargets, ...nodes };
};

/** XGBoost writes numbers that JSON has not. A text may look like one of them. */
const beyondJson = /"(?:[^"\\]|\\.)*"|-?(?:NaN|Infinity)/g;
const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    const written = (part: string): string =>
      part.startsWith('"') ? part : part.endsWith('NaN') ? 'null' : part.replace('Infinity', '1e999');
    return JSON.parse(text.replace(beyondJson, written));
  }
};

const parse = (file: Uint8Array): JsonPart => {
  const isBinary = !isText(file);
  let value: unknown;
  try {
    value = isBinary ? readUbjson(file) : parseJson(decoder.decode(file));
  } catch (cause) {
    if (isBinary) throw cause;
    throw fail('BAD_MODEL', 'The XGBoost model is no JSON: it is cut off or damaged.', { expected: 'JSON', cause });
  }
  return objectIn({ model: value } as JsonPart, 'model');
};

/** UBJSON says the length of the first name behind the brace, JSON goes on with a quote. */
const isText = (file: Uint8Array): boolean => /^\s*\{\s*["}]/.test(decoder.decode(file.subarray(0, 64)));

/** The beginnings of what XGBoost writes: an object whose first name is `learner` or `version`. */
const matches = (file: Uint8Array): boolean => {
  const start = decoder.decode(file.subarray(0, 256));
  if (/^\s*\{\s*"(?:learner|version)"\s*:/.test(start)) return start.includes('learner') || start.includes('version');
  return /^\{(?:#[\s\S]{2,9})?[iUIlL][\s\S]{1,8}?(?:learner|version)/.test(start);
};

/** @throws BAD_MODEL for what is damaged, or is none of the models above */
const read = (file: Uint8Array): TreeFile => {
  const learner = objectIn(parse(file), 'learner');
  const param = objectIn(learner, 'learner_model_param');
  const features = parameter(param, 'num_feature', 0);
  const targets = Math.max(1, parameter(param, 'num_class', 0), parameter(param, 'num_target', 1));
  const booster = boosterOf(learner);
  const name = String(objectIn(learner, 'objective').name);
  const objective = objectiveOf(name, targets);
  const base = baseScores(param.base_score);
  if (base.length !== 1 && base.length !== targets)
    throw refuse(`there are ${base.length} base scores`, `1 or ${targets}`, base.length);
  const margins = Array.from({ length: targets }, (_, target) => objective.margin(base[target] ?? base[0]));
  if (!margins.every(Number.isFinite)) throw refuse('base_score is out of range', `one of ${name}`, param.base_score);
  const ensemble = readEnsemble(learner, booster, margins);
  for (let node = 0; node < ensemble.features.length; node++)
    if (!(ensemble.features[node] >= 0 && ensemble.features[node] < features))
      throw refuse('a node tests a feature that is not there', `below ${features}`, ensemble.features[node]);
  const { output, link, label } = objective;
  return withSteps(
    {
      library: LIBRARY,
      objective: name,
      features: featuresOf(learner, booster.model, features),
      input: 'float32',
      sums: { of: 'trees', ensemble },
      output,
      answer: { width: targets, dtype: 'float32', link, ...(label && { label }) },
    },
    {},
  );
};

export const xgboost: TreeFormat = { library: LIBRARY, endings: ['.json', '.ubj'], matches, read };
