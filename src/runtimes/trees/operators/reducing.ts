/**
 * Operators that make one value of many. Values are added one after the other, so that every batch, machine and browser gives
 * the same bits; ONNX Runtime adds in the order of its processor's vectors, which depends on where a row lies in memory.
 */
import { allocate } from '../../../core/columns.ts';
import type { Dtype, Tensor, TensorData } from '../../../core/types.ts';
import { exp } from '../exp.ts';
import { expf } from '../expf.ts';
import type { MadeStep } from '../model.ts';
import { axisOf, constantNumbers, like, placed, placedOf, wholeOf } from '../placed-values.ts';
import { unusual } from '../unusual.ts';
import { dense, knownSize, sizeOf } from '../values.ts';
import type { Operator, Operators } from './operator.ts';

type Round = (value: number) => number;
const f = Math.fround;

/** One value of the values at `places` from `from` on. */
type Reduce = (data: ArrayLike<number>, from: number, places: Int32Array, round: Round) => number;

const sum: Reduce = (data, from, places, round) => {
  let total = 0;
  for (const place of places) total = round(total + data[from + place]);
  return total;
};
const sumOfSquares: Reduce = (data, from, places, round) => {
  let total = 0;
  for (const place of places) total = round(total + round(data[from + place] * data[from + place]));
  return total;
};
const product: Reduce = (data, from, places, round) => {
  let total = 1;
  for (const place of places) total = round(total * data[from + place]);
  return total;
};
const logOfSumOfPowers: Reduce = (data, from, places, round) => {
  let greatest = -Infinity;
  for (const place of places) if (data[from + place] > greatest) greatest = data[from + place];
  const shift = Number.isFinite(greatest) ? greatest : 0;
  const power = round === f ? expf : exp;
  let total = 0;
  for (const place of places) total = round(total + power(round(data[from + place] - shift)));
  return round(round(Math.log(total)) + shift);
};

const sumOfMagnitudes: Reduce = (data, from, places, round) => {
  let total = 0;
  for (const place of places) total = round(total + Math.abs(data[from + place]));
  return total;
};
/** The one that beats all others. NaN does so, as in NumPy; in ONNX Runtime that depends on where it stands. */
const extreme =
  (beats: (a: number, b: number) => boolean): Reduce =>
  (data, from, places) => {
    let best = data[from + places[0]];
    for (const place of places) {
      const value = data[from + place];
      if (beats(value, best) || Number.isNaN(value)) best = value;
    }
    return best;
  };
const numbers: readonly Dtype[] = ['float32', 'float64', 'int32', 'int64'];

/** For each value of a result's row, where those that make it stand in the row. */
const placesOf = (dims: readonly number[], axes: ReadonlySet<number>): readonly Int32Array[] => {
  const kept: number[][] = [];
  for (let place = 0; place < sizeOf(dims); place++) {
    let [to, rest, stride] = [0, place, 1];
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      if (!axes.has(axis)) {
        to += (rest % dims[axis]) * stride;
        stride *= dims[axis];
      }
      rest = Math.floor(rest / dims[axis]);
    }
    kept[to] ??= [];
    kept[to].push(place);
  }
  return kept.map((places) => Int32Array.from(places));
};

const reducing =
  (reduce: Reduce, dtypes: readonly Dtype[] = ['float32', 'float64']): Operator =>
  ({ attributes }, [value, given]): MadeStep => {
    const input = placed(value);
    const { dtype } = input;
    if (!dtypes.includes(dtype)) throw unusual(`one value of many ${dtype}`);
    if (!(knownSize(input) !== undefined && sizeOf(input.dims as number[]) > 0)) throw unusual('one value of none');
    const whole = wholeOf(input);
    const named = given ? constantNumbers(given) : [...attributes.ints('axes')];
    if (named.length === 0 && input.along !== -1) throw unusual('one value of all rows');
    const all = named.length === 0 ? [...whole.keys()] : named.map((axis) => (axis < 0 ? axis + whole.length : axis));
    const axes = new Set(all.map((axis) => axisOf(axis, input)));
    const keeps = attributes.int('keepdims', 1) !== 0;
    const result = placedOf(
      dtype,
      keeps ? whole.map((dim, axis) => (all.includes(axis) ? 1 : dim)) : whole.filter((_, axis) => !all.includes(axis)),
    );
    const places = placesOf(input.dims as number[], axes);
    const step = sizeOf(input.dims as number[]);
    const round: Round = dtype === 'float32' ? f : (one) => one;
    return {
      outputs: [result],
      run([one], rows) {
        const data = dense(one).data as Float32Array;
        const made = allocate(dtype, rows * places.length) as Float32Array;
        for (let row = 0, to = 0; row < rows; row++)
          for (const from of places) made[to++] = reduce(data, row * step, from, round);
        return [{ dtype, dims: [rows, ...(result.dims as number[])], data: made } satisfies Tensor];
      },
    };
  };

/** Each value with all before it. */
const cumSum: Operator = ({ attributes }, [value, axis]) => {
  const input = placed(value);
  const { dtype } = input;
  if (dtype !== 'float32' && dtype !== 'float64' && dtype !== 'int64') throw unusual(`sums of ${dtype}`);
  if (attributes.int('exclusive', 0) !== 0 || attributes.int('reverse', 0) !== 0) throw unusual('sums from the end');
  const along = axisOf(constantNumbers(axis)[0], input);
  wholeOf(input);
  const dims = input.dims as readonly number[];
  const [length, inner] = [dims[along], sizeOf(dims.slice(along + 1))];
  return {
    outputs: [like(input, dtype, dims)],
    run([one]) {
      const { data, dims: all } = dense(one);
      const made = data.slice() as Record<number, number | bigint> & TensorData;
      for (let at = inner; at < made.length; at++) {
        if (Math.floor(at / inner) % length === 0) continue;
        const [value, before] = [made[at], made[at - inner]];
        made[at] =
          typeof value === 'bigint' ? BigInt.asIntN(64, value + BigInt(before)) : (value as number) + Number(before);
      }
      return [{ dtype, dims: all, data: made }];
    },
  };
};

const norms: Readonly<Record<number, Reduce>> = {
  1: sumOfMagnitudes,
  2: (data, from, places, round) => round(Math.sqrt(sumOfSquares(data, from, places, round))),
};

/** Values divided by the norm of all that lie beside them along an axis; 0 where that is 0. */
const normalized: Operator = ({ attributes }, [value]) => {
  const input = placed(value);
  const { dtype } = input;
  const norm = norms[attributes.int('p', 2)];
  if (norm === undefined || (dtype !== 'float32' && dtype !== 'float64')) throw unusual(`another norm of ${dtype}`);
  const along = axisOf(attributes.int('axis', -1), input);
  wholeOf(input);
  const dims = input.dims as readonly number[];
  const inner = sizeOf(dims.slice(along + 1));
  const places = Int32Array.from({ length: dims[along] }, (_, at) => at * inner);
  const block = dims[along] * inner;
  const round: Round = dtype === 'float32' ? f : (one) => one;
  return {
    outputs: [like(input, dtype, dims)],
    run([one]) {
      const { data, dims: all } = dense(one) as { readonly data: Float32Array; readonly dims: readonly number[] };
      const made = allocate(dtype, data.length) as Float32Array;
      for (let start = 0; start < data.length; start += block)
        for (let from = start; from < start + inner; from++) {
          const size = norm(data, from, places, round);
          for (const place of places) made[from + place] = size === 0 ? 0 : data[from + place] / size;
        }
      return [{ dtype, dims: all, data: made }];
    },
  };
};

export const reductions: Operators = {
  ReduceSum: reducing(sum),
  ReduceMax: reducing(
    extreme((a, b) => a > b),
    numbers,
  ),
  ReduceMin: reducing(
    extreme((a, b) => a < b),
    numbers,
  ),
  ReduceL1: reducing(sumOfMagnitudes),
  ReduceLogSum: reducing((data, from, places, round) => round(Math.log(sum(data, from, places, round)))),
  ReduceMean: reducing((data, from, places, round) => round(sum(data, from, places, round) / places.length)),
  ReduceSumSquare: reducing(sumOfSquares),
  ReduceL2: reducing(norms[2]),
  LpNormalization: normalized,
  ReduceProd: reducing(product),
  ReduceLogSumExp: reducing(logOfSumOfPowers),
  CumSum: cumSum,
};
