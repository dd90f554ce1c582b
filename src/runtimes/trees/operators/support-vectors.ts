/**
 * Support vector machines, as ONNX Runtime has them (svmclassifier.cc, svmregressor.cc, ml_common.h): kernels in float32, a
 * vote of each pair of classes in float64, and Platt's probabilities coupled by the second method of Wu, Lin and Weng (2004).
 */
import { expf } from '../expf.ts';
import { fused } from '../fused.ts';
import { labelTensor, labelType } from '../make-trees.ts';
import type { MadeStep } from '../model.ts';
import { table } from '../placed-values.ts';
import { tanh } from '../rational.ts';
import { logistic } from '../scores.ts';
import { unusual } from '../unusual.ts';
import { dense, type Known } from '../values.ts';
import { classesOf } from './class-labels.ts';
import type { NodeContext, Operators } from './operator.ts';

const f = Math.fround;
/** Numbers of all support vectors together. */
const MOST_NUMBERS = 1 << 20;
const MOST_CLASSES = 64;
/** Up to here a product is one block of ONNX Runtime's. */
const MOST_COLUMNS = 128;

/** One value for each support vector, out of a row from `from` on. */
type Kernel = (x: Float32Array, from: number) => Float32Array;

const distances = (vectors: Float32Array, columns: number, gamma: number): Kernel => {
  const made = new Float32Array(vectors.length / columns);
  return (x, from) => {
    for (let vector = 0, at = 0; vector < made.length; vector++) {
      let sum = 0;
      for (let column = 0; column < columns; column++, at++) {
        const difference = f(x[from + column] - vectors[at]);
        sum = f(sum + f(difference * difference));
      }
      made[vector] = expf(f(-gamma * sum));
    }
    return made;
  };
};

const products = (vectors: Float32Array, columns: number, change: (product: number) => number): Kernel => {
  const made = new Float32Array(vectors.length / columns);
  return (x, from) => {
    for (let vector = 0, at = 0; vector < made.length; vector++) {
      let sum = 0;
      for (let column = 0; column < columns; column++, at++) sum = fused(x[from + column], vectors[at], sum);
      made[vector] = change(sum);
    }
    return made;
  };
};

const kernelOf = ({ attributes }: NodeContext, columns: number, count: number): Kernel => {
  const vectors = attributes.floats('support_vectors');
  if (!(count > 0) || vectors.length !== count * columns) throw unusual('no support vectors, or of other columns');
  if (vectors.length > MOST_NUMBERS || columns > MOST_COLUMNS) throw unusual('many support vectors, or wide ones');
  const [gamma = 0, coefficient = 0, degree = 0] = attributes.floats('kernel_params');
  const kind = attributes.text('kernel_type', 'LINEAR');
  if (kind === 'RBF') return distances(vectors, columns, gamma);
  if (kind === 'LINEAR') return products(vectors, columns, (product) => product);
  const moved = (product: number): number =>
    coefficient === 0 ? f(product * gamma) : fused(product, gamma, coefficient);
  if (kind === 'SIGMOID') return products(vectors, columns, (product) => tanh(moved(product)));
  if (kind !== 'POLY' || (degree !== 2 && degree !== 3)) throw unusual(`a kernel ${kind} of degree ${degree}`);
  return products(vectors, columns, (product) => {
    const value = moved(product);
    return degree === 2 ? value * value : f(value * value) * value;
  });
};

/** Classes in pairs: of each the sum of what its support vectors say, and of whom the row is. */
const pairsOf = ({ attributes }: NodeContext, counts: readonly number[]) => {
  const classes = counts.length;
  const starts = counts.map((_, at) => counts.slice(0, at).reduce((sum, count) => sum + count, 0));
  const total = counts.reduce((sum, count) => sum + count, 0);
  const coefficients = attributes.floats('coefficients');
  const rho = attributes.floats('rho');
  if (coefficients.length !== (classes - 1) * total || rho.length !== (classes * (classes - 1)) / 2)
    throw unusual('coefficients of other classes');
  const half = (kernel: Float32Array, of: number, row: number, before: number): number => {
    let sum = before;
    for (let at = starts[of]; at < starts[of] + counts[of]; at++) sum += f(coefficients[row * total + at] * kernel[at]);
    return sum;
  };
  return (kernel: Float32Array, scores: Float32Array): number => {
    const votes = new Int32Array(classes);
    let pair = 0;
    for (let i = 0; i < classes - 1; i++)
      for (let j = i + 1; j < classes; j++, pair++) {
        const sum = half(kernel, j, i, half(kernel, i, j - 1, 0)) + rho[pair];
        scores[pair] = sum;
        votes[sum > 0 ? i : j]++;
      }
    return votes.indexOf(Math.max(...votes));
  };
};

/** Probabilities of classes out of those of pairs: `r[j × classes + i]` is that of i beside j. */
const coupled = (classes: number, r: Float32Array, p: Float32Array): void => {
  const q = new Float32Array(classes * classes);
  const qp = new Float32Array(classes);
  const least = f(f(0.005) / classes);
  for (let i = 0; i < classes; i++) {
    p[i] = 1 / classes;
    for (let j = 0; j < classes; j++) {
      if (j === i) continue;
      q[i * classes + i] += f(r[j * classes + i] * r[j * classes + i]);
      q[i * classes + j] = j < i ? q[j * classes + i] : f(-r[j * classes + i] * r[i * classes + j]);
    }
  }
  for (let round = 0; round < 100; round++) {
    let pqp = 0;
    for (let i = 0; i < classes; i++) {
      qp[i] = 0;
      for (let j = 0; j < classes; j++) qp[i] += f(q[i * classes + j] * p[j]);
      pqp = f(pqp + f(p[i] * qp[i]));
    }
    let worst = 0;
    for (let i = 0; i < classes; i++) if (Math.abs(f(qp[i] - pqp)) > worst) worst = Math.abs(f(qp[i] - pqp));
    if (worst < least) break;
    for (let i = 0; i < classes; i++) {
      const own = q[i * classes + i];
      const step = f(f(-qp[i] + pqp) / own);
      const one = f(1 + step);
      p[i] += step;
      pqp = f(f(f(pqp + f(step * f(f(step * own) + f(2 * qp[i])))) / one) / one);
      for (let j = 0; j < classes; j++) {
        qp[j] = f(qp[j] + f(step * q[i * classes + j])) / one;
        p[j] /= one;
      }
    }
  }
};

const LEAST = f(1e-7);
const MOST = f(1 - LEAST);
/** Probabilities out of the scores of pairs. */
const platt = (a: Float32Array, b: Float32Array, classes: number) => {
  const r = new Float32Array(classes * classes);
  return (scores: Float32Array, p: Float32Array): void => {
    let pair = 0;
    for (let i = 0; i < classes - 1; i++)
      for (let j = i + 1; j < classes; j++, pair++) {
        const chance = f(1 - logistic(f(f(scores[pair] * a[pair]) + b[pair])));
        const value = Math.min(MOST, Math.max(LEAST, chance));
        r[i * classes + j] = value;
        r[j * classes + i] = 1 - value;
      }
    coupled(classes, r, p);
  };
};

const rowsOf = (data: ArrayLike<number | bigint>): Float32Array =>
  data instanceof Float32Array ? data : Float32Array.from(data as ArrayLike<number>, Number);

const inputOf = (value: Known | undefined): { readonly width: number } => {
  const { width, input } = table(value);
  if (!['float32', 'float64', 'int64', 'int32'].includes(input.dtype)) throw unusual(`vectors of ${input.dtype}`);
  return { width };
};

const classifier = (context: NodeContext, [value]: readonly (Known | undefined)[]): MadeStep => {
  const { attributes } = context;
  const { width: columns } = inputOf(value);
  const classes = classesOf(attributes, 'classlabels_ints');
  const counts = [...attributes.ints('vectors_per_class')];
  if (attributes.text('post_transform', 'NONE') !== 'NONE') throw unusual('support vectors with a post transform');
  if (classes.length > MOST_CLASSES) throw unusual(`${classes.length} classes in pairs`);
  if (counts.length !== classes.length || classes.length < 2 || counts.some((count) => !(count > 0)))
    throw unusual('classes without support vectors');
  const kernel = kernelOf(
    context,
    columns,
    counts.reduce((sum, count) => sum + count, 0),
  );
  const decide = pairsOf(context, counts);
  const pairs = (counts.length * (counts.length - 1)) / 2;
  const [a, b] = [attributes.floats('prob_a'), attributes.floats('prob_b')];
  const isSure = a.length === pairs && b.length === pairs;
  if (!isSure && a.length + b.length > 0) throw unusual('probabilities of other pairs');
  const chances = isSure ? platt(a, b, counts.length) : undefined;
  const width = isSure || pairs === 1 ? counts.length : pairs;
  return {
    outputs: [
      { dtype: labelType(classes), dims: [] },
      { dtype: 'float32', dims: [width] },
    ],
    run([given], rows) {
      const x = rowsOf(dense(given).data as ArrayLike<number>);
      const data = new Float32Array(rows * width);
      const scores = new Float32Array(pairs);
      const labels = new Array<string | bigint>(rows);
      for (let row = 0; row < rows; row++) {
        labels[row] = classes[decide(kernel(x, row * columns), scores)];
        const answer = data.subarray(row * width, (row + 1) * width);
        if (chances) chances(scores, answer);
        else if (pairs > 1) answer.set(scores);
        else answer.set([-scores[0], scores[0]]);
      }
      return [labelTensor(labels), { dtype: 'float32', dims: [rows, width], data }];
    },
  };
};

const regressor = (context: NodeContext, [value]: readonly (Known | undefined)[]): MadeStep => {
  const { attributes } = context;
  const { width: columns } = inputOf(value);
  const coefficients = attributes.floats('coefficients');
  if (attributes.text('post_transform', 'NONE') !== 'NONE') throw unusual('support vectors with a post transform');
  if (value?.dtype !== 'float32') throw unusual('support vectors for other than float32');
  const kernel = kernelOf(context, columns, attributes.int('n_supports', 0));
  const rho = attributes.floats('rho');
  if (coefficients.length !== attributes.int('n_supports', 0) || rho.length !== 1)
    throw unusual('not one coefficient a support vector');
  const isOneClass = attributes.int('one_class', 0) !== 0;
  return {
    outputs: [{ dtype: 'float32', dims: [1] }],
    run([given], rows) {
      const x = rowsOf(dense(given).data as ArrayLike<number>);
      const data = new Float32Array(rows);
      for (let row = 0; row < rows; row++) {
        const values = kernel(x, row * columns);
        let sum = 0;
        for (let at = 0; at < values.length; at++) sum = fused(values[at], coefficients[at], sum);
        sum = f(sum + rho[0]);
        data[row] = isOneClass ? (sum > 0 ? 1 : -1) : sum;
      }
      return [{ dtype: 'float32', dims: [rows, 1], data }];
    },
  };
};

export const supportVectors: Operators = { 'ml:SVMClassifier': classifier, 'ml:SVMRegressor': regressor };
