/** Operators that work element by element on values of shapes that fit each other. */
import { allocate } from '../../../core/columns.ts';
import type { Dtype, Tensor } from '../../../core/types.ts';
import type { MadeStep } from '../model.ts';
import { isConstant, like, placed } from '../placed-values.ts';
import { unusual } from '../unusual.ts';
import { dense, type Known, knownSize, type NodeValue, sizeOf } from '../values.ts';
import type { Element, ElementData } from './elementwise.ts';

/**
 * How the elements of a row follow from those of one input: all of them, one for each, or places worked out beforehand.
 * `step` is how far the next row is.
 */
interface Reader {
  readonly step: number;
  /** By element of the result's row; undefined where it is the element itself. */
  readonly places: Int32Array | undefined;
}

const readerOf = (input: Known, own: readonly number[], dims: readonly number[]): Reader => {
  const size = sizeOf(dims);
  const step = isConstant(input) ? 0 : sizeOf(own);
  if (own.length === dims.length && own.every((dim, at) => dim === dims[at])) return { step, places: undefined };
  // Strides of the input along the result's dimensions, 0 where it is the same all along.
  const strides = new Array<number>(dims.length).fill(0);
  let stride = 1;
  for (let at = own.length - 1; at >= 0; at--) {
    const along = dims.length - own.length + at;
    if (own[at] !== 1) strides[along] = stride;
    stride *= own[at];
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

/** Dimensions behind the one that counts the rows; all inputs have as many, so that it is the same one of all. */
const behind = ({ dims, along = 0 }: Known): number => (along === -1 ? Number.POSITIVE_INFINITY : dims.length - along);

/** A row's dimensions; those of a constant without the one where others count rows. */
const rowDims = (input: Known, after: number): readonly number[] => {
  const { dims } = input;
  const place = dims.length - 1 - after;
  if (!isConstant(input) || place < 0) return dims as readonly number[];
  if (dims[place] !== 1) throw unusual('a constant for several rows');
  return dims.toSpliced(place, 1) as readonly number[];
};

/** The row of a result, and how each input is read for it. */
const fitted = (inputs: readonly Known[]): { readonly result: Known; readonly readers: readonly Reader[] } => {
  const rows = inputs.filter((input) => !isConstant(input)).map((input) => placed(input));
  if (rows.length === 0) throw unusual('a result that is the same for all rows');
  const after = behind(rows[0]);
  if (rows.some((input) => behind(input) !== after)) throw unusual('shapes that do not fit');
  for (const input of inputs)
    if (knownSize(input) === undefined) throw unusual('rows whose size the graph does not say');
  const own = inputs.map((input) => rowDims(input, after));
  const rank = Math.max(...own.map(({ length }) => length));
  const dims = new Array<number>(rank).fill(1);
  for (const one of own)
    one.forEach((dim, at) => {
      const along = rank - one.length + at;
      if (dim === 1) return;
      if (dims[along] !== 1 && dims[along] !== dim) throw unusual('shapes that do not fit');
      dims[along] = dim;
    });
  const { dtype } = inputs[0];
  return {
    result: like({ dtype, dims, along: after === Number.POSITIVE_INFINITY ? -1 : rank - after }, dtype, dims),
    readers: inputs.map((input, index) => readerOf(input, own[index], dims)),
  };
};

/** Several values of one shape, or spread over it. */
export const combined = (
  inputs: readonly Known[],
  dtype: Dtype,
  combine: (...values: never[]) => Element,
): MadeStep => {
  const { result, readers } = fitted(inputs);
  const dims = result.dims as readonly number[];
  const size = sizeOf(dims);
  const at = ({ step, places }: Reader, row: number, element: number): number =>
    row * step + (places === undefined ? element : places[element]);
  const run = (values: readonly NodeValue[], rows: number): readonly NodeValue[] => {
    const data = values.map((value) => dense(value).data as ArrayLike<Element>);
    const made = allocate(dtype, rows * size) as ElementData;
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
  return { outputs: [like(result, dtype, dims)], run };
};

/** The two inputs of an operator that takes two of one type. @throws Unusual */
export const pair = ([a, b, ...more]: readonly (Known | undefined)[]): readonly [Known, Known] => {
  if (a === undefined || b === undefined || more.length > 0 || a.dtype !== b.dtype)
    throw unusual('two values of two types');
  return [a, b];
};
