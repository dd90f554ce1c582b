/** The shapes that operators of the ONNX standard give. Source: https://onnx.ai/onnx/operators. Web-standard. */
import { intOf, intsOf, type OnnxNode, tensorOf } from './onnx-node.ts';
import { gives, MISFIT, type NodeRule, UNKNOWN_SHAPE } from './onnx-rule.ts';
import {
  axisOf,
  broadcast,
  type Dim,
  FLOAT,
  fixed,
  type GraphValue,
  INT64,
  isFixed,
  isFloat,
  readTensor,
  STRING,
  sameDim,
  sizeOf,
} from './onnx-value.ts';

export const same: NodeRule = (_, x) => gives({ type: x.type, dims: x.dims });
export const sameAs =
  (type: number): NodeRule =>
  (_, x) =>
    gives({ type, dims: x.dims });

/** Element by element over inputs of shapes that fit each other. `type`: of the result, where it is not the inputs'. */
export const elementwise =
  (type?: number): NodeRule =>
  (_, x, inputs) => {
    const dims = broadcast(inputs.flatMap((one) => (one ? [one.dims] : [])));
    return dims === undefined ? MISFIT : gives({ type: type ?? x.type, dims });
  };
export const ofFloats =
  (rule: NodeRule): NodeRule =>
  (node, x, inputs) =>
    isFloat(x) ? rule(node, x, inputs) : 'integers, which it may divide by zero';

/** Axes as an attribute, or as an input that stands in the file; undefined when they are not known. */
export const axesOf = (node: OnnxNode, input: GraphValue | undefined, rank: number): readonly number[] | undefined => {
  const axes = input === undefined ? intsOf(node, 'axes') : input.ints;
  const known = axes?.map((axis) => axisOf(axis, rank));
  return known?.includes(undefined) ? undefined : (known as readonly number[] | undefined);
};

export const reduce: NodeRule = (node, x, [, given]) => {
  const axes = axesOf(node, given, x.dims.length);
  if (axes === undefined) return UNKNOWN_SHAPE;
  if (axes.length === 0 && intOf(node, 'noop_with_empty_axes') === 1) return same(node, x, []);
  const isGone = (axis: number): boolean => axes.length === 0 || axes.includes(axis);
  const kept = intOf(node, 'keepdims') !== 0;
  return gives({ type: x.type, dims: x.dims.flatMap((dim, at) => (isGone(at) ? (kept ? [fixed(1)] : []) : [dim])) });
};

export const argOf: NodeRule = (node, x) => {
  const axis = axisOf(intOf(node, 'axis') ?? 0, x.dims.length);
  if (axis === undefined) return MISFIT;
  const kept = intOf(node, 'keepdims') !== 0;
  return gives({ type: INT64, dims: x.dims.flatMap((dim, at) => (at === axis ? (kept ? [fixed(1)] : []) : [dim])) });
};

export const concat: NodeRule = (node, x, inputs) => {
  const axis = axisOf(intOf(node, 'axis') ?? 1, x.dims.length);
  if (axis === undefined) return MISFIT;
  let size = 0;
  let perRow = false;
  for (const one of inputs) {
    if (one === undefined || one.dims.length !== x.dims.length) return MISFIT;
    if (one.dims.some((dim, at) => at !== axis && !sameDim(dim, x.dims[at]))) return MISFIT;
    size += one.dims[axis].size;
    perRow ||= one.dims[axis].perRow;
  }
  return gives({ type: x.type, dims: x.dims.map((dim, at) => (at === axis ? { size, perRow } : dim)) });
};

export const reshape: NodeRule = (node, x, [, shape]) => {
  const wanted = shape?.ints;
  const total = sizeOf(x.dims);
  if (wanted === undefined || total === undefined || intOf(node, 'allowzero') === 1) return UNKNOWN_SHAPE;
  const perRow = x.dims.some((dim) => dim.perRow);
  const dims = wanted.map((size, at): Dim | undefined =>
    size === 0 ? x.dims[at] : size > 0 ? fixed(size) : undefined,
  );
  if (wanted.some((size, at) => size < -1 || (size === 0 && x.dims[at] === undefined))) return MISFIT;
  const open = dims.filter((dim) => dim === undefined).length;
  const known = dims.reduce((product, dim) => product * (dim?.size ?? 1), 1);
  const knowsRows = dims.some((dim) => dim?.perRow);
  if (open > 1 || (open === 0 && (known !== total || knowsRows !== perRow))) return MISFIT;
  const rest: Dim = { size: total / known, perRow: perRow && !knowsRows };
  return gives({ type: x.type, dims: dims.map((dim) => dim ?? rest) });
};

export const flatten: NodeRule = (node, x) => {
  const axis = intOf(node, 'axis') ?? 1;
  const rank = x.dims.length;
  if (axis < -rank || axis > rank) return MISFIT;
  const at = axis < 0 ? axis + rank : axis;
  const side = (dims: readonly Dim[]): Dim => ({
    size: sizeOf(dims) ?? NaN,
    perRow: dims.some(({ perRow }) => perRow),
  });
  return gives({ type: x.type, dims: [side(x.dims.slice(0, at)), side(x.dims.slice(at))] });
};

export const squeeze: NodeRule = (node, x, [, given]) => {
  const axes = axesOf(node, given, x.dims.length);
  // Without axes all that is one goes, the rows too when there is one row.
  if (axes === undefined || axes.length === 0) return UNKNOWN_SHAPE;
  if (axes.some((axis) => !isFixed(x.dims[axis], 1))) return MISFIT;
  return gives({ type: x.type, dims: x.dims.filter((_, at) => !axes.includes(at)) });
};

export const unsqueeze: NodeRule = (node, x, [, given]) => {
  const listed = given === undefined ? intsOf(node, 'axes') : given.ints;
  const rank = x.dims.length + (listed?.length ?? 0);
  const axes = axesOf(node, given, rank);
  if (axes === undefined || new Set(axes).size !== axes.length) return UNKNOWN_SHAPE;
  const rest = [...x.dims];
  const dims = Array.from({ length: rank }, (_, at) => (axes.includes(at) ? fixed(1) : (rest.shift() as Dim)));
  return gives({ type: x.type, dims });
};

export const transpose: NodeRule = (node, x) => {
  const given = intsOf(node, 'perm');
  const order = given.length > 0 ? given : x.dims.map((_, at) => x.dims.length - 1 - at);
  if (order.length !== x.dims.length || !x.dims.every((_, at) => order.includes(at))) return MISFIT;
  return gives({ type: x.type, dims: order.map((at) => x.dims[at]) });
};

/** Places outside are refused by the runtime, whoever names them. */
export const gather: NodeRule = (node, x, [, places]) => {
  const axis = axisOf(intOf(node, 'axis') ?? 0, x.dims.length);
  if (axis === undefined || places === undefined) return MISFIT;
  return gives({ type: x.type, dims: [...x.dims.slice(0, axis), ...places.dims, ...x.dims.slice(axis + 1)] });
};

export const slice: NodeRule = (_, x, [, starts, ends, axes, steps]) => {
  const [from, to] = [starts?.ints, ends?.ints];
  const along = axes === undefined ? from?.map((_, at) => at) : axes.ints;
  if (from === undefined || to === undefined || along === undefined) return UNKNOWN_SHAPE;
  if (steps?.ints?.some((step) => step !== 1) || (steps && steps.ints === undefined)) return UNKNOWN_SHAPE;
  if (to.length !== from.length || along.length !== from.length) return MISFIT;
  const dims = [...x.dims];
  for (const [index, given] of along.entries()) {
    const axis = axisOf(given, dims.length);
    if (axis === undefined) return MISFIT;
    const { size, perRow } = dims[axis];
    if (perRow) return UNKNOWN_SHAPE;
    const place = (at: number): number => Math.min(size, Math.max(0, at < 0 ? at + size : at));
    dims[axis] = fixed(Math.max(0, place(to[index]) - place(from[index])));
  }
  return gives({ type: x.type, dims });
};

export const splitInto: NodeRule = (node, x, [, given]) => {
  const axis = axisOf(intOf(node, 'axis') ?? 0, x.dims.length);
  if (axis === undefined || x.dims[axis].perRow) return UNKNOWN_SHAPE;
  const listed = given === undefined ? intsOf(node, 'split') : given.ints;
  if (listed === undefined) return UNKNOWN_SHAPE;
  const { size } = x.dims[axis];
  const count = node.outputs.length;
  const sizes = listed.length > 0 ? listed : Array.from({ length: count }, () => size / count);
  const total = sizes.reduce((sum, one) => sum + one, 0);
  if (sizes.length !== count || total !== size || sizes.some((one) => !Number.isInteger(one) || one < 1)) return MISFIT;
  return gives(
    ...sizes.map((one) => ({ type: x.type, dims: x.dims.map((dim, at) => (at === axis ? fixed(one) : dim)) })),
  );
};

export const matMul: NodeRule = (_, x, [, y]) => {
  if (y === undefined || x.dims.length < 2 || y.dims.length < 2) return UNKNOWN_SHAPE;
  const [rows, inner] = x.dims.slice(-2);
  const [height, columns] = y.dims.slice(-2);
  const outer = broadcast([x.dims.slice(0, -2), y.dims.slice(0, -2)]);
  if (outer === undefined || !sameDim(inner, height)) return MISFIT;
  const dims = [...outer, rows, columns];
  return { outputs: [{ type: x.type, dims }], work: (sizeOf(dims) ?? NaN) * inner.size };
};

export const gemm: NodeRule = (node, x, [, y]) => {
  if (y === undefined || x.dims.length !== 2 || y.dims.length !== 2) return MISFIT;
  const turn = (dims: readonly Dim[], name: string) => (intOf(node, name) ? [...dims].reverse() : dims);
  return matMul(node, { ...x, dims: turn(x.dims, 'transA') }, [x, { ...y, dims: turn(y.dims, 'transB') }]);
};

export const layerNormalization: NodeRule = (node, x, [, scale]) => {
  const axis = axisOf(intOf(node, 'axis') ?? -1, x.dims.length);
  if (axis === undefined || scale === undefined || node.outputs.length > 1) return MISFIT;
  return sizeOf(scale.dims) === sizeOf(x.dims.slice(axis)) ? same(node, x, []) : MISFIT;
};

export const batchNormalization: NodeRule = (node, x, [, ...statistics]) => {
  const channels = x.dims[1];
  if (channels === undefined || node.outputs.length > 1 || statistics.length !== 4) return MISFIT;
  if (intOf(node, 'training_mode') || intOf(node, 'spatial') === 0) return 'statistics of its own';
  const fit = statistics.every((one) => one?.dims.length === 1 && sameDim(one.dims[0], channels));
  return fit ? same(node, x, []) : MISFIT;
};

export const constant: NodeRule = (node) => {
  const value = tensorOf(node, 'value');
  const one = (type: number, ints?: readonly number[]) => gives({ type, dims: [], ints });
  if (value !== undefined) {
    const known = readTensor(value);
    return known === undefined ? 'a tensor of another size than it says' : gives(known);
  }
  if (node.attributes.has('value_float')) return one(FLOAT);
  if (node.attributes.has('value_string')) return one(STRING);
  if (node.attributes.has('value_int')) return one(INT64, [intOf(node, 'value_int') ?? 0]);
  const ints = intsOf(node, 'value_ints');
  if (ints.length > 0) return gives({ type: INT64, dims: [fixed(ints.length)], ints });
  return 'a value of another kind than a tensor';
};

export const cast: NodeRule = (node, { dims }) => {
  const to = intOf(node, 'to') ?? 0;
  return (to >= 1 && to <= 13) || to === 16 ? gives({ type: to, dims }) : 'a type that is read nowhere here';
};
