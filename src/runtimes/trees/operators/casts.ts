/** Cast between numbers, as x64 converts them. Texts are read in many ways by the C library, and left to it. */
import { allocate, dtypes } from '../../../core/columns.ts';
import type { Dtype, TensorData } from '../../../core/types.ts';
import { dtypes as elementTypes } from '../../onnx-tensor.ts';
import type { MadeStep } from '../model.ts';
import { like, placed } from '../placed-values.ts';
import { unusual } from '../unusual.ts';
import { dense, type Known, sizeOf } from '../values.ts';
import type { Operators } from './operator.ts';

const numbers: ReadonlySet<Dtype> = new Set([
  'float32',
  'float64',
  'int32',
  'int64',
  'bool',
  'uint8',
  'int8',
  'int16',
  'uint16',
]);

const LEAST_INT64 = -(2n ** 63n);
const toInt64 = (value: number): bigint =>
  value > -(2 ** 63) && value < 2 ** 63 ? BigInt(Math.trunc(value)) : LEAST_INT64;
const toInt32 = (value: number): number => {
  const whole = Math.trunc(value);
  return whole >= -(2 ** 31) && whole < 2 ** 31 ? whole : -(2 ** 31);
};
/** The float32 nearest to an integer, rounded once: what lies below its first 53 bits only says that it is not the middle. */
const int64ToFloat = (value: bigint): number => {
  if (value > -(2n ** 53n) && value < 2n ** 53n) return Math.fround(Number(value));
  const [top, rest] = [value / 2048n, value % 2048n];
  return Math.fround(Number(rest === 0n || top % 2n !== 0n ? top : top + (value < 0n ? -1n : 1n)) * 2048);
};

type Convert = (value: number | bigint) => number | bigint | string;
const converter = (from: Dtype, to: Dtype): Convert => {
  if (to === 'string') {
    if (from === 'int64' || from === 'int32') return String;
    throw unusual(`${from} as text`);
  }
  if (!numbers.has(from)) throw unusual(`numbers out of ${from}`);
  if (to === 'float32') return (value) => (typeof value === 'bigint' ? int64ToFloat(value) : value);
  if (to === 'float64') return Number;
  if (to === 'bool') return (value) => Number(Number(value) !== 0);
  const isFloat = from === 'float32' || from === 'float64';
  if (to === 'int64') return (value) => (isFloat ? toInt64(value as number) : BigInt(value));
  if (to === 'int32') {
    if (isFloat) return (value) => toInt32(value as number);
    return (value) => (typeof value === 'bigint' ? Number(BigInt.asIntN(32, value)) : value);
  }
  throw unusual(`a cast to ${to}`);
};

export const castTo = (input: Known, to: Dtype): MadeStep => {
  const { dtype, dims } = input;
  if (dtype === to) return { outputs: [input], run: (values) => values };
  const convert = converter(dtype, to);
  return {
    outputs: [{ ...like(input, to, dims), ...(input.isMerged && { isMerged: true }) }],
    run([value]) {
      const { data, dims: all } = dense(value);
      const made = allocate(to, sizeOf(all)) as Record<number, number | bigint | string> & TensorData;
      for (let at = 0; at < data.length; at++) made[at] = convert(data[at] as number | bigint);
      return [{ dtype: to, dims: all, data: made }];
    },
  };
};

export const casts: Operators = {
  Cast: ({ attributes }, [input]) => {
    const to = elementTypes[attributes.int('to', 0)];
    if (to === undefined || !dtypes.includes(to)) throw unusual('a cast to a type that is not read here');
    return castTo(input?.isMerged || (input?.extents && to === 'int64') ? input : placed(input), to);
  },
};
