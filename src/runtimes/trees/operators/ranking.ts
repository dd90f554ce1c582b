/** Operators that say which of a row's values is the greatest. */
import type { MadeStep } from '../model.ts';
import { constantNumbers, table } from '../placed-values.ts';
import { unusual } from '../unusual.ts';
import { dense } from '../values.ts';
import type { Operator, Operators } from './operator.ts';

/** The place of the value that no other beats; the first of equals. NaN beats nothing, and nothing beats it. */
const argOf =
  (beats: (a: number, b: number) => boolean): Operator =>
  ({ attributes }, [value]): MadeStep => {
    const { input, width } = table(value);
    const axis = attributes.int('axis', 0);
    if ((axis !== 1 && axis !== -1) || attributes.int('select_last_index', 0) !== 0)
      throw unusual('the greatest of another axis than the columns');
    if (input.dtype !== 'float32' && input.dtype !== 'float64' && input.dtype !== 'int32')
      throw unusual(`the greatest of ${input.dtype}`);
    const dims = attributes.int('keepdims', 1) === 0 ? [] : [1];
    return {
      outputs: [{ dtype: 'int64', dims }],
      run([given], rows) {
        const data = dense(given).data as Float32Array;
        const best = BigInt64Array.from({ length: rows }, (_, row) => {
          let at = 0;
          for (let column = 1; column < width; column++)
            if (beats(data[row * width + column], data[row * width + at])) at = column;
          return BigInt(at);
        });
        return [{ dtype: 'int64', dims: [rows, ...dims], data: best }];
      },
    };
  };

const topK: Operator = ({ attributes, opset }, [value, count]): MadeStep => {
  const { input, width } = table(value);
  const [k = 0] = count ? constantNumbers(count) : [attributes.int('k', 0)];
  const axis = attributes.int('axis', -1);
  if ((axis !== 1 && axis !== -1) || !(k >= 1 && k <= width) || (opset >= 11 && attributes.int('sorted', 1) !== 1))
    throw unusual('the first of another axis than the columns');
  if (input.dtype !== 'float32') throw unusual(`the first of ${input.dtype}`);
  const sign = attributes.int('largest', 1) === 1 ? 1 : -1;
  return {
    outputs: [
      { dtype: 'float32', dims: [k] },
      { dtype: 'int64', dims: [k] },
    ],
    run([given], rows) {
      const data = dense(given).data as Float32Array;
      const values = new Float32Array(rows * k);
      const places = new BigInt64Array(rows * k);
      for (let row = 0; row < rows; row++) {
        const one = data.subarray(row * width, (row + 1) * width);
        if (one.some(Number.isNaN)) throw new Error('NaN cannot be ranked');
        const order = [...one.keys()].sort((a, b) => sign * (one[b] - one[a]) || a - b);
        for (let index = 0; index < k; index++) {
          values[row * k + index] = one[order[index]];
          places[row * k + index] = BigInt(order[index]);
        }
      }
      return [
        { dtype: 'float32', dims: [rows, k], data: values },
        { dtype: 'int64', dims: [rows, k], data: places },
      ];
    },
  };
};

export const ranking: Operators = {
  ArgMax: argOf((a, b) => a > b),
  ArgMin: argOf((a, b) => a < b),
  TopK: topK,
};
