/** Between the protocol's tensors and the columns of the core; every transport of the protocol comes through here. */

import type { Columns } from '../../../core/column-parts.ts';
import { allocate, type MutableTensorData } from '../../../core/columns.ts';
import { fail, MillraceError, type Problem } from '../../../core/errors.ts';
import { kindOf, takesFiles, tensorOf } from '../../../core/kinds/index.ts';
import type { TensorInfo } from '../../../core/kinds/kind.ts';
import { nearest } from '../../../core/nearest.ts';
import { fitsShape } from '../../../core/row-tensor-reader.ts';
import { fixedShape } from '../../../core/row-tensors.ts';
import type { ColumnAnswers, ColumnInput, ColumnOutput } from '../../../core/types.ts';
import { rowsApart, rowsTogether } from './any-length.ts';
import { type Datatype, type Elements, wanted } from './datatypes.ts';
import type { TensorBinding, TensorSignature } from './signature.ts';

/** A tensor of a request; `data` holds as many elements as `shape` says, each of them of the datatype. */
export interface InputTensor {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  readonly data: Elements;
}

export interface OutputTensor {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  /** Of any kind of array that can hold the datatype: an encoder converts what it needs. null is a missing value. */
  readonly data: Elements;
}

const numeric: ReadonlySet<Datatype> = new Set([
  'UINT8',
  'UINT16',
  'UINT32',
  'UINT64',
  'INT8',
  'INT16',
  'INT32',
  'INT64',
  'FP16',
  'BF16',
  'FP32',
  'FP64',
]);

/**
 * Other floats that a tensor takes: those whose numbers it has all, and where it is a half all that clients have, each
 * number as the nearest one.
 */
const floats: Readonly<Partial<Record<Datatype, readonly Datatype[]>>> = {
  FP32: ['FP16', 'BF16'],
  FP16: ['FP32', 'FP64'],
  BF16: ['FP32', 'FP64'],
};

/** A number field takes every numeric datatype, as each of its values is checked anyway. */
const takes = ({ field, datatype }: TensorBinding, given: Datatype): boolean => {
  const kind = kindOf(field);
  if (kind.column === 'number' && kind.isNumber) return numeric.has(given);
  if (takesFiles(field) && given === 'UINT8') return true;
  return given === datatype || (floats[datatype]?.includes(given) ?? false);
};

/** The files of a tensor: of BYTES each is an element, of UINT8 a row. */
const filesOf = ({ datatype, shape: [rows = 0], data }: InputTensor): ColumnInput => {
  if (datatype !== 'UINT8') return data as ColumnInput;
  const bytes = data instanceof Uint8Array ? data : Uint8Array.from(data as readonly number[]);
  const size = rows === 0 ? 0 : bytes.length / rows;
  return Array.from({ length: rows }, (_, row) => bytes.subarray(row * size, (row + 1) * size));
};

/** @throws WRONG_TYPE for bytes where texts are wanted */
const texts = (name: string, data: Elements): Elements => {
  const at = Array.isArray(data) ? data.findIndex((one) => one instanceof Uint8Array) : -1;
  if (at >= 0) throw wrongElement(name, 'BYTES', `bytes that are no UTF-8 in element ${at}`);
  return data;
};

const showShape = (shape: readonly number[]): string => `[${shape.join(', ')}]`;

/** The rows of a tensor. @throws BAD_SHAPE when it is not of the field's shape. */
const rowsOf = ({ name, field, shape }: TensorBinding, given: readonly number[]): number => {
  const inner = tensorOf(field)?.shape;
  const rest = given.slice(1);
  // So many bytes a file, where these are what elements are.
  if (takesFiles(field) && given.length === 2) return given[0];
  if (inner?.includes(null) && given.length > 0 && fitsShape(rest, inner)) return given[0];
  const same = (dims: readonly number[]) => dims.length === rest.length && dims.every((dim, at) => dim === rest[at]);
  const fixed = inner && fixedShape(inner);
  const fits =
    inner === undefined ? rest.every((dim) => dim === 1) && rest.length <= 1 : fixed !== undefined && same(fixed);
  if (given.length > 0 && (fits || same(shape.slice(1)))) return given[0];
  throw fail('BAD_SHAPE', `${name}: expected a tensor of shape ${showShape(shape)}, got ${showShape(given)}.`, {
    field: name,
    expected: showShape(shape),
    got: showShape(given),
  });
};

/** No typed array holds texts, so that they go as an array a row; `shape` is that of one. */
const textRows = (shape: readonly number[], data: readonly unknown[]): ColumnInput => {
  if (shape.length === 0) return data;
  const size = shape.reduce((product, dim) => product * dim, 1);
  return Array.from({ length: data.length / size }, (_, row) => data.slice(row * size, (row + 1) * size));
};

/** What is past 2^53 and no bigint was written as a fraction, or with an exponent: its last digits are lost. */
const unsafe = (name: string, value: number): Error => {
  const expected = 'every digit of an integer past 2^53, without a fraction or exponent';
  return fail('UNSAFE_INTEGER', `${name}: expected ${expected}, got ${value}.`, {
    field: name,
    expected,
    got: `${value}`,
  });
};

/** Elements of one tensor as a typed column; of texts as a plain list. */
const tensorElements = (name: string, { dtype }: TensorInfo, nullable: boolean, data: Elements): Elements => {
  if (ArrayBuffer.isView(data)) return data;
  if (!nullable && data.some((value) => value === null)) {
    const expected = dtype === 'string' ? 'a text' : 'a number';
    const message = `${name}: expected ${expected} at every place of the tensor, got null.`;
    throw fail('NULL_VALUE', message, { field: name, expected, got: 'null' });
  }
  if (dtype === 'string') return data;
  const wide = dtype === 'int64' || dtype === 'uint64';
  const typed = allocate(dtype, data.length) as Exclude<MutableTensorData, string[]>;
  for (let at = 0; at < data.length; at++) {
    // Only floats are nullable (docs/VALIDATION.md).
    const value = data[at] ?? Number.NaN;
    if (wide && typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER) throw unsafe(name, value);
    (typed as Record<number, unknown>)[at] = wide ? BigInt(value as number) : Number(value);
  }
  return typed;
};

const tensorColumn = (
  tensor: TensorInfo,
  nullable: boolean,
  { name, shape, data }: Pick<InputTensor, 'name' | 'shape' | 'data'>,
): ColumnInput => {
  const elements = tensorElements(name, tensor, nullable, data);
  const fixed = fixedShape(tensor.shape);
  if (fixed === undefined) return rowsApart(shape, elements);
  return ArrayBuffer.isView(elements) ? elements : textRows(fixed, elements);
};

const columnOf = (binding: TensorBinding, given: InputTensor): ColumnInput => {
  const { field } = binding;
  const { name, datatype, data } = given;
  if (!takes(binding, datatype)) {
    throw fail('WRONG_TYPE', `${name}: expected datatype ${binding.datatype}, got ${datatype}.`, {
      field: name,
      expected: binding.datatype,
      got: datatype,
    });
  }
  if (takesFiles(field)) return filesOf(given);
  const tensor = tensorOf(field);
  if (datatype === 'BYTES') texts(name, data);
  if (tensor) return tensorColumn(tensor, field.nullable ?? false, given);
  if (datatype === 'BOOL' && !ArrayBuffer.isView(data))
    return data.map((value) => (value === null ? null : Boolean(value)));
  return data;
};

const unknownTensor = (kind: 'input' | 'output', name: string, bindings: readonly TensorBinding[]): MillraceError => {
  const known = bindings.map((binding) => binding.name);
  const meant = nearest(name, known);
  return fail('BAD_REQUEST', `The model has no ${kind} named ${name}.${meant ? ` Did you mean ${meant}?` : ''}`, {
    field: name,
    expected: `one of ${known.join(', ')}`,
    got: name,
  });
};

/** The columns that a request's tensors are. @throws BAD_REQUEST, BAD_SHAPE, WRONG_TYPE or NULL_VALUE. */
export const columnsOf = (
  { inputs }: TensorSignature,
  tensors: readonly InputTensor[],
): { readonly columns: Columns; readonly rows: number } => {
  if (tensors.length === 0 && inputs.length > 0) {
    const expected = `some of ${inputs.map(({ name }) => name).join(', ')}`;
    throw fail('MISSING_FIELD', `The request has no inputs; expected ${expected}.`, { expected, got: 'no inputs' });
  }
  const columns: Record<string, ColumnInput> = {};
  let rows: number | undefined;
  for (const tensor of tensors) {
    const binding = inputs.find(({ name }) => name === tensor.name);
    if (binding === undefined) throw unknownTensor('input', tensor.name, inputs);
    if (Object.hasOwn(columns, tensor.name)) {
      throw fail('BAD_REQUEST', `The input ${tensor.name} is there twice.`, { field: tensor.name });
    }
    const own = rowsOf(binding, tensor.shape);
    rows ??= own;
    if (own !== rows) {
      throw fail(
        'BAD_SHAPE',
        `${tensor.name} has ${own} rows, ${tensors[0].name} has ${rows}; all must have the same.`,
        {
          field: tensor.name,
          expected: `${rows} rows`,
          got: `${own} rows`,
        },
      );
    }
    columns[tensor.name] = columnOf(binding, tensor);
  }
  return { columns, rows: rows ?? 0 };
};

/** The outputs that a request asks for, all of them unless it names some. @throws BAD_REQUEST */
export const wantedOutputs = (
  { outputs }: TensorSignature,
  names: readonly string[] | undefined,
): readonly TensorBinding[] => {
  if (names === undefined || names.length === 0) return outputs;
  const asked = new Map<string, TensorBinding>();
  for (const name of names) {
    const binding = outputs.find((output) => output.name === name);
    if (binding === undefined) throw unknownTensor('output', name, outputs);
    if (asked.has(name)) throw fail('BAD_REQUEST', `The output ${name} is asked for twice.`, { field: name });
    asked.set(name, binding);
  }
  return [...asked.values()];
};

/** Numbers go as they are where the datatype has them: as the values that they stand for in texts, and where some are missing. */
const elementsOf = ({ field, datatype }: TensorBinding, column: ColumnOutput): Elements => {
  const kind = kindOf(field);
  const told = kind.column === 'number' ? kind.value : undefined;
  if (told === undefined || !(datatype === 'BYTES' || field.nullable)) return column as Elements;
  return Array.from(column as Float64Array, (value) => (Number.isNaN(value) ? null : told(value))) as Elements;
};

/** The tensors of an answer. The first refused row refuses all of them, as the protocol has no place for errors of rows. */
export const tensorsOf = (
  bindings: readonly TensorBinding[],
  { rows, columns, errors }: ColumnAnswers,
): readonly OutputTensor[] => {
  for (const [row, problem] of errors) throw new MillraceError(inRow(problem, row, rows));
  return bindings.map((binding) => {
    const { name, datatype, field } = binding;
    const { shape = [] } = tensorOf(field) ?? {};
    if (!shape.includes(null))
      return { name, datatype, shape: [rows, ...binding.shape.slice(1)], data: elementsOf(binding, columns[name]) };
    const { dims, data } = rowsTogether(name, columns[name], shape.length);
    return { name, datatype, shape: [rows, ...dims], data };
  });
};

const inRow = (problem: Problem, row: number, rows: number): Problem =>
  rows === 1 ? problem : { ...problem, message: `Row ${row}: ${problem.message}` };

/** @throws WRONG_TYPE for an element that is not of the datatype. */
export const wrongElement = (name: string, datatype: Datatype, got: string): MillraceError =>
  fail('WRONG_TYPE', `${name}: expected ${wanted(datatype)} (${datatype}), got ${got}.`, {
    field: name,
    expected: wanted(datatype),
    got,
  });
