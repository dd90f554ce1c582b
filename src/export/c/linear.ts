/** Matrix products and linear models in C (runtimes/trees/operators/linear.ts). */

import { classesOf } from '../../runtimes/trees/operators/class-labels.ts';
import { turned } from '../../runtimes/trees/operators/linear.ts';
import { classAt, greatest, labelValue, postTransform } from './links.ts';
import { notExportable } from './refuse.ts';
import { float } from './text.ts';
import { arrayOf, type COperator, type CValue, input, type NodeDraft, output } from './values.ts';

/** Lines that multiply a row with `weights` [columns, width] and add a bias. */
const product = (
  { draft }: NodeDraft,
  value: CValue,
  weights: Float32Array,
  width: number,
  bias: Float32Array | undefined,
  to: string,
): readonly string[] => {
  if (value.known.dtype !== 'float32') throw notExportable(`a matrix product of ${value.known.dtype}`);
  const added = bias === undefined ? '0, 0' : `${draft.numbers('float32', bias)}, ${bias.length}`;
  const table = draft.numbers('float32', weights);
  return [`${draft.use('multiply')}(${value.name}, ${value.size}, ${table}, ${width}, ${added}, ${to});`];
};

const constantOf = (node: NodeDraft, at: number): { data: Float32Array; dims: readonly number[] } => {
  const constant = node.inputs[at]?.known.constant;
  if (constant === undefined) throw notExportable('a matrix product of two values of a row');
  return { data: constant.data as Float32Array, dims: constant.dims };
};

const matMul: COperator = (node) => {
  const { data, dims } = constantOf(node, 1);
  return output(node, (name) => product(node, input(node), data, dims[1] ?? 1, undefined, name));
};

/** alpha × the product + beta × what is added. */
const scaled = (node: NodeDraft, weights: Float32Array, alpha: number, beta: number): readonly CValue[] => {
  const { draft, inputs } = node;
  const added = beta === 0 ? undefined : inputs[2];
  return output(node, (name, size) => {
    const each = `for (int32_t at = 0; at < ${size}; at++) ${name}[at] =`;
    const lines = product(node, input(node), weights, size, undefined, name);
    if (added === undefined) return [...lines, `${each} ${name}[at] * ${float(alpha)};`];
    const more = `${arrayOf(draft, added)}[${added.size === 1 ? '0' : 'at'}]`;
    return [...lines, `${each} ${draft.use('fused')}(${name}[at], ${float(alpha)}, ${float(beta)} * ${more});`];
  });
};

const gemm: COperator = (node) => {
  const { data, dims } = constantOf(node, 1);
  const isTurned = node.attributes.int('transB', 0) !== 0;
  const weights = isTurned ? turned(data, dims[0], dims[1]) : data;
  const [alpha, beta] = [node.attributes.float('alpha', 1), node.attributes.float('beta', 1)];
  const added = node.inputs[2];
  if (alpha !== 1 || beta !== 1 || (added && !added.known.constant)) return scaled(node, weights, alpha, beta);
  const bias = added && constantOf(node, 2).data;
  return output(node, (name) => product(node, input(node), weights, node.size, bias, name));
};

const regressor: COperator = (node) => {
  const { attributes, size } = node;
  const value = input(node);
  const intercepts = attributes.floats('intercepts');
  const weights = turned(attributes.floats('coefficients'), size, value.size);
  const bias = intercepts.length === size ? intercepts : undefined;
  return output(node, (name) => product(node, value, weights, size, bias, name));
};

const classifier: COperator = (node) => {
  const { draft, attributes, made } = node;
  const value = input(node);
  const classes = classesOf(attributes, 'classlabels_ints');
  const intercepts = attributes.floats('intercepts');
  const count = intercepts.length;
  const width = classes.length;
  const weights = turned(attributes.floats('coefficients'), count, value.size);
  const post = attributes.text('post_transform', 'NONE');
  const [raw, scores, name] = [draft.fresh('raw'), draft.fresh('scores'), draft.fresh('v')];
  draft.line(`float ${raw}[${count}];`, ...product(node, value, weights, count, intercepts, raw));
  draft.line(`double ${scores}[${width}];`);
  let place: string;
  if (count === 1) {
    place = `(${raw}[0] > 0.0f)`;
    draft.line(
      `${scores}[0] = ${post === 'LOGISTIC' ? `-(double)${raw}[0]` : `(double)(1.0f - ${raw}[0])`};`,
      `${scores}[1] = (double)${raw}[0];`,
    );
    if (post === 'LOGISTIC') postTransform(draft, post, scores, 2);
  } else {
    place = greatest(draft, raw, count);
    draft.line(`for (int32_t at = 0; at < ${count}; at++) ${scores}[at] = (double)${raw}[at];`);
    // Of several scores at once it is another function than for trees.
    if (post === 'LOGISTIC')
      draft.line(
        `for (int32_t at = 0; at < ${count}; at++) ${scores}[at] = (double)${draft.use('sigmoid')}(${raw}[at]);`,
      );
    else postTransform(draft, post, scores, count);
  }
  draft.line(
    `float ${name}[${width}];`,
    `for (int32_t at = 0; at < ${width}; at++) ${name}[at] = (float)${scores}[at];`,
  );
  const label = classAt(draft, classes, place);
  return [labelValue(made.outputs[0], label), { known: made.outputs[1], size: width, name }];
};

export const linear: Readonly<Record<string, COperator>> = {
  MatMul: matMul,
  Gemm: gemm,
  'ml:LinearRegressor': regressor,
  'ml:LinearClassifier': classifier,
};
