/** Functions of single numbers, and of any number of values side by side. */
import type { Dtype } from '../../../core/types.ts';
import type { MadeStep } from '../model.ts';
import { unusual } from '../unusual.ts';
import type { Known } from '../values.ts';
import { combined, pair } from './broadcast.ts';
import { mapped, unary } from './elementwise.ts';
import type { Operator, Operators } from './operator.ts';

const floats: readonly Dtype[] = ['float32', 'float64'];

/** Of two values and more: the first two, that and the third, and so on, each result rounded to the type. */
const variadic =
  (combine: (a: number, b: number) => number): Operator =>
  (_, inputs): MadeStep => {
    const [first, ...others] = inputs;
    if (first === undefined || !inputs.every((one) => one?.dtype === first.dtype) || !floats.includes(first.dtype))
      throw unusual('values of several types');
    if (others.length === 0) return mapped(first, first.dtype, (value: number) => value);
    let known: Known = first;
    const steps = (others as readonly Known[]).map((other) => {
      const step = combined([known, other], first.dtype, combine);
      [known] = step.outputs;
      return step;
    });
    return {
      outputs: [known],
      run: ([one, ...more], rows) => [steps.reduce((so, step, at) => step.run([so, more[at]], rows)[0], one)],
    };
  };

/** 1 to any power is 1, and -1 to an infinite one, as in C. */
const raised = (a: number, b: number): number => (a === 1 || (a === -1 && Math.abs(b) === Infinity) ? 1 : a ** b);

const power: Operator = (_, inputs): MadeStep => {
  const [base, exponent] = pair(inputs);
  if (!floats.includes(base.dtype)) throw unusual(`powers of ${base.dtype}`);
  const isFloat = base.dtype === 'float32';
  return combined([base, exponent], base.dtype, (a: number, b: number) =>
    b === 2 ? a * a : b === 3 ? (isFloat ? Math.fround(a * a) : a * a) * a : raised(a, b),
  );
};

export const functions: Operators = {
  Sum: variadic((a, b) => a + b),
  // NaN wins; of 0 and -0 the second.
  Max: variadic((a, b) => (a > b || Number.isNaN(a) ? a : b)),
  Min: variadic((a, b) => (a < b || Number.isNaN(a) ? a : b)),
  Pow: power,
  Log: unary(floats, Math.log),
  Reciprocal: unary(floats, (value: number) => 1 / value),
  Sign: unary(floats, (value: number) => (value > 0 ? 1 : value < 0 ? -1 : value === 0 ? 0 : value)),
};
