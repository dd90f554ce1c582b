/** Operators that work element by element, alone or on two values of shapes that fit each other. */
import { allocate } from '../../../core/columns.ts';
import type { Dtype, Tensor, TensorData } from '../../../core/types.ts';
import type { MadeStep } from '../model.ts';
import { unusual } from '../unusual.ts';
import { batched, dense, type Known, knownSize, type NodeValue, sized, sizeOf } from '../values.ts';
import type { Operator } from './operator.ts';

export type Element = number | bigint | string;
type Elements = Record<number, Element> & TensorData;

/** One value in, one of the same type out. @throws Unusual where it is no number */
export const unary =
  (dtypes: readonly Dtype[], change: (value: never) => Element): Operator =>
  (_, [given]) => {
    const { dtype, dims } = batched(given);
    if (!dtypes.includes(dtype)) throw unusual(`${dtype} where numbers are expected`);
    return mapped({ dtype, dims }, dtype, change);
  };

export const mapped = ({ dims }: Known, dtype: Dtype, change: (value: never) => Element): MadeStep => ({
  outputs: [{ dtype, dims }],
  run([value]) {
    const { data, dims: all } = dense(value);
    const made = allocate(dtype, data.length) as Elements;
    for (let at = 0; at < data.length; at++) made[at] = change(data[at] as never);
    return [{ dtype, dims: all, data: made }];
  },
});

/**
 * How the elements of a row follow from those of one input: all of them, one for each, or places worked out beforehand.
 * `step` is how far the next row is.
 */
interface Reader {
  readonly step: number;
  /** By element of the result's row; undefined where it is the element itself. */
  readonly places: Int32Array | undefined;
}

const readerOf = (input: Known, dims: readonly number[]): Reader => {
  const own = input.constant && input.dims.length === dims.length + 1 ? input.dims.slice(1) : input.dims;
  const size = sizeOf(dims);
  const step = input.constant ? 0 : sizeOf(own as number[]);
  if (own.length === dims.length && own.every((dim, at) => dim === dims[at])) return { step, places: undefined };
  // Strides of the input along the result's dimensions, 0 where it is the same all along.
  const strides = new Array<number>(dims.length).fill(0);
  let stride = 1;
  for (let at = own.length - 1; at >= 0; at--) {
    const along = dims.length - own.length + at;
    if (own[at] !== 1) strides[along] = stride;
    stride *= Number(own[at]);
  }
  const places = Int32Array.from({ length: size }, (_, element) => {
    let place = 0;
    for (let at = dims.length - 1, rest = element; at >= 0; at--) {
      place += (rest % dims[at]) * strides[at];
      rest = Math.floor(rest / dims[at]);
    }
    return place;
  });
  return { step, places };
};

/** The shape of a result's row. Batched inputs have one rank, so that the batch is the first dimension of all. */
const resultDims = (inputs: readonly Known[]): readonly number[] => {
  const rows = inputs.filter(({ constant }) => constant === undefined);
  if (rows.length === 0) throw unusual('a result that is the same for all rows');
  const rank = rows[0].dims.length;
  const dims = new Array<number>(rank).fill(1);
  for (const input of inputs) {
    const { constant } = input;
    if (knownSize(input) === undefined) throw unusual('rows whose size the graph does not say');
    if (constant ? input.dims.length > rank + 1 : input.dims.length !== rank) throw unusual('shapes that do not fit');
    if (input.dims.length === rank + 1 && input.dims[0] !== 1) throw unusual('a constant for several rows');
    const own = (input.dims.length === rank + 1 ? input.dims.slice(1) : input.dims) as readonly number[];
    own.forEach((dim, at) => {
      const along = rank - own.length + at;
      if (dim === 1) return;
      if (dims[along] !== 1 && dims[along] !== dim) throw unusual('shapes that do not fit');
      dims[along] = dim;
    });
  }
  return dims;
};

/** Several values of one shape, or spread over it. */
export const combined = (
  inputs: readonly Known[],
  dtype: Dtype,
  combine: (...values: never[]) => Element,
): MadeStep => {
  const dims = resultDims(inputs);
  const size = sizeOf(dims);
  const readers = inputs.map((input) => readerOf(input, dims));
  const at = ({ step, places }: Reader, row: number, element: number): number =>
    row * step + (places === undefined ? element : places[element]);
  const run = (values: readonly NodeValue[], rows: number): readonly NodeValue[] => {
    const data = values.map((value) => dense(value).data as ArrayLike<Element>);
    const made = allocate(dtype, rows * size) as Elements;
    const apply = combine as (...all: Element[]) => Element;
    const [a, b, c] = readers;
    const [x, y, z] = data;
    for (let row = 0, to = 0; row < rows; row++)
      for (let element = 0; element < size; element++, to++)
        made[to] =
          c === undefined
            ? apply(x[at(a, row, element)], y[at(b, row, element)])
            : apply(x[at(a, row, element)], y[at(b, row, element)], z[at(c, row, element)]);
    return [{ dtype, dims: [rows, ...dims], data: made } satisfies Tensor];
  };
  return { outputs: [{ dtype, dims }], run };
};

/** The two inputs of an operator that takes two of one type. @throws Unusual */
export const pair = ([a, b, ...more]: readonly (Known | undefined)[]): readonly [Known, Known] => {
  if (a === undefined || b === undefined || more.length > 0 || a.dtype !== b.dtype)
    throw unusual('two values of two types');
  return [a, b];
};

/** @throws Unusual for all but float32 */
export const floatsOf = (given: Known | undefined): Known => {
  const { input } = sized(given);
  if (input.dtype !== 'float32') throw unusual(`${input.dtype} where float32 is expected`);
  return input;
};
