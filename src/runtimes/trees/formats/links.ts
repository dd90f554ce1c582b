/**
 * Links of libraries at work, in their own arithmetic (XGBoost: src/common/math.h; LightGBM: src/objective; CatBoost:
 * eval_processing.h).
 *
 * Invariants: a reader brings the functions that its links call.
 */
import { invariant } from '../../../core/invariant.ts';
import { expf } from '../expf.ts';
import type { AnswerForm } from '../tree-model.ts';
import type { Adjustment, ClassChoice, Exponential, Link, Linked } from './link.ts';

type Finish = AnswerForm['finish'];
type Choose = NonNullable<AnswerForm['label']>['choose'];
type Change = (value: number) => number;

const f = Math.fround;

/** Functions that a library's links call, but for the exponential one of float32, so that a browser loads no others. */
export type Exponentials = Readonly<Partial<Record<Exponential | 'log1p', Change>>>;

/** From here on e^x is infinite as a float32. */
const MOST_EXPONENT = f(88.7);
const sigmoidf: Change = (sum) => f(1 / f(expf(Math.min(-sum, MOST_EXPONENT)) + 1));
const sigmoid =
  (steepness: number, exp: Change): Change =>
  (sum) =>
    1 / (1 + exp(-steepness * sum));

const greatest = (targets: number, sums: Float64Array, from: number, stride: number): number => {
  let most = sums[from];
  for (let index = 1; index < targets; index++) most = Math.max(most, sums[from + index * stride]);
  return most;
};

/** In float64: of differences to the greatest, summed in their order. */
const softmax =
  (targets: number, power: Change): Finish =>
  (sums, from, stride, to, at) => {
    const most = greatest(targets, sums, from, stride);
    let sum = 0;
    for (let index = 0; index < targets; index++) {
      to[at + index] = power(sums[from + index * stride] - most);
      sum += to[at + index];
    }
    for (let index = 0; index < targets; index++) to[at + index] /= sum;
  };

/** The sum of exponents is a float64, what is divided by it a float32 (Softmax in common/math.h). */
const softmaxf =
  (targets: number): Finish =>
  (sums, from, stride, to, at) => {
    const most = greatest(targets, sums, from, stride);
    let sum = 0;
    for (let index = 0; index < targets; index++) {
      const value = expf(f(sums[from + index * stride] - most));
      to[at + index] = value;
      sum += value;
    }
    const divisor = f(sum);
    for (let index = 0; index < targets; index++) to[at + index] = f(to[at + index] / divisor);
  };

/** What is done to each sum by itself. */
const changeOf = (
  link: Exclude<Link, { kind: 'softmax' | 'mean and variance' }>,
  functionOf: (name: keyof Exponentials) => Change,
): Change => {
  if (link.kind === 'identity') return (sum) => sum;
  if (link.kind === 'signed square') return (sum) => Math.sign(sum) * sum * sum;
  if (link.kind === 'step') return (sum) => Number(sum > 0);
  if (link.kind === 'exp') return functionOf(link.exp);
  if (link.kind === 'sigmoid') return link.exp === 'float32' ? sigmoidf : sigmoid(link.steepness, functionOf(link.exp));
  const [exp, log1p] = [functionOf('float64'), functionOf('log1p')];
  return (sum) => log1p(exp(sum));
};

const finishOf = (link: Link, targets: number, exponentials: Exponentials): Finish => {
  const functionOf = (name: keyof Exponentials): Change => {
    const found = name === 'float32' ? expf : exponentials[name];
    invariant(found !== undefined, `the reader brings the function ${name}`);
    return found;
  };
  if (link.kind === 'softmax')
    return link.exp === 'float32' ? softmaxf(targets) : softmax(targets, functionOf(link.exp));
  if (link.kind === 'mean and variance') {
    const exp = functionOf('quick');
    return (sums, from, stride, to, at) => {
      to[at] = sums[from];
      to[at + 1] = exp(2 * sums[from + stride]);
    };
  }
  const change = changeOf(link, functionOf);
  return (sums, from, stride, to, at) => {
    for (let target = 0; target < targets; target++) to[at + target] = change(sums[from + target * stride]);
  };
};

const chooseBy = (choice: ClassChoice, targets: number, finish: Finish): Choose => {
  if (choice.by === 'sum') return (sums, from) => Number(sums[from] > choice.border);
  if (choice.by === 'answer') {
    const answer = new Float64Array(1);
    return (sums, from, stride) => {
      finish(sums, from, stride, answer, 0);
      return Number(answer[0] > 0.5);
    };
  }
  const { within } = choice;
  return (sums, from, stride) => {
    const most = greatest(targets, sums, from, stride);
    for (let index = 0; index < targets; index++) {
      const sum = sums[from + index * stride];
      if (sum === most || most - sum <= within) return index;
    }
    return 0;
  };
};

/** Puts the adjusted sums of a row side by side. */
const adjusting = (adjustment: Adjustment, targets: number) => {
  const adjusted = new Float64Array(targets);
  const isMean = 'divisor' in adjustment;
  return (sums: Float64Array, from: number, stride: number): Float64Array => {
    for (let target = 0; target < targets; target++) {
      const sum = sums[from + target * stride];
      adjusted[target] = isMean ? sum / adjustment.divisor : sum * adjustment.scale + (adjustment.biases[target] ?? 0);
    }
    return adjusted;
  };
};

/** Data as what the runtime calls for each row. */
export const formOf = ({ width, dtype, adjustment, link, label }: Linked, exponentials: Exponentials): AnswerForm => {
  const finish = finishOf(link, width, exponentials);
  const choose = label && chooseBy(label.choice, width, finish);
  if (adjustment === undefined)
    return { width, dtype, finish, ...(label && choose && { label: { classes: label.classes, choose } }) };
  const adjusted = adjusting(adjustment, width);
  return {
    width,
    dtype,
    finish: (sums, from, stride, to, at) => finish(adjusted(sums, from, stride), 0, 1, to, at),
    ...(label &&
      choose && {
        label: { classes: label.classes, choose: (sums, from, stride) => choose(adjusted(sums, from, stride), 0, 1) },
      }),
  };
};
