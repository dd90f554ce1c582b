/** What XGBoost's objectives make of sums, in float32 as its own code does (src/objective, src/common/math.h). */
import { fail } from '../../../core/errors.ts';
import { expf } from '../expf.ts';
import { each, type Meaning, numbered } from './answers.ts';

const f = Math.fround;
const logf = (value: number): number => f(Math.log(value));

export interface Objective extends Meaning {
  /** The margin that a base score stands for. */
  readonly margin: (base: number) => number;
  readonly width: number;
}

const same = (value: number): number => value;

/** From 88.7 on its e^x would be infinite. */
const sigmoid = (margin: number): number => f(1 / f(expf(Math.min(-margin, f(88.7))) + 1));
const logit = (base: number): number => f(-logf(f(f(1 / base) - 1)));

/** The sum of exponents is a float64, what is divided by it a float32 (Softmax in common/math.h). */
const softmax = (classes: number): Pick<Objective, 'finish' | 'label'> => ({
  finish(sums, from, stride, to, at) {
    let most = sums[from];
    for (let index = 1; index < classes; index++) most = Math.max(sums[from + index * stride], most);
    let sum = 0;
    for (let index = 0; index < classes; index++) {
      const value = expf(f(sums[from + index * stride] - most));
      to[at + index] = value;
      sum += value;
    }
    const divisor = f(sum);
    for (let index = 0; index < classes; index++) to[at + index] = f(to[at + index] / divisor);
  },
  label: {
    classes: numbered(classes),
    choose(sums, from, stride) {
      let best = 0;
      for (let index = 1; index < classes; index++)
        if (sums[from + index * stride] > sums[from + best * stride]) best = index;
      return best;
    },
  },
});

const logistic: Pick<Objective, 'finish' | 'label'> = {
  finish: each(1, sigmoid),
  label: { classes: numbered(2), choose: (sums, from) => Number(sigmoid(sums[from]) > 0.5) },
};

const plain = ['reg:squarederror', 'reg:linear', 'reg:absoluteerror', 'reg:squaredlogerror', 'reg:pseudohubererror'];
const ranking = ['rank:pairwise', 'rank:ndcg', 'rank:map'];
const exponential = ['count:poisson', 'reg:gamma', 'reg:tweedie', 'survival:cox', 'survival:aft'];

/** @throws BAD_MODEL for an objective that is not known */
export const objectiveOf = (name: string, targets: number): Objective => {
  const all = (change: (value: number) => number): Pick<Objective, 'width' | 'finish'> => ({
    width: targets,
    finish: each(targets, change),
  });
  if (plain.includes(name) || name === 'reg:quantileerror') return { margin: same, output: 'prediction', ...all(same) };
  if (ranking.includes(name)) return { margin: same, output: 'score', ...all(same) };
  if (exponential.includes(name)) return { margin: logf, output: 'prediction', ...all(expf) };
  if (name === 'binary:logitraw') return { margin: same, output: 'margin', ...all(same) };
  if (name === 'binary:hinge') return { margin: same, output: 'prediction', ...all((margin) => Number(margin > 0)) };
  if (name === 'reg:logistic') return { margin: logit, output: 'prediction', ...all(sigmoid) };
  if (name === 'binary:logistic')
    return targets === 1
      ? { margin: logit, output: 'probability', width: 1, ...logistic }
      : { margin: logit, output: 'probability', ...all(sigmoid) };
  if (name === 'multi:softprob' || name === 'multi:softmax')
    return { margin: same, output: 'probability', width: targets, ...softmax(targets) };
  throw fail('BAD_MODEL', `The objective ${name.slice(0, 80)} of XGBoost is not known.`, {
    expected: 'an objective of XGBoost itself, or the model as ONNX',
    got: name.slice(0, 80),
  });
};
