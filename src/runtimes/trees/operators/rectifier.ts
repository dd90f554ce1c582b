/** The operator that cuts off what is below zero, which converters write behind trees of answers that are not. */
import { unary } from './elementwise.ts';
import type { Operators } from './operator.ts';

export const rectifier: Operators = {
  Relu: unary(['float32', 'float64'], (x: number) => (x >= 0 || Number.isNaN(x) ? x : 0)),
};
