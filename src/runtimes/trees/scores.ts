/**
 * What ONNX's tree and linear operators do to scores in the end, in float32 as ONNX Runtime does it (ml_common.h): each
 * operation is rounded to float32.
 */
import { expf } from './expf.ts';
import { unusual } from './unusual.ts';

const f = Math.fround;

export const logistic = (value: number): number => {
  const v = f(1 / f(1 + expf(-Math.abs(value))));
  return value < 0 ? f(1 - v) : v;
};

const MOST_NEGATIVE = -3.4028234663852886e38;
const greatest = (scores: Float64Array): number => {
  let most = MOST_NEGATIVE;
  for (let at = 0; at < scores.length; at++) if (scores[at] > most) most = f(scores[at]);
  return most;
};

const softmax = (scores: Float64Array): void => {
  const most = greatest(scores);
  let sum = 0;
  for (let at = 0; at < scores.length; at++) {
    scores[at] = expf(f(f(scores[at]) - most));
    sum = f(sum + scores[at]);
  }
  for (let at = 0; at < scores.length; at++) scores[at] = f(scores[at] / sum);
};

/** Zeros, or what is as good as zero, are left out. Of float64 scores, only their powers are float32. */
const softmaxZero: PostTransform = (scores, round = f) => {
  const most = greatest(scores);
  const least = expf(-most);
  let sum = 0;
  for (let at = 0; at < scores.length; at++) {
    if (Math.abs(scores[at]) > f(0.0000001)) {
      scores[at] = expf(f(f(scores[at]) - most));
      sum = f(sum + scores[at]);
    } else scores[at] = round(scores[at] * least);
  }
  for (let at = 0; at < scores.length; at++) scores[at] = round(scores[at] / sum);
};

/** The inverse of the normal distribution, by Winitzki's formula. */
export const probit = (value: number): number => {
  const x = f(f(2 * value) - 1);
  const log = f(Math.log(f(f(1 - x) * f(1 + x))));
  const v = f(f(2 / f(f(Math.PI) * f(0.147))) + f(0.5 * log));
  const v2 = f(f(1 / f(0.147)) * log);
  const v3 = f(-v + f(Math.sqrt(f(f(v * v) - v2))));
  return f(f(Math.SQRT2) * f((x < 0 ? -1 : 1) * f(Math.sqrt(v3))));
};

/** `round` is to the type of the scores: to float32 unless given. */
export type PostTransform = (scores: Float64Array, round?: (value: number) => number) => void;

export const each =
  (change: (value: number) => number): PostTransform =>
  (scores) => {
    for (let at = 0; at < scores.length; at++) scores[at] = change(scores[at]);
  };

/** By the name that the file has for it; of two scores or more. */
export const postTransforms: Readonly<Record<string, PostTransform>> = {
  NONE: () => {},
  LOGISTIC: each((value) => logistic(f(value))),
  SOFTMAX: softmax,
  SOFTMAX_ZERO: softmaxZero,
  PROBIT: each(probit),
};

/** What is done to the scores of trees, of a single target by PROBIT alone. @throws Unusual for what ONNX does not know */
export const transformOf = (post: string, targets: number): PostTransform | undefined => {
  const transform = postTransforms[post];
  if (transform === undefined) throw unusual(`a post transform ${post}`);
  return targets === 1 && post !== 'PROBIT' ? undefined : transform;
};
