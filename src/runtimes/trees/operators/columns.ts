/** Operators that put columns side by side, or take some of them. */
import { allocate, copyRow } from '../../../core/columns.ts';
import type { Dtype } from '../../../core/types.ts';
import type { MadeStep } from '../model.ts';
import { unusual } from '../unusual.ts';
import {
  batched,
  constantNumbers,
  dense,
  type Known,
  type NodeValue,
  partsOf,
  sized,
  sizeOf,
  table,
} from '../values.ts';
import type { Operators } from './operator.ts';

/** An axis of a batched value, counted from its rows; the batch is none. */
const axisOf = (axis: number, { dims }: Known): number => {
  const rank = dims.length + 1;
  const place = axis < 0 ? axis + rank : axis;
  if (!(place >= 1 && place < rank)) throw unusual('an operator along the batch');
  return place - 1;
};

const sideBySide = (inputs: readonly Known[]): MadeStep => {
  const width = inputs.reduce((sum, one) => sum + sized(one).size, 0);
  const before = inputs[0].dims.slice(0, -1);
  const dims = [...before, width];
  return {
    outputs: [{ dtype: 'float32', dims }],
    run: (values, rows) => [
      { dtype: 'float32', dims: [rows, ...(dims as number[])], parts: values.flatMap((value) => partsOf(value)) },
    ],
  };
};

/** Every input's piece of each row, one behind the other. */
const concatenated = (inputs: readonly Known[], axis: number): MadeStep => {
  const { dtype } = inputs[0];
  const sizes = inputs.map((one) => sizeOf((one.dims as number[]).slice(axis)));
  const outer = sizeOf((inputs[0].dims as number[]).slice(0, axis));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const dims = (inputs[0].dims as number[]).with(
    axis,
    inputs.reduce((sum, one) => sum + Number(one.dims[axis]), 0),
  );
  return {
    outputs: [{ dtype, dims }],
    run(values, rows) {
      const data = allocate(dtype, rows * outer * total);
      let first = 0;
      for (let index = 0; index < values.length; index++) {
        const from = dense(values[index]).data;
        const size = sizes[index];
        for (let piece = 0; piece < rows * outer; piece++)
          copyRow(from, piece * size, data, piece * total + first, size);
        first += size;
      }
      return [{ dtype, dims: [rows, ...dims], data }];
    },
  };
};

/** Along one axis, the entries at these places, in their order. `shape` stands where the axis was. */
const taken = (input: Known, axis: number, places: readonly number[], shape: readonly number[]): MadeStep => {
  const { dtype } = input;
  const known = input.dims as readonly number[];
  const [outer, length, inner] = [sizeOf(known.slice(0, axis)), known[axis], sizeOf(known.slice(axis + 1))];
  if (places.some((place) => !(place >= 0 && place < length))) throw unusual('places outside a row');
  const dims = [...known.slice(0, axis), ...shape, ...known.slice(axis + 1)];
  return {
    outputs: [{ dtype, dims }],
    run([value], rows) {
      const from = dense(value).data;
      const data = allocate(dtype, rows * outer * places.length * inner);
      let to = 0;
      for (let piece = 0; piece < rows * outer; piece++)
        for (const place of places) {
          copyRow(from, (piece * length + place) * inner, data, to, inner);
          to += inner;
        }
      return [{ dtype, dims: [rows, ...dims], data }];
    },
  };
};

/** Each row's own entries of a table that stands in the file. */
const lookedUp = (entries: Known, places: Known): MadeStep => {
  const { constant, dtype } = entries;
  if (constant === undefined || constant.dims.length === 0) throw unusual('a Gather along the batch');
  if (places.dtype !== 'int64' && places.dtype !== 'int32') throw unusual('places that are no integers');
  const [length, ...rest] = constant.dims;
  const size = sizeOf(rest);
  const dims = [...(sized(places).input.dims as number[]), ...rest];
  return {
    outputs: [{ dtype, dims }],
    run([, value], rows) {
      const at = dense(value).data as ArrayLike<bigint | number>;
      const data = allocate(dtype, at.length * size);
      for (let index = 0; index < at.length; index++) {
        const place = Number(at[index]);
        if (place < -length || place >= length)
          throw new Error(`indices element out of data bounds, idx=${place} must be within [${-length},${length - 1}]`);
        copyRow(constant.data, (place < 0 ? place + length : place) * size, data, index * size, size);
      }
      return [{ dtype, dims: [rows, ...dims], data }];
    },
  };
};

const numeric: ReadonlySet<Dtype> = new Set(['float32', 'float64', 'int32', 'int64']);

const split = (input: Known, axis: number, sizes: readonly number[]): MadeStep => {
  const length = Number(input.dims[axis]);
  if (sizes.reduce((sum, size) => sum + size, 0) !== length || sizes.some((size) => !(size > 0)))
    throw unusual('pieces that make no whole');
  let first = 0;
  const pieces = sizes.map((size) => {
    const places = Array.from({ length: size }, (_, index) => first + index);
    first += size;
    return taken(input, axis, places, [size]);
  });
  return {
    outputs: pieces.map(({ outputs }) => outputs[0]),
    run: (values, rows) => pieces.flatMap((piece): readonly NodeValue[] => piece.run(values, rows)),
  };
};

const sliced = (
  input: Known,
  starts: readonly number[],
  ends: readonly number[],
  axes: readonly number[],
): MadeStep => {
  if (starts.length !== 1 || ends.length !== 1 || axes.length !== 1) throw unusual('Slice along several axes');
  const axis = axisOf(axes[0], input);
  const length = Number(input.dims[axis]);
  const place = (at: number): number => Math.min(length, Math.max(0, at < 0 ? at + length : at));
  const [from, to] = [place(starts[0]), place(ends[0])];
  if (to <= from) throw unusual('an empty Slice');
  return taken(
    input,
    axis,
    Array.from({ length: to - from }, (_, index) => from + index),
    [to - from],
  );
};

export const columns: Operators = {
  Concat: ({ attributes }, given) => {
    const inputs = given.map((one) => sized(one).input);
    const axis = axisOf(attributes.int('axis', 1), inputs[0]);
    const rank = inputs[0].dims.length;
    for (const { dtype, dims } of inputs)
      if (
        dtype !== inputs[0].dtype ||
        dims.length !== rank ||
        dims.some((dim, at) => at !== axis && dim !== inputs[0].dims[at])
      )
        throw unusual('columns of several types or shapes side by side');
    const isRow = axis === rank - 1 && inputs[0].dims.slice(0, -1).every((dim) => dim === 1);
    return isRow && inputs[0].dtype === 'float32' ? sideBySide(inputs) : concatenated(inputs, axis);
  },
  'ml:FeatureVectorizer': ({ attributes }, given) => {
    const inputs = given.map((one) => table(one).input);
    const widths = attributes.ints('inputdimensions');
    if (inputs.some(({ dtype, dims }, index) => !numeric.has(dtype) || dims[0] !== widths[index]))
      throw unusual('features of other widths than their node says');
    return sideBySide(inputs);
  },
  'ml:ArrayFeatureExtractor': (_, [value, places]) => {
    const { input } = table(value);
    const at = constantNumbers(places);
    return taken(input, 0, at, [at.length]);
  },
  Gather: ({ attributes }, [value, places]) => {
    const axis = attributes.int('axis', 0);
    if (value?.constant && axis === 0) return lookedUp(value, batched(places));
    const { input } = sized(value);
    const along = axisOf(axis, input);
    const length = Number(input.dims[along]);
    const at = constantNumbers(places).map((place) => (place < 0 ? place + length : place));
    return taken(input, along, at, places?.dims as number[]);
  },
  Split: ({ attributes, outputs }, [value, sizes]) => {
    const { input } = sized(value);
    const axis = axisOf(attributes.int('axis', 0), input);
    const given = sizes ? constantNumbers(sizes) : [...attributes.ints('split')];
    const even = Array.from({ length: outputs }, () => Number(input.dims[axis]) / outputs);
    const found = given.length > 0 ? given : even;
    if (found.length !== outputs || !found.every(Number.isInteger)) throw unusual('uneven pieces');
    return split(input, axis, found);
  },
  Slice: ({ opset }, [value, starts, ends, axes, steps]) => {
    if (opset < 10) throw unusual('a Slice of an old opset');
    if (steps && constantNumbers(steps).some((step) => step !== 1)) throw unusual('a Slice in steps');
    return sliced(
      sized(value).input,
      constantNumbers(starts),
      constantNumbers(ends),
      axes ? constantNumbers(axes) : [0],
    );
  },
};
