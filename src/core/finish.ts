/** From the graph's tensors to columns of answers. */
import { isApart, type ModelAnswer, together } from './answered.ts';
import type { Batch, Column } from './columns.ts';
import { type Code, fail, type Problem, show } from './errors.ts';
import { complaintsOf } from './field.ts';
import { describe, kindOf, labelsOf } from './kinds/index.ts';
import type { NumberKind, StringKind } from './kinds/kind.ts';
import { sizeOf } from './row-tensors.ts';
import type { Field, OutputField, OutputFields, TensorData, TensorSpec, Value } from './types.ts';

/** One output field bound to its graph output. */
export interface OutputBinding {
  readonly name: string;
  /** The graph output's name. */
  readonly from: string;
  /** Reads the output of all rows; a value that the signature does not allow refuses its row. */
  read(answered: ModelAnswer, batch: Batch): Column;
}

/** @throws BAD_MANIFEST where a field cannot be read from its graph output. */
const checkOutput = (name: string, field: OutputField, { name: from, dtype, dims }: TensorSpec): void => {
  const refuse = (message: string, expected: string, got: string) =>
    fail('BAD_MANIFEST', `outputs.${name}: ${message}`, { field: name, expected, got });
  const { column } = kindOf(field);
  if (column === 'tensor') {
    if (field.at === undefined) return;
    throw refuse(`a tensor is the whole of ${from}; at: is for one column of it.`, 'no at:', `${field.at}`);
  }
  const isString = dtype === 'string';
  if ((column === 'string') !== isString && (isString || labelsOf(field) === undefined)) {
    const wanted = isString ? 'category or text' : 'number, integer, boolean, or a category with labels';
    const message = `a ${field.kind} cannot be read from ${from}, which is ${dtype}.`;
    throw refuse(message, `kind: ${wanted}`, `kind: ${field.kind}`);
  }
  const inner = dims.slice(1);
  // A declared width of 1 proves nothing: converters write it for models of several targets too.
  const width = inner.includes(null) ? 1 : sizeOf(inner as readonly number[]);
  if (width <= 1 || (field.at ?? width) < width) return;
  const places = `at: 0 … ${width - 1}`;
  if (field.at === undefined)
    throw refuse(`${from} has ${width} values a row; say which with ${places}.`, places, 'nothing');
  throw refuse(`at: ${field.at} is outside ${from}, which has ${width} values a row.`, places, `${field.at}`);
};

/** @throws BAD_MANIFEST when an output names a graph output or column that is not there. */
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
    checkOutput(name, field, spec);
    return { name, from, read: readerOf(name, field, spec) };
  });

const outputProblem = (name: string, field: Field, value: unknown, code: Code = 'BAD_OUTPUT'): Problem => {
  const { message, ...rest } = complaintsOf(name, describe(field))(
    code,
    typeof value === 'number' && !Number.isFinite(value) ? String(value) : value,
  );
  return { ...rest, message: `The model's output ${message}` };
};

/** Reads one column of a graph output of shape [rows, stride]. */
type ReadElements = (data: TensorData, stride: number, batch: Batch) => Column;

const textReader = (name: string, field: OutputField, kind: StringKind<Field>): ReadElements => {
  const { at = 0 } = field;
  const labels = kind.labels?.(field);
  const allowed = labels?.isOpen === false ? new Set(labels.all) : undefined;
  return (data, stride, batch) => {
    const { rows } = batch;
    const values = new Array<string | null>(rows);
    for (let row = 0; row < rows; row++) {
      const value = data[row * stride + at];
      const text = typeof value === 'string' ? value : labels?.all[Number(value)];
      if (text === undefined || allowed?.has(text) === false)
        batch.refuse(row, outputProblem(name, field, typeof value === 'bigint' ? Number(value) : value));
      values[row] = text ?? null;
    }
    return { type: 'string', values };
  };
};

const numberReader = (name: string, field: OutputField, kind: NumberKind<Field>): ReadElements => {
  const { at = 0, nullable } = field;
  const { isWhole = false, limit = Number.MAX_VALUE, settle } = kind;
  return (data, stride, batch) => {
    const { rows } = batch;
    const values = new Float64Array(rows);
    for (let row = 0; row < rows; row++) {
      const value = Number(data[row * stride + at]);
      values[row] = settle === undefined ? value : settle(value);
      if (!(Math.abs(value) <= limit)) {
        values[row] = Number.NaN;
        if (!nullable) batch.refuse(row, outputProblem(name, field, value));
      } else if (isWhole && !Number.isSafeInteger(value)) {
        batch.refuse(row, outputProblem(name, field, value, Number.isInteger(value) ? 'UNSAFE_INTEGER' : 'BAD_OUTPUT'));
      }
    }
    return { type: 'number', values };
  };
};

const shownAs = (dtype: string, dims: readonly number[]): string => `${dtype} [${dims.join(', ')}]`;

const readerOf = (name: string, field: OutputField, spec: TensorSpec): OutputBinding['read'] => {
  const kind = kindOf(field);
  if (kind.column === 'tensor') {
    const read = kind.answers(field);
    return (answered, batch) =>
      read(answered, batch, (row, { dims }) =>
        batch.refuse(row, outputProblem(name, field, shownAs(answered.dtype, dims))),
      );
  }
  const read = kind.column === 'string' ? textReader(name, field, kind) : numberReader(name, field, kind);
  const { at = 0 } = field;
  return (answered, batch) => {
    const { rows } = batch;
    const { data, dims } = isApart(answered)
      ? together(
          answered,
          at + 1,
          (tensor) => tensor.data.length > at,
          (row, tensor) => batch.refuse(row, outputProblem(name, field, shownAs(answered.dtype, tensor.dims))),
        )
      : answered;
    const stride = rows === 0 ? 1 : data.length / rows;
    if (Number.isInteger(stride) && at < stride) return read(data, stride, batch);
    const got = `[${dims.join(', ')}]`;
    const message = `${spec.name} came back as ${got} for ${rows} rows; ${name} reads column ${at}.`;
    throw fail('BAD_MODEL', message, { field: name, expected: `[${rows}, …]`, got });
  };
};

/** Reads the value of one row out of a column, as it stands in an output row. */
export const valueReader = (field: Field): ((column: Column, row: number) => Value) => {
  const kind = kindOf(field);
  if (kind.column === 'tensor') return kind.valueReader(field);
  if (kind.column === 'string') return (column, row) => (column.type === 'string' ? column.values[row] : null);
  const { value: told } = kind;
  return (column, row) => {
    if (column.type !== 'number') return null;
    const value = column.values[row];
    return Number.isNaN(value) ? null : told === undefined ? value : told(value);
  };
};
