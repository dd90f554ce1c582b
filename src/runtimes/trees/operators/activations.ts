/**
 * Activations. Sigmoid and Tanh have ONNX Runtime's bits; Exp and Softmax are within a unit in the last place or two of its
 * own polynomials, whose order of summation is the processor's, and the same on every machine and in every browser.
 */
import { expf } from '../expf.ts';
import type { MadeStep } from '../model.ts';
import { sigmoid, tanh } from '../rational.ts';
import { unusual } from '../unusual.ts';
import { dense, sizeOf } from '../values.ts';
import { floatsOf, mapped } from './elementwise.ts';
import type { Operator, Operators } from './operator.ts';

const f = Math.fround;

const ofFloats =
  (change: (value: number) => number): Operator =>
  (_, [value]) =>
    mapped(floatsOf(value), 'float32', change);

/** Along the last dimension. */
const softmax: Operator = ({ attributes, opset }, [value]): MadeStep => {
  const input = floatsOf(value);
  const axis = attributes.int('axis', opset < 13 ? 1 : -1);
  const rank = input.dims.length + 1;
  const width = Number(input.dims.at(-1) ?? 0);
  if ((axis !== -1 && axis !== rank - 1) || rank < 2 || width === 0) throw unusual('Softmax along another axis');
  return {
    outputs: [{ dtype: 'float32', dims: input.dims }],
    run([given]) {
      const { data, dims } = dense(given);
      const from = data as Float32Array;
      const made = new Float32Array(sizeOf(dims));
      for (let start = 0; start < made.length; start += width) {
        let most = -Infinity;
        for (let at = start; at < start + width; at++) most = Math.max(most, from[at]);
        let sum = 0;
        for (let at = start; at < start + width; at++) {
          made[at] = expf(f(from[at] - most));
          sum = f(sum + made[at]);
        }
        for (let at = start; at < start + width; at++) made[at] /= sum;
      }
      return [{ dtype: 'float32', dims, data: made }];
    },
  };
};

export const activations: Operators = {
  Sigmoid: ofFloats(sigmoid),
  Tanh: ofFloats(tanh),
  Exp: ofFloats(expf),
  Softmax: softmax,
};
