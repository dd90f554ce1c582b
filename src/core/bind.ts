/** From prepared columns to the tensors that the graph takes: each graph input is fed by the column of its name. */
import { allocate, type Batch, type Column, type ColumnType, type MutableTensorData } from './columns.ts';
import { fail, type Problem, show } from './errors.ts';
import { nearest } from './nearest.ts';
import { numbers, type StepContext, strings } from './steps/step.ts';
import type { Dtype, Tensor, TensorData, TensorSpec } from './types.ts';

/** Makes one graph input's data out of a batch; rows that do not fit are refused. */
export interface Binding {
  readonly spec: TensorSpec;
  /** Elements a row. */
  readonly size: number;
  read(batch: Batch): TensorData;
}

const integerRange: Partial<Record<TensorSpec['dtype'], readonly [number, number]>> = {
  int8: [-128, 127],
  uint8: [0, 255],
  int16: [-32768, 32767],
  uint16: [0, 65535],
  int32: [-2147483648, 2147483647],
  uint32: [0, 4294967295],
  int64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  uint64: [0, Number.MAX_SAFE_INTEGER],
};

const scalarProblem = (spec: TensorSpec, value: unknown, expected: string): Problem => {
  const got = typeof value === 'number' && Number.isNaN(value) ? 'a missing value' : show(value);
  const code = got === 'a missing value' || value === null ? 'NULL_VALUE' : 'OUT_OF_RANGE';
  const message = `${spec.name}: the model's ${spec.dtype} input needs ${expected}, got ${got}. A step such as impute or cast can mend that.`;
  return { code, field: spec.name, expected, got, message };
};

const readScalars = (spec: TensorSpec, batch: Batch, context: StepContext): TensorData => {
  const { name, dtype } = spec;
  if (dtype === 'string') {
    const values = strings(context, batch, name);
    return values.map((value, row) => {
      if (value === null) batch.refuse(row, scalarProblem(spec, value, 'a text'));
      return value ?? '';
    });
  }
  const values = numbers(context, batch, name);
  if (dtype === 'float64') return values;
  if (dtype === 'float32') return Float32Array.from(values);
  const data = allocate(dtype, batch.rows) as Exclude<MutableTensorData, string[]>;
  const [min, max] = integerRange[dtype] ?? [0, 1];
  for (let row = 0; row < batch.rows; row++) {
    const value = values[row];
    if (Number.isInteger(value) && value >= min && value <= max) {
      if (data instanceof BigInt64Array || data instanceof BigUint64Array) data[row] = BigInt(value);
      else data[row] = value;
    } else
      batch.refuse(
        row,
        scalarProblem(spec, value, dtype === 'bool' ? 'true or false' : `an integer from ${min} to ${max}`),
      );
  }
  return data;
};

/** Values a transform module returned for a tensor input: an array or typed array of `size` a row. */
const readAnyTensor = (spec: TensorSpec, size: number, batch: Batch, column: Column & { type: 'any' }): TensorData => {
  const data = allocate(spec.dtype, batch.rows * size);
  const target = data as Record<number, unknown>;
  const wide = spec.dtype === 'int64' || spec.dtype === 'uint64';
  for (let row = 0; row < batch.rows; row++) {
    const value = column.values[row];
    const flat = Array.isArray(value)
      ? value.flat(8)
      : ArrayBuffer.isView(value)
        ? (value as unknown as ArrayLike<unknown>)
        : [value];
    let fits = flat.length === size;
    for (let at = 0; fits && at < size; at++) {
      const element = flat[at];
      fits =
        spec.dtype === 'string'
          ? typeof element === 'string'
          : ['number', 'bigint', 'boolean'].includes(typeof element);
      if (wide && typeof element === 'number') fits = Number.isSafeInteger(element);
      if (fits)
        target[row * size + at] = wide
          ? BigInt(element as number)
          : spec.dtype === 'string'
            ? element
            : Number(element);
    }
    if (fits) continue;
    const expected = `${size} ${spec.dtype} values`;
    const message = `transform: ${spec.name}: expected ${expected}, got ${show(value)}.`;
    batch.refuse(row, { code: 'TRANSFORM_FAILED', field: spec.name, expected, got: show(value), message });
  }
  return data;
};

/**
 * Binds every graph input to the column of its name. Throws BAD_MANIFEST when a column is absent, or of a type or width
 * that the graph cannot take.
 */
export const bindInputs = (
  specs: readonly TensorSpec[],
  context: StepContext,
  tensors: ReadonlyMap<string, { readonly dtype: Dtype; readonly size: number }>,
): readonly Binding[] =>
  specs.map((spec) => {
    const type: ColumnType | undefined = context.types.get(spec.name);
    const shown = `the model's input ${spec.name} (${spec.dtype} [${spec.dims.map((dim) => dim ?? 'rows').join(', ')}])`;
    if (type === undefined && !context.open) {
      const known = [...context.types.keys()];
      const near = nearest(spec.name, known);
      throw fail('BAD_MANIFEST', `Nothing feeds ${shown}.${near ? ` Did you mean it by ${near}?` : ''}`, {
        field: spec.name,
        expected: `an input or a step's result named ${spec.name}; for a tensor of all features, a concat step with as: ${spec.name}`,
        got: `only ${known.join(', ')}`,
      });
    }
    const rest = spec.dims.slice(1);
    const declared = rest.reduce<number | null>(
      (product, dim) => (product === null || dim === null ? null : product * dim),
      1,
    );
    const tensor = type === 'tensor' ? tensors.get(spec.name) : undefined;
    const size = tensor?.size ?? declared ?? 1;
    if (tensor !== undefined && tensor.dtype !== spec.dtype) {
      throw fail('BAD_MANIFEST', `${shown} cannot be fed by a ${tensor.dtype} tensor.`, {
        field: spec.name,
        expected: spec.dtype,
        got: tensor.dtype,
      });
    }
    if (declared !== null && declared !== size) {
      throw fail('BAD_MANIFEST', `${shown} takes ${declared} values a row, not ${size}.`, {
        field: spec.name,
        expected: `${declared} values a row`,
        got: `${size}`,
      });
    }
    const isText = spec.dtype === 'string';
    if ((type === 'string' && !isText) || (type === 'number' && isText)) {
      throw fail('BAD_MANIFEST', `${shown} cannot be fed by a ${type} column.`, {
        field: spec.name,
        expected: isText ? 'a category or text (or a cast to text)' : 'numbers (or a lookup or cast)',
        got: `a ${type} column`,
      });
    }
    if (type !== 'tensor' && size !== 1 && type !== undefined && type !== 'any') {
      throw fail('BAD_MANIFEST', `${shown} takes ${size} values a row; ${spec.name} is one.`, {
        field: spec.name,
        expected: 'a tensor field or a concat step',
        got: `a ${type} column`,
      });
    }
    return {
      spec,
      size,
      read(batch) {
        const column = batch.columns.get(spec.name);
        if (column?.type === 'any' && size > 1) return readAnyTensor(spec, size, batch, column);
        return column?.type === 'tensor' ? column.data : readScalars(spec, batch, context);
      },
    };
  });

/** A tensor of one binding's data. A graph input of rank 1 gets [rows], else [rows, …]. */
export const tensorOf = ({ spec, size }: Binding, rows: number, data: TensorData): Tensor => {
  const dims = spec.dims.map((dim, index) => (index === 0 ? rows : (dim ?? size)));
  return { dtype: spec.dtype, dims: dims.length === 0 ? [rows] : dims, data };
};
