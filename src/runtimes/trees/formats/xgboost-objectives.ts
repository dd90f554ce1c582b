/** What XGBoost's objectives make of sums, in float32 as its own code does (src/objective, src/common/math.h). */
import { fail } from '../../../core/errors.ts';
import { type Link, type Meaning, numbered } from './link.ts';

const f = Math.fround;
const logf = (value: number): number => f(Math.log(value));

export interface Objective extends Meaning {
  /** The margin that a base score stands for. */
  readonly margin: (base: number) => number;
}

const same = (value: number): number => value;
const logit = (base: number): number => f(-logf(f(f(1 / base) - 1)));

const identity: Link = { kind: 'identity' };
const sigmoid: Link = { kind: 'sigmoid', exp: 'float32', steepness: 1 };

const plain = ['reg:squarederror', 'reg:linear', 'reg:absoluteerror', 'reg:squaredlogerror', 'reg:pseudohubererror'];
const ranking = ['rank:pairwise', 'rank:ndcg', 'rank:map'];
const exponential = ['count:poisson', 'reg:gamma', 'reg:tweedie', 'survival:cox', 'survival:aft'];

/** @throws BAD_MODEL for an objective that is not known */
export const objectiveOf = (name: string, targets: number): Objective => {
  const of = (margin: Objective['margin'], output: string, link: Link): Objective => ({ margin, output, link });
  if (plain.includes(name) || name === 'reg:quantileerror') return of(same, 'prediction', identity);
  if (ranking.includes(name)) return of(same, 'score', identity);
  if (exponential.includes(name)) return of(logf, 'prediction', { kind: 'exp', exp: 'float32' });
  if (name === 'binary:logitraw') return of(same, 'margin', identity);
  if (name === 'binary:hinge') return of(same, 'prediction', { kind: 'step' });
  if (name === 'reg:logistic') return of(logit, 'prediction', sigmoid);
  if (name === 'binary:logistic') {
    const probability = of(logit, 'probability', sigmoid);
    return targets > 1 ? probability : { ...probability, label: { classes: numbered(2), choice: { by: 'answer' } } };
  }
  if (name === 'multi:softprob' || name === 'multi:softmax')
    return {
      ...of(same, 'probability', { kind: 'softmax', exp: 'float32' }),
      label: { classes: numbered(targets), choice: { by: 'greatest', within: 0 } },
    };
  throw fail('BAD_MODEL', `The objective ${name.slice(0, 80)} of XGBoost is not known.`, {
    expected: 'an objective of XGBoost itself, or the model as ONNX',
    got: name.slice(0, 80),
  });
};
