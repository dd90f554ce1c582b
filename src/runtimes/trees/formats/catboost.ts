/**
 * Models as CatBoost saves them as `.json`: symmetric trees and others. Numbers are float32, leaves and sums float64, trees are
 * added in their order, and scale and bias come last (libs/model/model_export, libs/model/cpu).
 */
import { fail } from '../../../core/errors.ts';
import { type Ensemble, LEAF } from '../ensemble.ts';
import { exp } from '../exp.ts';
import { quickExp } from '../quick-exp.ts';
import { objectiveOf } from './catboost-objectives.ts';
import { readSplits, type Split } from './catboost-splits.ts';
import { type JsonPart, partsOf } from './json-parts.ts';
import type { Adjustment } from './link.ts';
import type { TreeFile, TreeFormat } from './tree-file.ts';
import { createNodes, type Nodes } from './tree-nodes.ts';
import { withSteps } from './tree-steps.ts';

const LIBRARY = 'CatBoost';
const { refuse, listIn, numbersIn, objectIn } = partsOf(LIBRARY);

/** A tree as it is read, before its nodes have places. */
interface Tree {
  /** Nodes, leaves included. */
  readonly size: number;
  /** Values of all leaves: so many for each of them. */
  readonly values: number;
  /** Writes nodes from `start` on, and leaves' values. */
  write(start: number, grove: Grove): void;
}

/** All trees, while they are written. */
interface Grove {
  readonly nodes: Nodes;
  readonly width: number;
  /** Of leaves that have several values. */
  readonly weights: Float64Array;
  /** How many of them there are by now. */
  filled: number;
}

const splitAt = (splits: readonly Split[], part: unknown): Split => {
  const index = Number((part as JsonPart | null)?.split_index);
  const split = splits[index];
  if (split === undefined) throw refuse(`there is no split ${index}`, `below ${splits.length}`, index);
  return split;
};

const writeSplit = (nodes: Nodes, at: number, { test, feature, border, set }: Split, yes: number, no: number): void => {
  nodes.tests[at] = test;
  nodes.features[at] = feature;
  nodes.values[at] = border;
  nodes.yes[at] = yes;
  nodes.no[at] = no;
  if (set) nodes.sets.set(at, set);
};

const writeLeaf = (grove: Grove, at: number, values: ArrayLike<number>, from: number): void => {
  const { nodes, width, weights } = grove;
  nodes.tests[at] = LEAF;
  nodes.values[at] = width === 1 ? values[from] : grove.filled;
  if (width === 1) return;
  for (let target = 0; target < width; target++) weights[grove.filled++] = values[from + target];
};

/** All nodes of a level ask the same; which way each went are the bits of the leaf's number, the first level's the lowest. */
const symmetric = (tree: JsonPart, splits: readonly Split[]): Tree => {
  const levels = listIn(tree, 'splits').map((part) => splitAt(splits, part));
  const values = numbersIn(tree, 'leaf_values');
  const leaves = 2 ** levels.length;
  if (values.length === 0 || values.length % leaves !== 0)
    throw refuse(
      `a tree of ${levels.length} splits has ${values.length} values`,
      `${leaves} for each target`,
      values.length,
    );
  return {
    size: 2 * leaves - 1,
    values: values.length / leaves,
    write(start, grove) {
      for (const [level, split] of levels.entries()) {
        const [own, next] = [start + 2 ** level - 1, start + 2 ** (level + 1) - 1];
        for (let way = 0; way < 2 ** level; way++)
          writeSplit(grove.nodes, own + way, split, next + way + 2 ** level, next + way);
      }
      for (let leaf = 0; leaf < leaves; leaf++) writeLeaf(grove, start + leaves - 1 + leaf, values, leaf * grove.width);
    },
  };
};

const valuesOf = (leaf: JsonPart): ArrayLike<number> =>
  Array.isArray(leaf.value) ? numbersIn(leaf, 'value') : numbersIn({ value: [leaf.value] }, 'value');

/** Nodes within nodes. */
const free = (root: JsonPart, splits: readonly Split[]): Tree => {
  const all: { readonly node: JsonPart; yes: number; no: number }[] = [{ node: root, yes: 0, no: 0 }];
  for (let at = 0; at < all.length; at++) {
    const own = all[at];
    if (own.node.value !== undefined) continue;
    own.no = all.push({ node: objectIn(own.node, 'left'), yes: 0, no: 0 }) - 1;
    own.yes = all.push({ node: objectIn(own.node, 'right'), yes: 0, no: 0 }) - 1;
  }
  const widths = new Set(all.flatMap(({ node, yes }) => (yes === 0 ? valuesOf(node).length : [])));
  const [values] = widths;
  if (widths.size !== 1 || values === 0) throw refuse('leaves have unlike values', 'as many each', [...widths]);
  return {
    size: all.length,
    values,
    write(start, grove) {
      for (const [at, { node, yes, no }] of all.entries())
        if (yes === 0) writeLeaf(grove, start + at, valuesOf(node), 0);
        else writeSplit(grove.nodes, start + at, splitAt(splits, node.split), start + yes, start + no);
    },
  };
};

const readEnsemble = (trees: readonly Tree[]): Ensemble => {
  const targets = trees[0]?.values;
  if (targets === undefined) throw refuse('it has no trees', 'a tree', 0);
  if (!trees.every(({ values }) => values === targets))
    throw refuse('trees have unlike leaves', `${targets} values`, '');
  const total = trees.reduce((sum, { size }) => sum + size, 0);
  const leaves = (total + trees.length) / 2;
  const weights = new Float64Array(targets === 1 ? 0 : leaves * targets);
  const grove: Grove = { nodes: createNodes(total), width: targets, weights, filled: 0 };
  const roots = new Int32Array(trees.length);
  let start = 0;
  for (const [index, tree] of trees.entries()) {
    roots[index] = start;
    tree.write(start, grove);
    start += tree.size;
  }
  return {
    input: 'float32',
    sum: 'float64',
    aggregate: 'sum',
    targets,
    width: targets,
    roots,
    firstTargets: new Int32Array(trees.length),
    ...grove.nodes,
    ...(targets > 1 && { weights }),
  };
};

/** Scale and bias come before anything is made of sums. @throws BAD_MODEL */
const adjustmentOf = ([scale, bias]: readonly unknown[], targets: number): Adjustment | undefined => {
  const biases = typeof bias === 'number' ? [bias] : Array.from((bias ?? []) as ArrayLike<unknown>, Number);
  const factor = Number(scale);
  if (!Number.isFinite(factor) || !biases.every(Number.isFinite) || biases.length > targets)
    throw refuse('scale_and_bias is no scale and bias', 'numbers', scale);
  return factor === 1 && biases.every((one) => one === 0) ? undefined : { scale: factor, biases };
};

const decoder = new TextDecoder();
const BINARY = 'CBM1';

const isBinary = (file: Uint8Array): boolean => decoder.decode(file.subarray(0, BINARY.length)) === BINARY;

/** The beginnings of what CatBoost writes: `.cbm`, or an object with one of these names first. */
const matches = (file: Uint8Array): boolean =>
  isBinary(file) ||
  /^\s*\{\s*"(?:ctr_data|features_info|model_info|oblivious_trees|scale_and_bias|trees)"\s*:/.test(
    decoder.decode(file.subarray(0, 256)),
  );

const parse = (file: Uint8Array): JsonPart => {
  if (isBinary(file))
    throw fail('BAD_MODEL', 'A .cbm file of CatBoost is not read; what it saves as JSON is.', {
      expected: 'model.save_model("model.json", format="json", pool=train_pool)',
      got: 'CatBoost\u2019s binary form',
    });
  try {
    return objectIn({ model: JSON.parse(decoder.decode(file)) }, 'model');
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw fail('BAD_MODEL', 'The CatBoost model is no JSON: it is cut off or damaged.', { expected: 'JSON', cause });
  }
};

/** The name of what was optimized, and the classes. */
const trainedFor = (model: JsonPart) => {
  const info = model.model_info === undefined ? {} : objectIn(model, 'model_info');
  const part = (parent: unknown, name: string): JsonPart =>
    ((parent as JsonPart | undefined)?.[name] ?? {}) as JsonPart;
  const loss = part(part(info, 'params'), 'loss_function').type;
  const names = part(info, 'class_params').class_names;
  const threshold = info.binclass_probability_threshold;
  return {
    loss: loss === undefined ? undefined : String(loss),
    classes: {
      names: Array.isArray(names) ? names : [],
      threshold: threshold === undefined ? undefined : Number(threshold),
    },
  };
};

/** @throws BAD_MODEL for what is damaged, or is none of the models above */
const read = (file: Uint8Array): TreeFile => {
  const json = parse(file);
  const data = typeof json.ctr_data === 'object' && json.ctr_data !== null ? (json.ctr_data as JsonPart) : {};
  const { splits, features, together } = readSplits(objectIn(json, 'features_info'), data);
  const isSymmetric = json.oblivious_trees !== undefined;
  const trees = listIn(json, isSymmetric ? 'oblivious_trees' : 'trees').map((_, index, list) => {
    const tree = objectIn({ tree: list[index] }, 'tree');
    return isSymmetric ? symmetric(tree, splits) : free(tree, splits);
  });
  const ensemble = readEnsemble(trees);
  const { targets } = ensemble;
  const { loss, classes } = trainedFor(json);
  const { output, link, label } = objectiveOf(loss, targets, classes);
  const adjustment = adjustmentOf(json.scale_and_bias === undefined ? [1] : listIn(json, 'scale_and_bias'), targets);
  return withSteps(
    {
      library: LIBRARY,
      objective: loss ?? 'of no name',
      features,
      input: 'float32',
      ...(together.length > 0 && { together }),
      sums: { of: 'trees', ensemble },
      output,
      answer: { width: targets, dtype: 'float64', link, ...(adjustment && { adjustment }), ...(label && { label }) },
    },
    { float64: exp, quick: quickExp },
  );
};

export const catboost: TreeFormat = { library: LIBRARY, endings: ['.json'], matches, read };
