/** TreeEnsemble of ai.onnx.ml 5, grown at random: every mode, aggregate, post transform and kind of target. */
import type { Attribute, Constant } from '../onnx-builder.ts';
import { type Case, of, on } from './operator-case.ts';
import { random } from './rows.ts';

const FEATURES = 3;
const BRANCH_MEMBER = 6;
const every = [0, 1, 2, 3, 4, 5, BRANCH_MEMBER];

interface Grove {
  readonly modes?: readonly number[];
  readonly targets?: number;
  /** Leaves of one tree have weights for several targets. */
  readonly mixed?: boolean;
  readonly missing?: boolean;
  readonly wide?: boolean;
  readonly depth?: number;
  readonly attributes?: Readonly<Record<string, Attribute>>;
}

/** The attributes of an operator whose trees are grown at random. */
export const treesOf = (grove: Grove, seed: number): Readonly<Record<string, Attribute>> => {
  const { modes = [0], targets = 1, mixed = false, missing = false, wide = false, depth = 4 } = grove;
  const next = random(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(next() * from.length)];
  const value = (): number => Math.fround(pick([0, 1, 2, 3, -1, 0.5, next() * 10 - 5]));
  const nodes: {
    mode: number;
    feature: number;
    split: number;
    yes: readonly [number, number];
    no: readonly [number, number];
  }[] = [];
  const leaves: { target: number; weight: number }[] = [];
  const members: number[] = [];
  const roots: number[] = [];
  for (let tree = 0; tree < 9; tree++) {
    /** A place, and whether it is a leaf's. */
    const grow = (left: number): readonly [number, number] => {
      if (left < depth && (left === 0 || next() < 0.1))
        return [
          leaves.push({
            target: mixed ? Math.floor(next() * targets) : tree % targets,
            weight: Math.fround(next() - 0.5),
          }) - 1,
          1,
        ];
      const at = nodes.length;
      const mode = pick(modes);
      nodes.push({ mode, feature: Math.floor(next() * FEATURES), split: value(), yes: [0, 0], no: [0, 0] });
      if (mode === BRANCH_MEMBER) {
        for (let count = 1 + Math.floor(next() * 4); count > 0; count--) members.push(1 + Math.floor(next() * 6));
        members.push(Number.NaN);
      }
      nodes[at] = { ...nodes[at], yes: grow(left - 1), no: grow(left - 1) };
      return [at, 0];
    };
    roots.push(grow(depth)[0]);
  }
  const numbers = (values: readonly number[]): Attribute => {
    const data = wide ? Float64Array.from(values) : Float32Array.from(values);
    return { tensor: { name: '', dims: [values.length], data } };
  };
  const ints = (values: readonly number[]): readonly bigint[] => values.map(BigInt);
  const bytes: Constant = {
    name: '',
    dims: [nodes.length],
    data: Uint8Array.from(nodes, (node) => node.mode),
    dtype: 'uint8',
  };
  return {
    n_targets: BigInt(targets),
    tree_roots: ints(roots),
    nodes_featureids: ints(nodes.map(({ feature }) => feature)),
    nodes_modes: { tensor: bytes },
    nodes_splits: numbers(nodes.map(({ split }) => split)),
    nodes_truenodeids: ints(nodes.map(({ yes }) => yes[0])),
    nodes_trueleafs: ints(nodes.map(({ yes }) => yes[1])),
    nodes_falsenodeids: ints(nodes.map(({ no }) => no[0])),
    nodes_falseleafs: ints(nodes.map(({ no }) => no[1])),
    ...(missing && { nodes_missing_value_tracks_true: nodes.map(() => BigInt(next() < 0.5)) }),
    // Of float64 rows ONNX Runtime wants them in both types at once.
    ...(!wide && {
      nodes_hitrates: { tensor: { name: '', dims: [nodes.length], data: new Float32Array(nodes.length) } },
    }),
    ...(members.length > 0 && { membership_values: numbers(members) }),
    leaf_targetids: ints(leaves.map(({ target }) => target)),
    leaf_weights: numbers(leaves.map(({ weight }) => weight)),
    ...grove.attributes,
  };
};

/** By the number that ONNX Runtime has for them; in the standard SOFTMAX is 1, and LOGISTIC 2. */
const POSTS = ['NONE', 'LOGISTIC', 'SOFTMAX', 'SOFTMAX_ZERO', 'PROBIT'];
const AGGREGATES = ['AVERAGE', 'SUM', 'MIN', 'MAX'];

const groves: Readonly<Record<string, Grove>> = {
  ...Object.fromEntries(every.map((mode) => [`mode ${mode}`, { modes: [mode] }])),
  ...Object.fromEntries(
    every.map((mode) => [`mode ${mode}, with missing values tracked`, { modes: [mode], missing: true }]),
  ),
  'all modes': { modes: every, missing: true },
  'all modes, of float64': { modes: every, missing: true, wide: true },
  'trees of one leaf': { depth: 1, modes: every },
  ...Object.fromEntries(
    AGGREGATES.flatMap((name, aggregate_function): [string, Grove][] => [
      [name, { attributes: { aggregate_function: BigInt(aggregate_function) } }],
      [`${name} of several targets`, { targets: 3, attributes: { aggregate_function: BigInt(aggregate_function) } }],
      [
        `${name} of several targets, of float64`,
        { targets: 3, wide: true, attributes: { aggregate_function: BigInt(aggregate_function) } },
      ],
    ]),
  ),
  'several targets in a tree': { targets: 3, mixed: true },
  'the mean of several targets in a tree': { targets: 3, mixed: true, attributes: { aggregate_function: 0n } },
  ...Object.fromEntries(
    POSTS.flatMap((name, post_transform): [string, Grove][] => [
      [name, { attributes: { post_transform: BigInt(post_transform) } }],
      [
        `${name} of several targets`,
        { targets: 3, mixed: true, attributes: { post_transform: BigInt(post_transform) } },
      ],
      [`${name} of float64`, { wide: true, attributes: { post_transform: BigInt(post_transform) } }],
      [
        `${name} of several targets, of float64`,
        { targets: 3, wide: true, attributes: { post_transform: BigInt(post_transform) } },
      ],
    ]),
  ),
};

export const treeEnsembleCases: Readonly<Record<string, Case>> = Object.fromEntries(
  Object.entries(groves).map(([name, grove], seed) => {
    const dtype = grove.wide ? 'float64' : 'float32';
    const one = of('TreeEnsemble', treesOf(grove, seed), on(dtype, [grove.targets ?? 1]), on(dtype, [FEATURES]));
    return [`TreeEnsemble, ${name}`, { ...one, opsets: { 'ai.onnx.ml': 5 } }];
  }),
);
