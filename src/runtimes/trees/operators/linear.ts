/**
 * Matrix products and linear models, with the bits of ONNX Runtime's float32 kernels on x64: for each output the products are
 * added in order, each rounded together with its addition (fused), in blocks of 256 that start from 0 and are then added to
 * the bias one after the other.
 */

import { fused } from '../fused.ts';
import { labelTensor, labelType } from '../make-trees.ts';
import type { MadeStep } from '../model.ts';
import { table, wholeOf } from '../placed-values.ts';
import { sigmoid } from '../rational.ts';
import { each, type PostTransform, postTransforms } from '../scores.ts';
import { unusual } from '../unusual.ts';
import { dense, type Known, type NodeValue, partsOf, sizeOf } from '../values.ts';
import { classesOf } from './class-labels.ts';
import { floatsOf } from './elementwise.ts';
import type { NodeContext, Operators } from './operator.ts';

const BLOCK = 256;
/**
 * Weights of one product. The bits hold for any number (0 of 128 rows differ, up to 784 × 128 and 3,000 × 3), but a fused
 * multiply-add takes some 5 ns here: at 100 × 100 a row takes as long as on ONNX Runtime row by row, at 256 × 256 five times
 * as long, so that larger nets are its own.
 */
const MOST_WEIGHTS = 8192;
/** Where most of a row is 0 and costs nothing. */
const MOST_SPARSE_WEIGHTS = 1 << 22;
const f = Math.fround;

/** `weights` [columns, width]: a row's outputs, `to` from `at` on. The blocks are added to the bias, where there is one. */
const multiply = (
  x: Float32Array | Float64Array,
  from: number,
  columns: number,
  weights: Float32Array,
  width: number,
  to: Float32Array,
  at: number,
  bias?: Float32Array,
): void => {
  const first = (output: number): number => (bias === undefined ? 0 : bias[output % bias.length]);
  let output = 0;
  // Four outputs at once, as each addition waits for the one before.
  for (; output + 4 <= width; output += 4) {
    let [a, b, c, d] = [first(output), first(output + 1), first(output + 2), first(output + 3)];
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
      [a, b, c, d] = start === 0 && bias === undefined ? [p, q, r, s] : [f(a + p), f(b + q), f(c + r), f(d + s)];
    }
    to[at + output] = a;
    to[at + output + 1] = b;
    to[at + output + 2] = c;
    to[at + output + 3] = d;
  }
  for (; output < width; output++) {
    let sum = first(output);
    for (let start = 0; start < columns; start += BLOCK) {
      const end = Math.min(columns, start + BLOCK);
      let block = 0;
      for (let k = start, w = start * width + output; k < end; k++, w += width)
        block = fused(x[from + k], weights[w], block);
      sum = start === 0 && bias === undefined ? block : f(sum + block);
    }
    to[at + output] = sum;
  }
};

/** The same where most of a row's values are 0, which add nothing: what is not is looked up first. */
const multiplySparse: typeof multiply = (x, from, columns, weights, width, to, at, bias) => {
  const places: number[] = [];
  for (let k = 0; k < columns; k++) if (x[from + k] !== 0) places.push(k);
  for (let output = 0; output < width; output++) {
    let [sum, block, end] = [bias === undefined ? 0 : bias[output % bias.length], 0, BLOCK];
    for (const k of places) {
      if (k >= end) {
        sum = f(sum + block);
        block = 0;
        end = k - (k % BLOCK) + BLOCK;
      }
      block = fused(x[from + k], weights[k * width + output], block);
    }
    to[at + output] = f(sum + block);
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

/** Weights [columns, width] of a product, and how a row goes through them. */
interface Weights {
  readonly columns: number;
  readonly width: number;
  readonly weights: Float32Array;
  readonly multiply: typeof multiply;
}

/** @throws Unusual for more than are taken here */
const weightsOf = ({ isSparse }: Known, columns: number, width: number, weights: Float32Array): Weights => {
  const most = isSparse ? MOST_SPARSE_WEIGHTS : MOST_WEIGHTS;
  if (weights.length > most) throw unusual(`a matrix product of more than ${most} weights`);
  const isSkipping = isSparse && weights.every(Number.isFinite);
  return { columns, width, weights, multiply: isSkipping ? multiplySparse : multiply };
};

const product = (value: NodeValue, rows: number, by: Weights, bias?: Float32Array) => {
  const { columns, width, weights } = by;
  const x = floatsIn(value, rows, columns);
  const data = new Float32Array(rows * width);
  for (let row = 0; row < rows; row++) {
    by.multiply(x, row * columns, columns, weights, width, data, row * width, bias);
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

const matrix = (given: Known | undefined): { data: Float32Array; rows: number; columns: number; dims: number[] } => {
  const { constant } = given ?? {};
  if (!(constant?.data instanceof Float32Array) || constant.dims.length > 2 || constant.dims.length === 0)
    throw unusual('a matrix product of other than float32 weights');
  // A list of weights makes one number, of no dimension.
  const [rows, ...dims] = constant.dims;
  return { data: constant.data, rows, columns: dims[0] ?? 1, dims };
};

const made = (by: Weights, bias: Float32Array | undefined, dims: readonly number[] = [by.width]): MadeStep => ({
  outputs: [{ dtype: 'float32', dims }],
  run: ([value], rows) => [{ dtype: 'float32', dims: [rows, ...dims], data: product(value, rows, by, bias) }],
});

/** Coefficients stand output by output. */
const linearOf = ({ attributes }: NodeContext, value: Known | undefined, width: number) => {
  const { width: columns, input } = table(value);
  if (input.dtype !== 'float32') throw unusual(`a linear model of ${input.dtype}`);
  const coefficients = attributes.floats('coefficients');
  if (coefficients.length !== width * columns)
    throw unusual(`${coefficients.length} coefficients for ${columns} columns`);
  return {
    by: weightsOf(input, columns, width, turned(coefficients, width, columns)),
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
  const { by, intercepts } = linearOf(context, value, width);
  if (transformOf(context).post !== 'NONE') throw unusual('a linear regressor with a post transform');
  return made(by, intercepts.length === width ? intercepts : undefined);
};

const classifier = (context: NodeContext, [value]: readonly (Known | undefined)[]): MadeStep => {
  const classes = classesOf(context.attributes, 'classlabels_ints');
  const count = context.attributes.floats('intercepts').length;
  const isBinary = count === 1 && classes.length === 2;
  if (!isBinary && (count !== classes.length || count < 2))
    throw unusual(`${count} scores for ${classes.length} classes`);
  const { by, intercepts } = linearOf(context, value, count);
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
      const scores = product(given, rows, by, intercepts);
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

/** alpha × the product + beta × what is added, each a constant or a value of the row's; in one block of columns. */
const scaled = (by: Weights, alpha: number, beta: number, added: Known | undefined): MadeStep => {
  const { columns, width } = by;
  if (columns > BLOCK) throw unusual('a Gemm that scales many columns');
  const given = beta === 0 ? undefined : added;
  const size = given && sizeOf((given.constant ? given.constant.dims : wholeOf(given).slice(1)) as number[]);
  if (given && (given.dtype !== 'float32' || given.along || (size !== 1 && size !== width)))
    throw unusual('a Gemm of other shapes');
  return {
    outputs: [{ dtype: 'float32', dims: [width] }],
    run([value, , third], rows) {
      const data = product(value, rows, by);
      if (given === undefined || size === undefined) {
        for (let at = 0; at < data.length; at++) data[at] *= alpha;
      } else {
        const more = dense(third).data as Float32Array;
        for (let at = 0; at < data.length; at++) {
          const row = given.constant ? 0 : Math.floor(at / width) * size;
          data[at] = fused(data[at], alpha, f(beta * more[row + ((at % width) % size)]));
        }
      }
      return [{ dtype: 'float32', dims: [rows, width], data }];
    },
  };
};

export const linear: Operators = {
  MatMul: (_, [value, weights]) => {
    const { width, input } = table(floatsOf(value));
    const { data, rows, columns, dims } = matrix(weights);
    if (rows !== width) throw unusual('a matrix of another height');
    return made(weightsOf(input, width, columns, data), undefined, dims);
  },
  Gemm: ({ attributes }, [value, weights, bias]) => {
    const { width, input } = table(floatsOf(value));
    const { data, rows, columns, dims } = matrix(weights);
    if (attributes.int('transA', 0) !== 0 || dims.length !== 1) throw unusual('a Gemm that turns its rows');
    const isTurned = attributes.int('transB', 0) !== 0;
    const [height, outputs] = isTurned ? [columns, rows] : [rows, columns];
    if (height !== width) throw unusual('a Gemm of other shapes');
    const by = weightsOf(input, width, outputs, isTurned ? turned(data, rows, columns) : data);
    const [alpha, beta] = [attributes.float('alpha', 1), attributes.float('beta', 1)];
    const added = bias?.constant?.data;
    if (alpha !== 1 || beta !== 1 || (bias && !added)) return scaled(by, alpha, beta, bias);
    if (bias && !(added instanceof Float32Array && (added.length === outputs || added.length === 1)))
      throw unusual('a Gemm of other shapes');
    return made(by, added as Float32Array | undefined);
  },
  'ml:LinearRegressor': regressor,
  'ml:LinearClassifier': classifier,
};
