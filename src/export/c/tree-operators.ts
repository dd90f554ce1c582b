/** Trees of ONNX in C, and what is done to their sums (runtimes/trees/operators/trees.ts). */
import { type OnnxTrees, readTrees } from '../../runtimes/trees/onnx-ensemble.ts';
import { readTreeEnsemble } from '../../runtimes/trees/onnx-tree-ensemble.ts';
import { classesOf } from '../../runtimes/trees/operators/class-labels.ts';
import type { TreeSums } from '../../runtimes/trees/operators/regression.ts';
import type { Draft } from './draft.ts';
import { classAt, greatest, labelValue, postTransform } from './links.ts';
import { double } from './text.ts';
import { writeEnsemble } from './trees.ts';
import { type COperator, type CValue, input, type NodeDraft } from './values.ts';

/** The row in the type that the trees compare: integers are float32. */
const rowOf = ({ draft }: NodeDraft, value: CValue): string => {
  const { dtype } = value.known;
  if (dtype === 'float32' || dtype === 'float64') return value.name;
  const name = draft.fresh('v');
  draft.line(`float ${name}[${value.size}];`);
  draft.line(`for (int32_t at = 0; at < ${value.size}; at++) ${name}[at] = (float)(double)${value.name}[at];`);
  return name;
};

interface Sums {
  readonly trees: OnnxTrees;
  readonly sums: string;
  /** Rounds to what sums are kept in. */
  readonly round: (x: string) => string;
}

const rounder = (kind: 'float32' | 'float64') => (x: string) => (kind === 'float32' ? `(double)(float)(${x})` : x);

const sumsOf = (node: NodeDraft, prefix: 'target' | 'class', targets: number): Sums => {
  const value = input(node);
  const kind = value.known.dtype === 'float64' ? 'float64' : 'float32';
  const trees = readTrees(node.attributes, prefix, targets, kind);
  return { trees, sums: writeEnsemble(node.draft, trees.ensemble, rowOf(node, value)), round: rounder(kind) };
};

/** Scores as the answer's type. */
const asAnswer = (draft: Draft, type: 'float' | 'double', scores: string, count: number): string => {
  const name = draft.fresh('v');
  draft.line(
    `${type} ${name}[${count}];`,
    `for (int32_t at = 0; at < ${count}; at++) ${name}[at] = (${type})${scores}[at];`,
  );
  return name;
};

/** What becomes of sums (runtimes/trees/operators/regression.ts). */
const regression = (node: NodeDraft, form: TreeSums & { readonly post: string }): readonly CValue[] => {
  const { draft, made } = node;
  const { base, ensemble, targets, post, isAverage, dtype } = form;
  const sums = writeEnsemble(draft, ensemble, rowOf(node, input(node)));
  const round = rounder(ensemble.sum);
  const count = ensemble.sum === 'float32' ? Math.fround(form.trees) : form.trees;
  const averaged = (at: number): string => {
    const sum = `(double)${sums}[${at}]`;
    return isAverage ? round(`${sum} / ${double(count)}`) : sum;
  };
  const scores = draft.fresh('scores');
  draft.line(`double ${scores}[${targets}];`);
  for (let target = 0; target < targets; target++) {
    const sum = averaged(target);
    const added =
      targets === 1
        ? round(`${sum} + ${double(base.length === 1 ? base[0] : 0)}`)
        : base.length === targets
          ? round(`${sum} + ${double(base[target])}`)
          : ensemble.aggregate === 'sum'
            ? sum
            : `${sum} + 0.0`;
    draft.line(`${scores}[${target}] = ${added};`);
  }
  if (targets > 1) postTransform(draft, post, scores, targets, ensemble.sum === 'float64');
  else if (post === 'PROBIT') draft.line(`${scores}[0] = ${draft.use('probit')}((double)(float)${scores}[0]);`);
  const name = asAnswer(draft, dtype === 'float32' ? 'float' : 'double', scores, targets);
  return [{ known: made.outputs[0], size: targets, name }];
};

const regressor: COperator = (node) => {
  const { attributes } = node;
  const targets = attributes.int('n_targets', 0);
  const kind = input(node).known.dtype === 'float64' ? 'float64' : 'float32';
  return regression(node, {
    ...readTrees(attributes, 'target', targets, kind),
    targets,
    post: attributes.text('post_transform', 'NONE'),
    isAverage: attributes.text('aggregate_function', 'SUM') === 'AVERAGE',
    dtype: 'float32',
  });
};

const treeEnsemble: COperator = (node) => {
  const dtype = input(node).known.dtype === 'float64' ? 'float64' : 'float32';
  return regression(node, { ...readTreeEnsemble(node.attributes, dtype), base: [], dtype });
};

/** Two labels, but weights for one class: its score stands for both. Returns the place of the label. */
const oneScore = (draft: Draft, { trees, sums, round }: Sums, post: string, scores: string): string => {
  const { base, allPositive } = trees;
  const score = draft.number(round(`(double)${sums}[0] + ${double(base.length === 1 ? base[0] : 0)}`));
  if (post === 'LOGISTIC') {
    const logistic = draft.use('logistic');
    draft.line(
      `${scores}[0] = ${logistic}((double)(float)-${score});`,
      `${scores}[1] = ${logistic}((double)(float)${score});`,
    );
  } else
    draft.line(`${scores}[0] = ${allPositive ? round(`1.0 - ${score}`) : `-${score}`};`, `${scores}[1] = ${score};`);
  return `(${score} > ${allPositive ? '0.5' : '0.0'})`;
};

const classifier: COperator = (node) => {
  const { draft, attributes, made } = node;
  const classes = classesOf(attributes, 'classlabels_int64s');
  const count = classes.length;
  const found = sumsOf(node, 'class', count);
  const { trees, sums, round } = found;
  const post = attributes.text('post_transform', 'NONE');
  const scores = draft.fresh('scores');
  draft.line(`double ${scores}[${count}];`);
  let place: string;
  if (count === 2 && trees.weighted.filter((target) => target !== 0).length === 1) {
    place = oneScore(draft, found, post, scores);
  } else {
    for (let target = 0; target < count; target++) {
      const sum = `(double)${sums}[${target}]`;
      draft.line(
        `${scores}[${target}] = ${trees.base.length > 0 ? round(`${sum} + ${double(trees.base[target])}`) : sum};`,
      );
    }
    place = count === 2 ? `(${sums}[1] > 0)` : greatest(draft, scores, count);
    postTransform(draft, post, scores, count, trees.ensemble.sum === 'float64');
  }
  const label = classAt(draft, classes, place);
  return [
    labelValue(made.outputs[0], label),
    { known: made.outputs[1], size: count, name: asAnswer(draft, 'float', scores, count) },
  ];
};

export const treeOperators: Readonly<Record<string, COperator>> = {
  'ml:TreeEnsembleRegressor': regressor,
  'ml:TreeEnsembleClassifier': classifier,
  'ml:TreeEnsemble': treeEnsemble,
};
