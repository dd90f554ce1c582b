/** From prepared columns to the tensors that the graph takes: each graph input is fed by the column of its name. */
import type { Binding } from './binding.ts';
import { allocate, type Batch, isFloat } from './columns.ts';
import { elementWords, elementWriter } from './elements.ts';
import { type Code, fail, type Problem, show, showNames } from './errors.ts';
import type { BindTensor, TensorInfo } from './kinds/kind.ts';
import { nearest } from './nearest.ts';
import { plainReader } from './plain.ts';
import { fixedShape } from './row-tensors.ts';
import { numbers, type StepContext, strings } from './steps/step.ts';
import { transformProblem } from './transform-problem.ts';
import type { Dtype, TensorData, TensorSpec } from './types.ts';

/** Of a column that is no field's: values as they are. */
const plain = plainReader(undefined);

/** A column of tensors. */
export interface FedTensor extends TensorInfo {
  /** Binds a graph input to it, where a dimension is open. */
  readonly bind?: BindTensor;
}

const product = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

const scalarProblem = ({ name, dtype }: TensorSpec, value: unknown, why: Code): Problem => {
  const isMissing = value === null || Number.isNaN(value);
  const expected = elementWords(dtype);
  const got = isMissing ? 'a missing value' : show(value);
  const message = `${name}: the model's ${dtype} input needs ${expected}, got ${got}. A step such as impute or cast can mend that.`;
  const code = isMissing ? 'NULL_VALUE' : why === 'NOT_INTEGER' ? 'NOT_INTEGER' : 'OUT_OF_RANGE';
  return { code, field: name, expected, got, message };
};

const readScalars = (spec: TensorSpec, batch: Batch, context: StepContext): TensorData => {
  const { name, dtype } = spec;
  const values = dtype === 'string' ? strings(context, batch, name) : numbers(context, batch, name);
  if (dtype === 'float64') return values as Float64Array;
  if (dtype === 'float32') return new Float32Array(values as Float64Array);
  const data = allocate(dtype, batch.rows);
  const write = elementWriter(dtype, true);
  for (let row = 0; row < batch.rows; row++) {
    const code = write(values[row], data, row);
    if (code !== undefined) batch.refuse(row, scalarProblem(spec, values[row], code));
  }
  return data;
};

/** An element that a transform module made, as the dtype has it where it can. */
const element = (value: unknown, dtype: Dtype): unknown => {
  if (dtype === 'string') return value;
  if (value instanceof Date) return value.getTime();
  if (typeof value === 'boolean' || (typeof value === 'bigint' && isFloat(dtype))) return Number(value);
  return value;
};

/** Values of any shape with `size` elements a row, as a transform module returns them. */
const readElements = (
  { name, dtype }: TensorSpec,
  size: number,
  batch: Batch,
  valueAt: (row: number) => unknown,
): TensorData => {
  const data = allocate(dtype, batch.rows * size);
  const write = elementWriter(dtype, true);
  for (let row = 0; row < batch.rows; row++) {
    const value = valueAt(row);
    const isTyped = ArrayBuffer.isView(value) && 'length' in value;
    const flat = Array.isArray(value)
      ? value.flat(Infinity)
      : isTyped
        ? (value as unknown as ArrayLike<unknown>)
        : [value];
    let fits = flat.length === size;
    for (let at = 0; fits && at < size; at++)
      fits = write(element(flat[at], dtype), data, row * size + at) === undefined;
    if (fits) continue;
    const expected = `${size} ${dtype} ${size === 1 ? 'value' : 'values'}`;
    batch.refuse(row, transformProblem({ field: name }, expected, show(value)));
  }
  return data;
};

/** The shape of a row of `size` elements: what the graph says, with what it leaves open filled in; undefined if none fits. */
const rowShape = (
  dims: readonly (number | null)[],
  size: number,
  given: readonly number[] | undefined,
): readonly number[] | undefined => {
  const open = dims.filter((dim) => dim === null).length;
  const known = dims.reduce<number>((total, dim) => total * (dim ?? 1), 1);
  if (open === 0) return known === size ? (dims as readonly number[]) : undefined;
  if (given?.length === dims.length)
    return dims.every((dim, at) => (dim ?? given[at]) === given[at]) ? given : undefined;
  if (open > 1) return size === 1 && known === 1 ? dims.map(() => 1) : undefined;
  return size % known === 0 ? dims.map((dim) => dim ?? size / known) : undefined;
};

const bindInput = (spec: TensorSpec, context: StepContext, tensors: ReadonlyMap<string, FedTensor>): Binding => {
  const { name, dtype, dims } = spec;
  const type = context.types.get(name);
  const shown = `the model's input ${name} (${dtype} [${dims.map((dim) => dim ?? 'any').join(', ')}])`;
  const refuse = (message: string, expected: string, got: string) =>
    fail('BAD_MANIFEST', message, { field: name, expected, got });

  if (type === undefined && !context.open) {
    const known = [...context.types.keys()];
    const near = nearest(name, known);
    throw refuse(
      `Nothing feeds ${shown}.${near ? ` Did you mean it by ${near}?` : ''}`,
      `a field or a step's result named ${name}, a field with to: ${name}, or for a tensor of all features a concat step with as: ${name}`,
      `only ${showNames(known)}`,
    );
  }
  const isText = dtype === 'string';
  if ((type === 'string' && !isText) || (type === 'number' && isText)) {
    throw refuse(
      `${shown} cannot be fed by a ${type} column.`,
      isText ? 'a category or text (or a cast to text)' : 'numbers (or a lookup or cast)',
      `a ${type} column`,
    );
  }
  const tensor = tensors.get(name);
  if (type === 'tensor' && tensor && tensor.dtype !== dtype)
    throw refuse(`${shown} cannot be fed by a ${tensor.dtype} tensor.`, dtype, tensor.dtype);

  if (tensor?.bind) return tensor.bind(spec, shown, plain);
  const given = tensor && fixedShape(tensor.shape);
  const isOne = type === 'number' || type === 'string';
  const rest = dims.slice(1);
  const wanted = rest.includes(null) ? undefined : product(rest as number[]);
  const size = given ? product(given) : isOne ? 1 : (wanted ?? 1);
  const shape = dims.length === 0 ? undefined : rowShape(rest, size, given);
  if (dims.length > 0 && shape === undefined) {
    const got = tensor ? `a tensor of shape [${tensor.shape.join(', ')}]` : 'one';
    throw refuse(
      `${shown} ${wanted === undefined ? 'has another shape' : `takes ${wanted} values a row`}; ${name} is ${got}.`,
      'a tensor field of that shape, or a concat step',
      got,
    );
  }
  return {
    spec,
    size,
    shape,
    read(batch) {
      const column = batch.columns.get(name);
      if (column?.type === 'tensor' && column.dtype === dtype && column.size === size) return column.data;
      if (tensor === undefined && size === 1) return readScalars(spec, batch, context);
      return readElements(spec, size, batch, (row) => column && plain(column, row));
    },
  };
};

/**
 * Binds every graph input to the column of its name. @throws MillraceError BAD_MANIFEST when a column is absent, or of a type, shape or
 * width that the graph cannot take.
 */
export const bindInputs = (
  specs: readonly TensorSpec[],
  context: StepContext,
  tensors: ReadonlyMap<string, FedTensor>,
): readonly Binding[] => specs.map((spec) => bindInput(spec, context, tensors));
