/** Operators that change no value. */
import type { MadeStep } from '../model.ts';
import { constantNumbers, placed, placedOf, sized, wholeOf } from '../placed-values.ts';
import { unusual } from '../unusual.ts';
import { type Known, knownSize, type NodeValue, sizeOf } from '../values.ts';
import type { NodeContext, Operators } from './operator.ts';

/** The same elements a row in another shape. */
const reshaped = (result: Known): MadeStep => {
  const dims = result.dims as readonly number[];
  return { outputs: [result], run: ([value], rows) => [withDims(value, rows, dims)] };
};
const withDims = (value: NodeValue, rows: number, dims: readonly number[]): NodeValue => ({
  ...value,
  dims: [rows, ...dims],
});

/** The shape that a Reshape asks for, null where the rows are counted. */
const wantedOf = (shape: Known | undefined, input: Known): readonly (number | null)[] => {
  if (shape?.extents) return shape.extents;
  const whole = input.isMerged ? [] : wholeOf(input);
  // 0 keeps a dimension.
  return constantNumbers(shape).map((dim, index) => {
    if (dim !== 0) return dim;
    const kept = whole[index];
    if (kept === undefined) throw unusual('a shape that keeps what is not there');
    return kept;
  });
};

/** Values stay in their rows where as many elements stand before the rows, and as many behind them, as did. */
const reshape = (input: Known, wanted: readonly (number | null)[]): MadeStep => {
  const along = input.along ?? 0;
  const dims = input.dims as readonly number[];
  const [before, behind] = [sizeOf(dims.slice(0, Math.max(along, 0))), sizeOf(dims.slice(Math.max(along, 0)))];
  const open = wanted.indexOf(-1);
  let whole = wanted;
  if (open !== -1) {
    const known = sizeOf(wanted.filter((dim, at) => at !== open && dim !== null) as number[]);
    const isRows = !wanted.includes(null) && along !== -1;
    if (!isRows && (before * behind) % known !== 0) throw unusual('a shape of another size');
    whole = wanted.with(open, isRows ? null : (before * behind) / known);
  }
  const result = placedOf(input.dtype, whole);
  const place = result.along ?? 0;
  const sizes = result.dims as readonly number[];
  if (
    (along === -1) !== (place === -1) ||
    sizes.some((dim) => !(dim > 0)) ||
    sizeOf(sizes.slice(0, Math.max(place, 0))) !== before ||
    sizeOf(sizes.slice(Math.max(place, 0))) !== behind
  )
    throw unusual('a shape that moves values between rows');
  return reshaped(result);
};

/** Axes as an input from opset 13 on, or as an attribute. */
const axesOf = ({ attributes }: NodeContext, axes: Known | undefined): readonly number[] =>
  axes?.constant ? constantNumbers(axes) : [...attributes.ints('axes')];

export const shapes: Operators = {
  Constant: ({ attributes }) => {
    const constant = attributes.tensor('value');
    if (constant === undefined) throw unusual('a Constant that is no tensor');
    return { outputs: [{ dtype: constant.dtype, dims: constant.dims, constant }], run: () => [constant] };
  },
  Reshape: ({ attributes }, [value, shape]) => {
    const input = value?.isMerged ? value : placed(value);
    if (knownSize(input) === undefined) throw unusual('rows whose size the graph does not say');
    if (attributes.int('allowzero', 0) !== 0) throw unusual('a shape that varies');
    return reshape(input, wantedOf(shape, input));
  },
  Flatten: ({ attributes }, [value]) => {
    if (attributes.int('axis', 1) !== 1) throw unusual('Flatten along another axis');
    // Lists of texts are flat.
    if (value?.padding !== undefined) return { outputs: [{ ...value, dims: [null] }], run: ([lists]) => [lists] };
    const { input, size } = sized(value);
    return reshaped({ dtype: input.dtype, dims: [size] });
  },
  Squeeze: (context, [value, axes]) => {
    const input = placed(value);
    const whole = wholeOf(input);
    const given = axesOf(context, axes);
    const gone = given.map((axis) => (axis < 0 ? axis + whole.length : axis));
    if (gone.length === 0 || gone.some((axis) => whole[axis] !== 1)) throw unusual('Squeeze of the batch');
    return reshaped(
      placedOf(
        input.dtype,
        whole.filter((_, index) => !gone.includes(index)),
      ),
    );
  },
  Unsqueeze: (context, [value, axes]) => {
    const input = placed(value);
    const whole = [...wholeOf(input)];
    const given = axesOf(context, axes);
    const rank = whole.length + given.length;
    const places = given.map((axis) => (axis < 0 ? axis + rank : axis)).sort((a, b) => a - b);
    if (places.some((axis) => !(axis >= 0 && axis < rank))) throw unusual('Unsqueeze outside the shape');
    for (const axis of places) whole.splice(axis, 0, 1);
    return reshaped(placedOf(input.dtype, whole));
  },
};
