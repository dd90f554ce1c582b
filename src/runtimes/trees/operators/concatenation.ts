/** Operators that put columns side by side. */
import { allocate, copyRow } from '../../../core/columns.ts';
import type { Dtype } from '../../../core/types.ts';
import type { MadeStep } from '../model.ts';
import { axisOf, constantNumbers, like, placed, sized, table } from '../placed-values.ts';
import { unusual } from '../unusual.ts';
import { dense, type Known, knownSize, partsOf, sizeOf } from '../values.ts';
import type { Operators } from './operator.ts';

const sideBySide = (inputs: readonly Known[]): MadeStep => {
  const width = inputs.reduce((sum, one) => sum + sized(one).size, 0);
  const dims = [...inputs[0].dims.slice(0, -1), width];
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
    outputs: [like(inputs[0], dtype, dims)],
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

/** A shape of pieces: of a Shape, and of numbers that stand in the file. */
export const joinedShape = (given: readonly (Known | undefined)[]): MadeStep => {
  const extents = given.flatMap((one) => one?.extents ?? constantNumbers(one));
  return { outputs: [{ dtype: 'int64', dims: [extents.length], extents }], run: (values) => [values[0]] };
};

const numeric: ReadonlySet<Dtype> = new Set(['float32', 'float64', 'int32', 'int64']);

export const concatenation: Operators = {
  Concat: ({ attributes }, given) => {
    if (given.some((one) => one?.extents)) return joinedShape(given);
    const inputs = given.map((one) => placed(one));
    const [first] = inputs;
    const axis = axisOf(attributes.int('axis', 1), first);
    const rank = first.dims.length;
    for (const one of inputs)
      if (
        knownSize(one) === undefined ||
        one.dtype !== first.dtype ||
        one.along !== first.along ||
        one.dims.length !== rank ||
        one.dims.some((dim, at) => at !== axis && dim !== first.dims[at])
      )
        throw unusual('columns of several types or shapes side by side');
    const isRow = !first.along && axis === rank - 1 && first.dims.slice(0, -1).every((dim) => dim === 1);
    if (!isRow || first.dtype !== 'float32') return concatenated(inputs, axis);
    const made = sideBySide(inputs);
    if (!inputs.some(({ isSparse }) => isSparse)) return made;
    return { ...made, outputs: [{ ...made.outputs[0], isSparse: true }] };
  },
  'ml:FeatureVectorizer': ({ attributes }, given) => {
    const inputs = given.map((one) => table(one).input);
    const widths = attributes.ints('inputdimensions');
    if (inputs.some(({ dtype, dims }, index) => !numeric.has(dtype) || dims[0] !== widths[index]))
      throw unusual('features of other widths than their node says');
    return sideBySide(inputs);
  },
};
