/** Operators that put columns on another scale: float32 arithmetic, each operation rounded, as ONNX Runtime has it. */
import type { Tensor } from '../../../core/types.ts';
import type { MadeStep } from '../model.ts';
import { table } from '../placed-values.ts';
import { unusual } from '../unusual.ts';
import { dense, type Known } from '../values.ts';
import type { Operators } from './operator.ts';

const f = Math.fround;
const numeric = new Set(['float32', 'float64', 'int32', 'int64']);

/** float32 out of numbers of any type, row by row. */
const toFloats = (
  given: Known | undefined,
  change: (from: ArrayLike<number>, start: number, to: Float32Array) => void,
): MadeStep => {
  const { input, width } = table(given);
  if (!numeric.has(input.dtype)) throw unusual(`numbers as ${input.dtype}`);
  return {
    outputs: [{ dtype: 'float32', dims: [width] }],
    run([value], rows) {
      const { data } = dense(value);
      const from = data instanceof BigInt64Array ? Float32Array.from(data, Number) : (data as ArrayLike<number>);
      const to = new Float32Array(rows * width);
      for (let start = 0; start < to.length; start += width) change(from, start, to);
      return [{ dtype: 'float32', dims: [rows, width], data: to }];
    },
  };
};

/** One value for all columns, or one a column. */
const perColumn = (values: Float32Array, width: number): Float32Array => {
  if (values.length === width) return values;
  if (values.length !== 1) throw unusual(`${values.length} values for ${width} columns`);
  return new Float32Array(width).fill(values[0]);
};

type Normalize = (from: ArrayLike<number>, start: number, to: Float32Array, width: number) => void;

const dividedBy = (divisor: number, from: ArrayLike<number>, start: number, to: Float32Array, width: number): void => {
  for (let at = start; at < start + width; at++) to[at] = divisor === 0 ? from[at] : f(from[at]) / divisor;
};
const normalizers: Readonly<Record<string, Normalize>> = {
  // The greatest value, not the greatest magnitude.
  MAX(from, start, to, width) {
    let most = -3.4028234663852886e38;
    for (let at = start; at < start + width; at++) if (most < f(from[at])) most = f(from[at]);
    dividedBy(most, from, start, to, width);
  },
  L1(from, start, to, width) {
    let sum = 0;
    for (let at = start; at < start + width; at++) sum = f(sum + f(Math.abs(from[at])));
    dividedBy(sum, from, start, to, width);
  },
  L2(from, start, to, width) {
    let sum = 0;
    for (let at = start; at < start + width; at++) {
      to[at] = from[at] * from[at];
      sum = f(sum + to[at]);
    }
    for (let at = start; at < start + width; at++)
      if (sum === 0) to[at] = from[at];
      else to[at] = (from[at] < 0 ? -1 : 1) * f(Math.sqrt(f(to[at] / sum)));
  },
};

/** What stands for a missing number is found by itself; NaN by being none. */
const imputed = (input: Known, width: number, values: readonly number[], replaced: number): MadeStep => {
  const { dtype } = input;
  const isMissing = Number.isNaN(replaced) ? Number.isNaN : (value: number) => value === replaced;
  return {
    outputs: [{ dtype, dims: [width] }],
    run([value], rows) {
      const from = dense(value).data as Float32Array | BigInt64Array;
      const data = from.slice() as Float32Array | BigInt64Array;
      for (let at = 0; at < data.length; at++) {
        if (!isMissing(Number(from[at]))) continue;
        const instead = values[values.length === 1 ? 0 : at % width];
        if (data instanceof BigInt64Array) data[at] = BigInt(instead);
        else data[at] = instead;
      }
      return [{ dtype, dims: [rows, width], data } satisfies Tensor];
    },
  };
};

export const scaling: Operators = {
  'ml:Scaler': ({ attributes }, [value]) => {
    const { width } = table(value);
    const [offset, scale] = [attributes.floats('offset'), attributes.floats('scale')].map((one) =>
      perColumn(one, width),
    );
    // float64 is worked in float64, and rounded in the end.
    const round = value?.dtype === 'float64' ? (x: number) => x : f;
    return toFloats(value, (from, start, to) => {
      for (let column = 0; column < width; column++)
        to[start + column] = round(round(from[start + column]) - offset[column]) * scale[column];
    });
  },
  'ml:Normalizer': ({ attributes }, [value]) => {
    const { width, input } = table(value);
    const normalize = normalizers[attributes.text('norm', 'MAX')];
    if (normalize === undefined) throw unusual('another norm');
    if (input.dtype.startsWith('int')) throw unusual('a norm of integers');
    const made = toFloats(value, (from, start, to) => normalize(from, start, to, width));
    return input.isSparse ? { ...made, outputs: [{ ...made.outputs[0], isSparse: true }] } : made;
  },
  'ml:Binarizer': ({ attributes }, [value]) => {
    const { width, input } = table(value);
    if (input.dtype !== 'float32') throw unusual(`${input.dtype} against a threshold`);
    const threshold = attributes.float('threshold', 0);
    return toFloats(value, (from, start, to) => {
      for (let at = start; at < start + width; at++) {
        if (Number.isNaN(from[at])) throw new Error('Input data with index: 0 is NaN');
        to[at] = Number(from[at] > threshold);
      }
    });
  },
  'ml:Imputer': ({ attributes }, [value]) => {
    const { input, width } = table(value);
    const isFloat = input.dtype === 'float32';
    if (!isFloat && input.dtype !== 'int64') throw unusual(`missing values of ${input.dtype}`);
    const values = [
      ...attributes[isFloat ? 'floats' : 'ints'](isFloat ? 'imputed_value_floats' : 'imputed_value_int64s'),
    ];
    if (values.length !== 1 && values.length !== width) throw unusual(`${values.length} values for ${width} columns`);
    const replaced = isFloat ? attributes.float('replaced_value_float', 0) : attributes.int('replaced_value_int64', 0);
    if (![...(isFloat ? [] : [...values, replaced])].every(Number.isSafeInteger)) throw unusual('integers past 2^53');
    return imputed(input, width, values, replaced);
  },
};
