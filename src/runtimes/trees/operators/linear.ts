/**
 * Matrix products and linear models, with the bits of ONNX Runtime's float32 kernels on x64: for each output the products are
 * added in order, each rounded together with its addition (fused), in blocks of 256 that start from 0 and are then added; the
 * bias comes last.
 */

import { fused } from '../fused.ts';
import { labelTensor, labelType } from '../make-trees.ts';
import type { MadeStep } from '../model.ts';
import { sigmoid } from '../rational.ts';
import { each, type PostTransform, postTransforms } from '../scores.ts';
import { unusual } from '../unusual.ts';
import { type Known, type NodeValue, partsOf, table } from '../values.ts';
import { floatsOf } from './elementwise.ts';
import type { NodeContext, Operators } from './operator.ts';
import { classesOf } from './trees.ts';

const BLOCK = 256;
/**
 * Weights of one product. From about here on ONNX Runtime is faster even row by row (measured: at 64 × 64 one row takes as long on
 * both, at 256 × 256 nine times as long here), so that larger nets are its own.
 */
const MOST_WEIGHTS = 2048;
const f = Math.fround;

/** `weights` [columns, width]: a row's outputs, `to` from `at` on. */
const multiply = (
  x: Float32Array | Float64Array,
  from: number,
  columns: number,
  weights: Float32Array,
  width: number,
  to: Float32Array,
  at: number,
): void => {
  let output = 0;
  // Four outputs at once, as each addition waits for the one before.
  for (; output + 4 <= width; output += 4) {
    let [a, b, c, d] = [0, 0, 0, 0];
    for (let start = 0; start < columns; start += BLOCK) {
      const end = Math.min(columns, start + BLOCK);
      let [p, q, r, s] = [0, 0, 0, 0];
      for (let k = start, w = start * width + output; k < end; k++, w += width) {
        const value = x[from + k];
        p = fused(value, weights[w], p);
        q = fused(value, weights[w + 1], q);
        r = fused(value, weights[w + 2], r);
        s = fused(value, weights[w + 3], s);
      }
      [a, b, c, d] = start === 0 ? [p, q, r, s] : [f(a + p), f(b + q), f(c + r), f(d + s)];
    }
    to[at + output] = a;
    to[at + output + 1] = b;
    to[at + output + 2] = c;
    to[at + output + 3] = d;
  }
  for (; output < width; output++) {
    let sum = 0;
    for (let start = 0; start < columns; start += BLOCK) {
      const end = Math.min(columns, start + BLOCK);
      let block = 0;
      for (let k = start, w = start * width + output; k < end; k++, w += width)
        block = fused(x[from + k], weights[w], block);
      sum = start === 0 ? block : f(sum + block);
    }
    to[at + output] = sum;
  }
};

/** A value's rows as one array. */
const floatsIn = (value: NodeValue, rows: number, columns: number): Float32Array | Float64Array => {
  const parts = partsOf(value);
  const [only] = parts;
  if (parts.length === 1 && 'data' in only) return only.data;
  const data = new Float32Array(rows * columns);
  let first = 0;
  for (const part of parts) {
    for (let row = 0; row < rows; row++) {
      const to = row * columns + first;
      if ('codes' in part) {
        if (part.codes[row] >= 0) data[to + part.codes[row]] = 1;
      } else
        for (let column = 0; column < part.width; column++) data[to + column] = part.data[row * part.width + column];
    }
    first += part.width;
  }
  return data;
};

const product = (
  value: NodeValue,
  rows: number,
  columns: number,
  weights: Float32Array,
  width: number,
  bias?: Float32Array,
) => {
  const x = floatsIn(value, rows, columns);
  const data = new Float32Array(rows * width);
  for (let row = 0; row < rows; row++) {
    multiply(x, row * columns, columns, weights, width, data, row * width);
    if (bias) for (let output = 0; output < width; output++) data[row * width + output] += bias[output % bias.length];
  }
  return data;
};

/** [rows, columns] as [columns, rows]. */
export const turned = (data: Float32Array, rows: number, columns: number): Float32Array => {
  const made = new Float32Array(data.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) made[column * rows + row] = data[row * columns + column];
  return made;
};

/** The weights of one product, unless they are too many. */
const bounded = (weights: Float32Array): Float32Array => {
  if (weights.length > MOST_WEIGHTS) throw unusual(`a matrix product of more than ${MOST_WEIGHTS} weights`);
  return weights;
};

const matrix = (given: Known | undefined): { data: Float32Array; rows: number; columns: number } => {
  const { constant } = given ?? {};
  if (!(constant?.data instanceof Float32Array) || constant.dims.length !== 2)
    throw unusual('a matrix product of other than float32 weights');
  return { data: bounded(constant.data), rows: constant.dims[0], columns: constant.dims[1] };
};

const made = (columns: number, weights: Float32Array, width: number, bias: Float32Array | undefined): MadeStep => ({
  outputs: [{ dtype: 'float32', dims: [width] }],
  run: ([value], rows) => [
    { dtype: 'float32', dims: [rows, width], data: product(value, rows, columns, weights, width, bias) },
  ],
});

/** Coefficients stand output by output. */
const linearOf = ({ attributes }: NodeContext, value: Known | undefined, width: number) => {
  const { width: columns, input } = table(value);
  if (input.dtype !== 'float32') throw unusual(`a linear model of ${input.dtype}`);
  const coefficients = attributes.floats('coefficients');
  if (coefficients.length !== width * columns)
    throw unusual(`${coefficients.length} coefficients for ${columns} columns`);
  return {
    columns,
    weights: turned(bounded(coefficients), width, columns),
    intercepts: attributes.floats('intercepts'),
  };
};

const transformOf = ({ attributes }: NodeContext): { readonly post: string; readonly transform: PostTransform } => {
  const post = attributes.text('post_transform', 'NONE');
  const transform = postTransforms[post];
  if (transform === undefined || post === 'PROBIT') throw unusual(`a post transform ${post}`);
  // Of several scores at once ONNX Runtime takes another function than for trees.
  return { post, transform: post === 'LOGISTIC' ? each(sigmoid) : transform };
};

const regressor = (context: NodeContext, [value]: readonly (Known | undefined)[]): MadeStep => {
  const width = context.attributes.int('targets', 1);
  const { columns, weights, intercepts } = linearOf(context, value, width);
  if (transformOf(context).post !== 'NONE') throw unusual('a linear regressor with a post transform');
  return made(columns, weights, width, intercepts.length === width ? intercepts : undefined);
};

const classifier = (context: NodeContext, [value]: readonly (Known | undefined)[]): MadeStep => {
  const classes = classesOf(context.attributes, 'classlabels_ints');
  const count = context.attributes.floats('intercepts').length;
  const isBinary = count === 1 && classes.length === 2;
  if (!isBinary && (count !== classes.length || count < 2))
    throw unusual(`${count} scores for ${classes.length} classes`);
  const { columns, weights, intercepts } = linearOf(context, value, count);
  const { post, transform } = transformOf(context);
  const width = classes.length;
  const both = new Float64Array(2);
  const each = new Float64Array(count);
  return {
    outputs: [
      { dtype: labelType(classes), dims: [] },
      { dtype: 'float32', dims: [width] },
    ],
    run([given], rows) {
      const scores = product(given, rows, columns, weights, count, intercepts);
      const labels = new Array<string | bigint>(rows);
      const data = isBinary ? new Float32Array(rows * 2) : scores;
      for (let row = 0; row < rows; row++) {
        if (isBinary) {
          const score = scores[row];
          labels[row] = classes[Number(score > 0)];
          both[0] = post === 'LOGISTIC' ? -score : f(1 - score);
          both[1] = score;
          if (post === 'LOGISTIC') postTransforms.LOGISTIC(both);
          data.set(both, row * 2);
          continue;
        }
        let best = 0;
        for (let output = 0; output < count; output++) {
          each[output] = scores[row * count + output];
          if (each[output] > each[best]) best = output;
        }
        labels[row] = classes[best];
        transform(each);
        data.set(each, row * count);
      }
      return [labelTensor(labels), { dtype: 'float32', dims: [rows, width], data }];
    },
  };
};

export const linear: Operators = {
  MatMul: (_, [value, weights]) => {
    const { width } = table(floatsOf(value));
    const { data, rows, columns } = matrix(weights);
    if (rows !== width) throw unusual('a matrix of another height');
    return made(width, data, columns, undefined);
  },
  Gemm: ({ attributes }, [value, weights, bias]) => {
    const { width } = table(floatsOf(value));
    const { data, rows, columns } = matrix(weights);
    if (attributes.int('transA', 0) !== 0 || attributes.float('alpha', 1) !== 1 || attributes.float('beta', 1) !== 1)
      throw unusual('a Gemm that scales or turns its rows');
    const isTurned = attributes.int('transB', 0) !== 0;
    const [height, outputs] = isTurned ? [columns, rows] : [rows, columns];
    const added = bias?.constant?.data;
    if (
      height !== width ||
      (bias && !(added instanceof Float32Array && (added.length === outputs || added.length === 1)))
    )
      throw unusual('a Gemm of other shapes');
    return made(width, isTurned ? turned(data, rows, columns) : data, outputs, added as Float32Array | undefined);
  },
  'ml:LinearRegressor': regressor,
  'ml:LinearClassifier': classifier,
};
