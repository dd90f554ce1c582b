/** Operators that take some of the columns of a row, or entries of a constant. */
import { allocate, copyRow } from '../../../core/columns.ts';
import type { Tensor } from '../../../core/types.ts';
import type { MadeStep } from '../model.ts';
import { axisOf, batched, constantNumbers, like, placed, sized } from '../placed-values.ts';
import { unusual } from '../unusual.ts';
import { dense, type Known, knownSize, type NodeValue, sizeOf } from '../values.ts';
import { joinedShape } from './concatenation.ts';
import type { Operators } from './operator.ts';

/** Along one axis, the entries at these places, in their order. `shape` stands where the axis was. */
const taken = (input: Known, axis: number, places: readonly number[], shape: readonly number[]): MadeStep => {
  const { dtype } = input;
  const known = input.dims as readonly number[];
  const [outer, length, inner] = [sizeOf(known.slice(0, axis)), known[axis], sizeOf(known.slice(axis + 1))];
  if (places.some((place) => !(place >= 0 && place < length))) throw unusual('places outside a row');
  const dims = [...known.slice(0, axis), ...shape, ...known.slice(axis + 1)];
  const { along = 0 } = input;
  return {
    outputs: [like({ ...input, along: along > axis ? along + shape.length - 1 : along }, dtype, dims)],
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

/** Of places in a constant: where they are asked for, and what stands between one and the next. */
interface Lookup {
  readonly result: Known;
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
  /** Whether a negative place counts from the end. */
  readonly isSigned: boolean;
}

/** Each row's own entries of a constant: all that stand at the row's places, for each of its outer parts. */
const lookedUp = (constant: Tensor, { result, outer, length, inner, isSigned }: Lookup): MadeStep => ({
  outputs: [result],
  run([, value], rows) {
    const at = dense(value).data as ArrayLike<bigint | number>;
    const places = at.length / rows;
    const data = allocate(constant.dtype, at.length * outer * inner);
    for (let index = 0; index < at.length; index++) {
      const place = Number(at[index]);
      if (!(place >= (isSigned ? -length : 0) && place < length))
        throw new Error(`indices element out of data bounds, idx=${place} must be within [${-length},${length - 1}]`);
      const [from, row] = [place < 0 ? place + length : place, Math.floor(index / places)];
      for (let part = 0; part < outer; part++)
        copyRow(
          constant.data,
          (part * length + from) * inner,
          data,
          ((row * outer + part) * places + (index % places)) * inner,
          inner,
        );
    }
    return [{ dtype: constant.dtype, dims: [rows, ...(result.dims as number[])], data }];
  },
});

/** Gather along the first dimension of a constant. */
const gathered = (constant: Tensor, given: Known): MadeStep => {
  if (given.dtype !== 'int64' && given.dtype !== 'int32') throw unusual('places that are no integers');
  if (constant.dims.length === 0) throw unusual('a Gather along the batch');
  const [length, ...rest] = constant.dims;
  const { size, input } = sized(given);
  if (size === 0) throw unusual('no places');
  const result = { dtype: constant.dtype, dims: [...(input.dims as number[]), ...rest] };
  return lookedUp(constant, { result, outer: 1, length, inner: sizeOf(rest), isSigned: true });
};

/**
 * ArrayFeatureExtractor of a constant: along its last dimension, whose places stand for all rows one behind the other. A
 * constant of one dimension gets another in front.
 */
const extracted = (constant: Tensor, given: Known): MadeStep => {
  const places = placed(given);
  const size = knownSize(places) ?? 0;
  if (places.dtype !== 'int64') throw unusual('places that are no integers');
  if (size === 0 || places.along === -1) throw unusual('no places');
  const length = constant.dims.at(-1) ?? 0;
  const before = constant.dims.length === 1 ? [1] : constant.dims.slice(0, -1);
  const isMerged = size > 1;
  const result: Known = {
    dtype: constant.dtype,
    dims: isMerged ? [...before, size] : before,
    along: before.length,
    ...(isMerged && { isMerged }),
  };
  return lookedUp(constant, { result, outer: sizeOf(before), length, inner: 1, isSigned: false });
};

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
  'ml:ArrayFeatureExtractor': (_, [value, places]) => {
    if (value?.constant) return extracted(value.constant, placed(places));
    const { input } = sized(value);
    if (input.dims.length === 0) throw unusual('an ArrayFeatureExtractor along the batch');
    const at = constantNumbers(places);
    return taken(input, input.dims.length - 1, at, [at.length]);
  },
  Gather: ({ attributes }, [value, places]) => {
    const axis = attributes.int('axis', 0);
    if (value?.extents) {
      const { extents } = value;
      const at = constantNumbers(places).map((place) => (place < 0 ? place + extents.length : place));
      if (at.some((place) => !(place < extents.length)) || places?.dims.length !== 1)
        throw unusual('a part of a shape that is not there');
      return joinedShape([{ ...value, extents: at.map((place) => extents[place]) }]);
    }
    if (value?.constant && axis === 0) return gathered(value.constant, batched(places));
    const input = placed(value);
    const along = axisOf(axis, input);
    const length = Number(input.dims[along]);
    const at = constantNumbers(places).map((place) => (place < 0 ? place + length : place));
    return taken(input, along, at, places?.dims as number[]);
  },
  Split: ({ attributes, outputs }, [value, sizes]) => {
    const input = placed(value);
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
    return sliced(placed(value), constantNumbers(starts), constantNumbers(ends), axes ? constantNumbers(axes) : [0]);
  },
};
