/** Operators that turn values, ask for shapes, or make values of one. */
import { allocate, copyRow } from '../../../core/columns.ts';
import type { Tensor } from '../../../core/types.ts';
import type { MadeStep } from '../model.ts';
import { placed, placedOf, wholeOf } from '../placed-values.ts';
import { unusual } from '../unusual.ts';
import { dense, type Known, sizeOf } from '../values.ts';
import type { Operator, Operators } from './operator.ts';

/** Where each value of a row stands when the axes of `dims` are in the order of `order`. */
const turnedPlaces = (dims: readonly number[], order: readonly number[]): Int32Array => {
  const strides = dims.map((_, axis) => sizeOf(dims.slice(axis + 1)));
  return Int32Array.from({ length: sizeOf(dims) }, (_, element) => {
    let [place, rest] = [0, element];
    for (let at = order.length - 1; at >= 0; at--) {
      place += (rest % dims[order[at]]) * strides[order[at]];
      rest = Math.floor(rest / dims[order[at]]);
    }
    return place;
  });
};

const transpose: Operator = ({ attributes }, [value]): MadeStep => {
  const input = placed(value);
  const { dtype, along = 0 } = input;
  const whole = wholeOf(input);
  const given = [...attributes.ints('perm')];
  const order = given.length > 0 ? given : [...whole.keys()].reverse();
  if (order.length !== whole.length || new Set(order).size !== order.length || order.some((axis) => !(axis in whole)))
    throw unusual('axes in an order that is none');
  const result = placedOf(
    dtype,
    order.map((axis) => whole[axis]),
  );
  const dims = input.dims as readonly number[];
  const places = turnedPlaces(
    dims,
    order
      .filter((axis) => along === -1 || axis !== along)
      .map((axis) => (along !== -1 && axis > along ? axis - 1 : axis)),
  );
  const size = places.length;
  const turned = result.dims as readonly number[];
  if (places.every((place, at) => place === at))
    return { outputs: [result], run: ([one], rows) => [{ ...one, dims: [rows, ...turned] }] };
  return {
    outputs: [result],
    run([one], rows) {
      const from = dense(one).data;
      const data = allocate(dtype, rows * size);
      for (let row = 0; row < rows; row++)
        for (let at = 0; at < size; at++) copyRow(from, row * size + places[at], data, row * size + at, 1);
      return [{ dtype, dims: [rows, ...turned], data }];
    },
  };
};

const shape: Operator = ({ attributes }, [value]): MadeStep => {
  const input = placed(value);
  if (attributes.has('start') || attributes.has('end')) throw unusual('a part of a shape');
  const extents = wholeOf(input);
  const sizes: Tensor = {
    dtype: 'int64',
    dims: [1, extents.length],
    data: BigInt64Array.from(extents, (dim) => BigInt(dim ?? -1)),
  };
  if (input.along === -1)
    return { outputs: [{ dtype: 'int64', dims: [extents.length], along: -1 }], run: () => [sizes] };
  return { outputs: [{ dtype: 'int64', dims: [extents.length], extents }], run: () => [sizes] };
};

const constantOfShape: Operator = ({ attributes }, [given]): MadeStep => {
  if (given?.extents?.filter((dim) => dim === null).length !== 1) throw unusual('a value for no rows');
  const constant = attributes.tensor('value') ?? { dtype: 'float32', dims: [1], data: Float32Array.of(0) };
  const { dtype, data: filling } = constant;
  if (filling.length !== 1 || (dtype !== 'float32' && dtype !== 'int64' && dtype !== 'float64'))
    throw unusual(`a shape full of ${dtype}`);
  const result: Known = placedOf(dtype, given.extents);
  const dims = result.dims as readonly number[];
  if (dims.some((dim) => !(dim > 0))) throw unusual('an empty shape');
  return {
    outputs: [result],
    run(_, rows) {
      const data = allocate(dtype, rows * sizeOf(dims)) as Float32Array;
      data.fill(filling[0] as number);
      return [{ dtype, dims: [rows, ...dims], data }];
    },
  };
};

/** Of each row the entries that it names itself. */
const gatherElements: Operator = ({ attributes }, [value, places]): MadeStep => {
  const [input, given] = [placed(value), placed(places)];
  const axis = attributes.int('axis', 0);
  const { dtype, dims } = input;
  if (input.along || given.along || dims.length !== 1 || given.dims.length !== 1 || (axis !== 1 && axis !== -1))
    throw unusual('entries along another axis than the columns');
  const [width, count] = [Number(wholeOf(input)[1]), Number(wholeOf(given)[1])];
  if (given.dtype !== 'int64') throw unusual('places that are no integers');
  return {
    outputs: [{ dtype, dims: given.dims }],
    run([one, two], rows) {
      const [from, at] = [dense(one).data, dense(two).data as BigInt64Array];
      const data = allocate(dtype, rows * count);
      for (let index = 0; index < at.length; index++) {
        const place = Number(at[index]);
        if (!(place >= -width && place < width)) throw new Error(`GatherElements: index ${place} is out of bounds`);
        const row = Math.floor(index / count) * width;
        copyRow(from, row + (place < 0 ? place + width : place), data, index, 1);
      }
      return [{ dtype, dims: [rows, count], data }];
    },
  };
};

export const axes: Operators = {
  Transpose: transpose,
  Shape: shape,
  ConstantOfShape: constantOfShape,
  GatherElements: gatherElements,
};
