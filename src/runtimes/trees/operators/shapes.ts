/** Operators that change no value. */
import type { MadeStep } from '../model.ts';
import { unusual } from '../unusual.ts';
import { type Known, type NodeValue, sized, sizeOf } from '../values.ts';
import type { Operators } from './operator.ts';

const same = ([input]: readonly (Known | undefined)[]): MadeStep => {
  if (input === undefined) throw unusual('a value that is not given');
  return { outputs: [input], run: (values) => values };
};

/** The same elements a row in another shape. */
const reshaped = (input: Known, dims: readonly number[]): MadeStep => ({
  outputs: [{ dtype: input.dtype, dims }],
  run: ([value], rows) => [withDims(value, rows, dims)],
});
const withDims = (value: NodeValue, rows: number, dims: readonly number[]): NodeValue => ({
  ...value,
  dims: [rows, ...dims],
});

export const shapes: Operators = {
  Identity: (_, inputs) => same(inputs),
  Constant: ({ attributes }) => {
    const constant = attributes.tensor('value');
    if (constant === undefined) throw unusual('a Constant that is no tensor');
    return { outputs: [{ dtype: constant.dtype, dims: constant.dims, constant }], run: () => [constant] };
  },
  Reshape: ({ attributes }, [value, shape]) => {
    const { input, size } = sized(value);
    const wanted = shape?.constant?.data;
    if (!(wanted instanceof BigInt64Array) || attributes.int('allowzero', 0) !== 0)
      throw unusual('a shape that varies');
    const [first, ...rest] = Array.from(wanted, Number);
    // 0 keeps a dimension; -1 is what is left over, which is the batch only where the rest is a row.
    const dims = rest.map((dim, index) => (dim === 0 ? (input.dims[index] ?? -1) : dim));
    const open = dims.filter((dim) => dim === -1).length;
    const known = sizeOf(dims.filter((dim) => dim !== -1));
    if (first === 0 && open === 1 && known > 0 && size % known === 0)
      return reshaped(
        input,
        dims.map((dim) => (dim === -1 ? size / known : dim)),
      );
    if ((first === -1 || first === 0) && open === 0 && known === size) return reshaped(input, dims);
    throw unusual('a shape that moves values between rows');
  },
  Flatten: ({ attributes }, [value]) => {
    const { input, size } = sized(value);
    if (attributes.int('axis', 1) !== 1) throw unusual('Flatten along another axis');
    return reshaped(input, [size]);
  },
  Squeeze: ({ attributes }, [value, axes]) => {
    const { input } = sized(value);
    const given = axes?.constant
      ? Array.from(axes.constant.data as BigInt64Array, Number)
      : [...attributes.ints('axes')];
    const gone = given.map((axis) => (axis < 0 ? axis + input.dims.length + 1 : axis));
    if (gone.length === 0 || gone.some((axis) => axis < 1 || input.dims[axis - 1] !== 1))
      throw unusual('Squeeze of the batch');
    return reshaped(
      input,
      (input.dims as number[]).filter((_, index) => !gone.includes(index + 1)),
    );
  },
  Unsqueeze: ({ attributes }, [value, axes]) => {
    const { input } = sized(value);
    const given = axes?.constant
      ? Array.from(axes.constant.data as BigInt64Array, Number)
      : [...attributes.ints('axes')];
    const rank = input.dims.length + 1 + given.length;
    const places = given.map((axis) => (axis < 0 ? axis + rank : axis)).sort((a, b) => a - b);
    if (places.some((axis) => axis < 1 || axis >= rank)) throw unusual('Unsqueeze before the batch');
    const dims = [...(input.dims as number[])];
    for (const axis of places) dims.splice(axis - 1, 0, 1);
    return reshaped(input, dims);
  },
};
