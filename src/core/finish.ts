/** From the graph's tensors to columns of answers. */
import { allocate, type Batch, type Column, copyRow } from './columns.ts';
import { type Code, fail, type Problem, show } from './errors.ts';
import { complaintsOf } from './field.ts';
import { describe } from './kinds/index.ts';
import type { ColumnOutput, Field, OutputField, OutputFields, Tensor, TensorSpec, Value } from './types.ts';
import { LAST_INSTANT } from './zone.ts';

/** One output field bound to its graph output. */
export interface OutputBinding {
  readonly name: string;
  readonly field: OutputField;
  readonly from: string;
  readonly spec: TensorSpec;
  /** Of a category whose unknown values are refused. */
  readonly labels: ReadonlySet<string> | undefined;
}

/** Throws BAD_MANIFEST when an output names a graph output or column that is not there. */
export const bindOutputs = (outputs: OutputFields, specs: readonly TensorSpec[]): readonly OutputBinding[] =>
  Object.entries(outputs).map(([name, field]) => {
    const from = field.from ?? name;
    const spec = specs.find((candidate) => candidate.name === from);
    if (spec === undefined) {
      const known = specs.map((candidate) => candidate.name).join(', ');
      throw fail('BAD_MANIFEST', `outputs.${name}: the model has no output ${show(from)}.`, {
        field: name,
        expected: `from: one of ${known}`,
        got: from,
      });
    }
    const text = field.kind === 'category' || field.kind === 'text';
    const isString = spec.dtype === 'string';
    const labelled = field.kind === 'category' && field.labels !== undefined && !isString;
    if (field.kind !== 'tensor' && text !== isString && !labelled) {
      throw fail(
        'BAD_MANIFEST',
        `outputs.${name}: a ${field.kind} cannot be read from ${from}, which is ${spec.dtype}.`,
        {
          field: name,
          expected: isString ? 'kind: category or text' : 'kind: number, integer, boolean, or a category with labels',
          got: `kind: ${field.kind}`,
        },
      );
    }
    const width = spec.dims
      .slice(1)
      .reduce<number | null>((product, dim) => (product === null || dim === null ? null : product * dim), 1);
    if (field.kind !== 'tensor' && field.at === undefined && width !== null && width > 1) {
      throw fail(
        'BAD_MANIFEST',
        `outputs.${name}: ${from} has ${width} values a row; say which with at: 0 … ${width - 1}.`,
        {
          field: name,
          expected: `at: 0 … ${width - 1}`,
          got: 'nothing',
        },
      );
    }
    // A declared width of 1 proves nothing: converters write it for models of several targets too.
    if (field.at !== undefined && width !== null && width > 1 && field.at >= width) {
      throw fail(
        'BAD_MANIFEST',
        `outputs.${name}: at: ${field.at} is outside ${from}, which has ${width} values a row.`,
        {
          field: name,
          expected: `at: 0 … ${width - 1}`,
          got: `${field.at}`,
        },
      );
    }
    if (field.kind === 'tensor' && field.at !== undefined) {
      throw fail('BAD_MANIFEST', `outputs.${name}: a tensor is the whole of ${from}; at: is for one column of it.`, {
        field: name,
        expected: 'no at:',
        got: `${field.at}`,
      });
    }
    const refuses = field.kind === 'category' && field.labels !== undefined && field.unknown !== 'allow';
    return { name, field, from, spec, labels: refuses ? new Set(field.labels) : undefined };
  });

const outputProblem = (name: string, field: Field, value: unknown, code: Code = 'BAD_OUTPUT'): Problem => {
  const { message, ...rest } = complaintsOf(name, describe(field))(
    code,
    typeof value === 'number' && !Number.isFinite(value) ? String(value) : value,
  );
  return { ...rest, message: `The model's output ${message}` };
};

/** Reads one output of all rows; a value that the signature does not allow refuses its row. */
export const readOutput = ({ name, field, spec, labels }: OutputBinding, tensor: Tensor, batch: Batch): Column => {
  const { rows } = batch;
  const stride = rows === 0 ? 1 : tensor.data.length / rows;
  if (field.kind === 'tensor') {
    const size = field.shape.reduce((product, dim) => product * dim, 1);
    if (stride !== size || tensor.dtype !== field.dtype) {
      const got = `${tensor.dtype} [${tensor.dims.join(', ')}]`;
      for (let row = 0; row < rows; row++) batch.refuse(row, outputProblem(name, field, got));
      return { type: 'tensor', dtype: field.dtype, size, data: allocate(field.dtype, rows * size) };
    }
    return { type: 'tensor', dtype: field.dtype, size, data: tensor.data };
  }
  const at = field.at ?? 0;
  if (!Number.isInteger(stride) || at >= stride) {
    throw fail(
      'BAD_MODEL',
      `${spec.name} came back as [${tensor.dims.join(', ')}] for ${rows} rows; ${name} reads column ${at}.`,
      {
        field: name,
        expected: `[${rows}, …]`,
        got: `[${tensor.dims.join(', ')}]`,
      },
    );
  }
  const data = tensor.data;
  if (field.kind === 'category' || field.kind === 'text') {
    const values = new Array<string | null>(rows);
    const ordered = field.kind === 'category' ? field.labels : undefined;
    for (let row = 0; row < rows; row++) {
      const value = data[row * stride + at];
      const label = typeof value === 'string' ? value : ordered?.[Number(value)];
      if (label === undefined || labels?.has(label) === false)
        batch.refuse(row, outputProblem(name, field, typeof value === 'bigint' ? Number(value) : value));
      values[row] = label ?? null;
    }
    return { type: 'string', values };
  }
  const values = new Float64Array(rows);
  const whole = field.kind === 'integer';
  const most = field.kind === 'datetime' ? LAST_INSTANT : Number.MAX_VALUE;
  for (let row = 0; row < rows; row++) {
    const value = Number(data[row * stride + at]);
    values[row] = field.kind === 'boolean' ? Number(value !== 0) : value;
    if (!(Math.abs(value) <= most)) {
      values[row] = Number.NaN;
      if (!field.nullable) batch.refuse(row, outputProblem(name, field, value));
    } else if (whole && !Number.isSafeInteger(value)) {
      batch.refuse(row, outputProblem(name, field, value, Number.isInteger(value) ? 'UNSAFE_INTEGER' : 'BAD_OUTPUT'));
    }
  }
  return { type: 'number', values };
};

/** The column of a field when no row was scored. */
export const emptyColumn = (field: Field): Column => {
  if (field.kind === 'tensor') {
    const size = field.shape.reduce((product, dim) => product * dim, 1);
    return { type: 'tensor', dtype: field.dtype, size, data: allocate(field.dtype, 0) };
  }
  if (field.kind === 'category' || field.kind === 'text') return { type: 'string', values: [] };
  return { type: 'number', values: new Float64Array(0) };
};

/** Nested arrays of one row of a tensor, for JSON. */
const nest = (data: ArrayLike<unknown>, shape: readonly number[], at: number, isBool: boolean): Value => {
  if (shape.length === 0) {
    const value = data[at];
    return isBool
      ? value === 1
      : typeof value === 'bigint' && Number.isSafeInteger(Number(value))
        ? Number(value)
        : (value as Value);
  }
  const [length, ...inner] = shape;
  const size = inner.reduce((product, dim) => product * dim, 1);
  return Array.from({ length }, (_, index) => nest(data, inner, at + index * size, isBool));
};

/** Reads the value of one row out of a column, as it stands in an output row. */
export const valueReader = (field: Field): ((column: Column, row: number) => Value) => {
  if (field.kind === 'tensor') {
    return (column, row) =>
      column.type === 'tensor'
        ? nest(column.data as ArrayLike<unknown>, field.shape, row * column.size, field.dtype === 'bool')
        : null;
  }
  if (field.kind === 'category' || field.kind === 'text')
    return (column, row) => (column.type === 'string' ? column.values[row] : null);
  const convert = (value: number): Value =>
    field.kind === 'boolean' ? value !== 0 : field.kind === 'datetime' ? new Date(value).toISOString() : value;
  return (column, row) => {
    if (column.type !== 'number') return null;
    const value = column.values[row];
    return Number.isNaN(value) ? null : convert(value);
  };
};

/** The data of a finished column at full length: refused rows hold NaN, null or zeros. */
export const spread = (column: Column, rows: number, places: Int32Array | undefined): ColumnOutput => {
  if (column.type === 'any') throw fail('INTERNAL', 'An output column without a type.');
  if (places === undefined) return column.type === 'tensor' ? column.data : column.values;
  if (column.type === 'number') {
    const values = new Float64Array(rows).fill(Number.NaN);
    places.forEach((place, index) => {
      values[place] = column.values[index];
    });
    return values;
  }
  if (column.type === 'string') {
    const values = new Array<string | null>(rows).fill(null);
    places.forEach((place, index) => {
      values[place] = column.values[index];
    });
    return values;
  }
  const data = allocate(column.dtype, rows * column.size);
  places.forEach((place, index) => {
    copyRow(column.data, index * column.size, data, place * column.size, column.size);
  });
  return data;
};
