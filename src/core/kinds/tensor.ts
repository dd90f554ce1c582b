/** Numbers, booleans or texts, row-major: of one shape, or of a length that varies from row to row. */
import { allocate, type Batch, type Column, dtypes, holds, isFloat, type MutableTensorData } from '../columns.ts';
import type { Dtype, TensorData } from '../data.ts';
import { elementWriter, floatCode } from '../elements.ts';
import { fail, type Problem } from '../errors.ts';
import type { Complain } from '../field.ts';
import { halfLimits } from '../halves.ts';
import { bindRagged } from '../ragged-binding.ts';
import { isOff, MAX_ELEMENTS, NOTHING, type Off, rowTensorReader, showShape } from '../row-tensor-reader.ts';
import { fixedShape, type RowShape, type RowTensor } from '../row-tensors.ts';
import { tensorAnswers, tensorValues } from '../tensor-answers.ts';
import type { FieldBase, Schema, TensorKind, TensorReader } from './kind.ts';
import { nullable } from './schemas.ts';

export interface TensorField extends FieldBase {
  readonly kind: 'tensor';
  readonly dtype: Dtype;
  /** The shape of one row, without the batch dimension; null for a dimension that may vary from row to row. */
  readonly shape: RowShape;
  /** Elements that a row may have where a dimension is open; 2^20 unless given. */
  readonly maxElements?: number;
}

/** True when a typed array of the right type may hold elements that its field does not allow. */
const needsLook = (dtype: Dtype): boolean => isFloat(dtype) || dtype === 'bool';

/**
 * Reads a tensor a row: arrays nested as the shape says, a flat array or typed array in row-major order. A typed column of
 * the field's own dtype is looked through and taken as it is, without a copy.
 */
const uniformReader = (
  { dtype, nullable = false }: TensorField,
  shape: readonly number[],
  complain: Complain,
): TensorReader => {
  const size = shape.reduce((product, dim) => product * dim, 1);
  const write = elementWriter(dtype, nullable);
  const limit = halfLimits[dtype] ?? Infinity;

  /** Walks nested arrays; answers the place after the last element, or what is wrong. */
  const walk = (value: unknown, depth: number, to: MutableTensorData, at: number): number | Off => {
    if (depth === shape.length) {
      const code = write(value, to, at);
      return code === undefined ? at + 1 : { code, value };
    }
    if (!Array.isArray(value) || value.length !== shape[depth])
      return { code: depth > 0 || Array.isArray(value) ? 'BAD_SHAPE' : 'WRONG_TYPE', value };
    let place = at;
    for (let index = 0; index < value.length; index++) {
      const next = walk(value[index], depth + 1, to, place);
      if (typeof next !== 'number') return next;
      place = next;
    }
    return place;
  };
  const fillFlat = (values: ArrayLike<unknown>, to: MutableTensorData, at: number): Off | undefined => {
    if (values.length !== size) return { code: 'BAD_SHAPE', value: values };
    for (let index = 0; index < size; index++) {
      const code = write(values[index], to, at + index);
      if (code !== undefined) return { code, value: values[index] };
    }
    return undefined;
  };
  const fillRow = (value: unknown, to: MutableTensorData, at: number): Problem | undefined => {
    if (value === undefined || value === null) {
      if (!nullable) return complain(value === undefined ? 'MISSING_FIELD' : 'NULL_VALUE', value);
      (to as Float64Array).fill(Number.NaN, at, at + size);
      return undefined;
    }
    const flat = ArrayBuffer.isView(value) || (Array.isArray(value) && shape.length > 1 && !Array.isArray(value[0]));
    const end = flat ? fillFlat(value as unknown as ArrayLike<unknown>, to, at) : walk(value, 0, to, at);
    return end === undefined || typeof end === 'number' ? undefined : complain(end.code, end.value);
  };
  const fill = (batch: Batch, valueAt: (row: number) => unknown): Column => {
    const data = allocate(dtype, batch.rows * size);
    for (let row = 0; row < batch.rows; row++) {
      const problem = fillRow(valueAt(row), data, row * size);
      if (problem) batch.refuse(row, problem);
    }
    return { type: 'tensor', dtype, size, data };
  };
  const lookThrough = (data: ArrayLike<number>, batch: Batch): void => {
    for (let at = 0; at < data.length; at++) {
      const value = data[at];
      const fine = dtype === 'bool' ? value <= 1 : Math.abs(value) < limit || (nullable && Number.isNaN(value));
      if (fine) continue;
      batch.refuse(Math.floor(at / size), complain(dtype === 'bool' ? 'WRONG_TYPE' : floatCode(value), value));
    }
  };
  return {
    fill,
    fromColumn(input, batch) {
      if (!ArrayBuffer.isView(input)) return fill(batch, (row) => input[row]);
      const data: Exclude<TensorData, readonly string[]> = input;
      if (!holds(dtype, data as unknown)) return fill(batch, (row) => data.subarray(row * size, (row + 1) * size));
      if (needsLook(dtype)) lookThrough(data as ArrayLike<number>, batch);
      return { type: 'tensor', dtype, size, data };
    },
  };
};

/** Reads a tensor a row, each of its own length. */
const raggedReader = (field: TensorField, complain: Complain): TensorReader => {
  const { dtype, shape, nullable = false, maxElements = MAX_ELEMENTS } = field;
  const read = rowTensorReader({ dtype, shape, nullable, most: maxElements });
  const fill = (batch: Batch, valueAt: (row: number) => unknown): Column => {
    const values = new Array<RowTensor>(batch.rows);
    for (let row = 0; row < batch.rows; row++) {
      const value = valueAt(row);
      values[row] = NOTHING;
      if (value === undefined || value === null) {
        batch.refuse(row, complain(value === undefined ? 'MISSING_FIELD' : 'NULL_VALUE', value));
        continue;
      }
      const tensor = read(value);
      if (isOff(tensor)) batch.refuse(row, complain(tensor.code, tensor.value, tensor.got));
      else values[row] = tensor;
    }
    return { type: 'ragged', dtype, values };
  };
  return { fill, fromColumn: (input, batch) => fill(batch, (row) => input[row]) };
};

const tensorReader = (field: TensorField, complain: Complain): TensorReader => {
  const shape = fixedShape(field.shape);
  return shape === undefined ? raggedReader(field, complain) : uniformReader(field, shape, complain);
};

/** The type of an element in JSON Schema. */
const elementType = (dtype: Dtype): string => {
  if (dtype === 'string') return 'string';
  if (dtype === 'bool') return 'boolean';
  return isFloat(dtype) ? 'number' : 'integer';
};

/** An open dimension has one element. */
const filled = (shape: RowShape, element: unknown): unknown => {
  const [length, ...inner] = shape;
  return length === undefined ? element : Array.from({ length: length ?? 1 }, () => filled(inner, element));
};

export const tensor: TensorKind<TensorField> = {
  column: 'tensor',
  settings: {
    properties: {
      dtype: { enum: dtypes },
      shape: {
        type: 'array',
        items: { type: ['integer', 'null'], minimum: 1 },
        description: 'Shape of a row, without the batch; null: any length',
      },
      maxElements: {
        type: 'integer',
        minimum: 1,
        description: 'Elements of a row at most (default 1048576)',
      },
      nullable: { ...nullable, description: 'NaN and null are missing elements (float dtypes; default false)' },
    },
    required: ['dtype', 'shape'],
  },
  check(name, { dtype, shape, nullable, maxElements }) {
    if (maxElements !== undefined && fixedShape(shape) !== undefined) {
      throw fail('BAD_MANIFEST', `${name}: maxElements is for a shape with an open dimension (null).`, {
        field: name,
        expected: 'no maxElements, or null in shape',
        got: `shape: ${showShape(shape)}`,
      });
    }
    if (!nullable || isFloat(dtype)) return;
    throw fail('BAD_MANIFEST', `${name}: a ${dtype} tensor cannot be nullable, as it has no NaN.`, {
      field: name,
      expected: 'a float dtype',
      got: dtype,
    });
  },
  describe: ({ dtype, shape, maxElements = MAX_ELEMENTS }) =>
    `a ${dtype} tensor of shape ${showShape(shape)}${shape.includes(null) ? ` (at most ${maxElements} elements)` : ''}`,
  sample: ({ dtype, shape }) => filled(shape, dtype === 'string' ? '' : dtype === 'bool' ? false : 0),
  schema: ({ dtype, shape }) =>
    shape.reduceRight<Schema>(
      (items, length) => ({
        type: 'array',
        items,
        minItems: length ?? 1,
        ...(length !== null && { maxItems: length }),
      }),
      { type: elementType(dtype) },
    ),
  control: () => ({ shape: 'lines', reads: 'json' }),
  tensor: ({ dtype, shape }) => ({ dtype, shape }),
  reader: tensorReader,
  answers: tensorAnswers,
  valueReader: tensorValues,
  bind: bindRagged,
};
