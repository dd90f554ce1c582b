/** The protocol's JSON: requests into tensors, tensors into answers. */
import { fail, type MillraceError, show } from '../../../core/errors.ts';
import { toldJson } from '../../../text/exact-json.ts';
import { type Datatype, datatypes, type Elements, isDatatype, isElement } from './datatypes.ts';
import { checkedShape, sizeOf } from './shape.ts';
import { type InputTensor, type OutputTensor, wrongElement } from './tensors.ts';

export type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const malformed = (field: string, expected: string, value: unknown): MillraceError =>
  fail('BAD_REQUEST', `${field}: expected ${expected}, got ${show(value)}.`, { field, expected, got: show(value) });

/** The object at `field`, an empty one when it is absent. */
export const parametersOf = (value: unknown, field: string): Json => {
  if (value === undefined || value === null) return {};
  if (!isObject(value)) throw malformed(field, 'an object of parameters', value);
  return value;
};

const shapeOf = (value: unknown, field: string): readonly number[] => {
  if (!Array.isArray(value)) throw malformed(field, 'an array of sizes', value);
  return checkedShape(field, value);
};

/** Elements of nested or flat arrays, in row-major order. Nested ones must have the shape. */
const flatten = (name: string, value: unknown, shape: readonly number[]): readonly unknown[] => {
  if (!Array.isArray(value)) throw malformed(`${name}.data`, 'an array', value);
  const nested = value.some(Array.isArray);
  if (!nested) return value;
  const flat: unknown[] = [];
  const walk = (part: unknown, depth: number): void => {
    if (depth === shape.length) {
      flat.push(part);
      return;
    }
    if (!Array.isArray(part) || part.length !== shape[depth]) {
      throw fail('BAD_SHAPE', `${name}: nested data must have the shape [${shape.join(', ')}].`, {
        field: name,
        expected: `${shape[depth]} elements at depth ${depth + 1}`,
        got: show(part),
      });
    }
    for (const element of part) walk(element, depth + 1);
  };
  walk(value, 0);
  return flat;
};

/** More numbers than this are kept as such: they are long, and cost little to hand on. */
const MANY_ELEMENTS = 4096;

const elementsOfJson = (name: string, datatype: Datatype, shape: readonly number[], data: unknown): Elements => {
  const flat = flatten(name, data, shape);
  const expected = sizeOf(shape);
  if (flat.length !== expected) {
    throw fail(
      'BAD_SHAPE',
      `${name}: the shape [${shape.join(', ')}] has ${expected} elements, data has ${flat.length}.`,
      {
        field: name,
        expected: `${expected} elements`,
        got: `${flat.length} elements`,
      },
    );
  }
  let isNumbers = flat.length > MANY_ELEMENTS;
  for (const element of flat) {
    if (element !== null && !isElement(datatype, element)) throw wrongElement(name, datatype, show(element));
    isNumbers &&= typeof element === 'number';
  }
  return isNumbers ? Float64Array.from(flat as readonly number[]) : (flat as Elements);
};

/** One entry of `inputs` or `outputs`, its name checked. */
export interface TensorEntry {
  readonly name: string;
  readonly parameters: Json;
  readonly json: Json;
}

/** Tensors that a request may bring, or ask for. */
const MOST_TENSORS = 10_000;
const TENSORS_EXPECTED = 'an array of tensors, such as [{"name", "shape", "datatype", "data"}]';

const entriesOf = (value: unknown, field: string): readonly TensorEntry[] => {
  if (!Array.isArray(value) || value.length > MOST_TENSORS) throw malformed(field, TENSORS_EXPECTED, value);
  return value.map((json: unknown, at): TensorEntry => {
    const place = `${field}[${at}]`;
    if (!isObject(json)) throw malformed(place, 'an object', json);
    if (typeof json.name !== 'string') throw malformed(`${place}.name`, 'a text', json.name);
    return { name: json.name, parameters: parametersOf(json.parameters, `${place}.parameters`), json };
  });
};

export interface JsonRequest {
  readonly id: string | undefined;
  readonly parameters: Json;
  readonly inputs: readonly TensorEntry[];
  readonly outputs: readonly TensorEntry[] | undefined;
}

/** Reads the frame of a request; the tensors' data is for `tensorOfJson`, or lies behind it in binary. */
export const readRequest = (body: unknown): JsonRequest => {
  if (!isObject(body)) throw malformed('request', 'an object with inputs', body);
  const { id, inputs, outputs } = body;
  if (id !== undefined && id !== null && typeof id !== 'string') throw malformed('id', 'a text', id);
  return {
    id: typeof id === 'string' ? id : undefined,
    parameters: parametersOf(body.parameters, 'parameters'),
    inputs: entriesOf(inputs, 'inputs'),
    outputs: outputs === undefined || outputs === null ? undefined : entriesOf(outputs, 'outputs'),
  };
};

/** The datatype and shape of an input. @throws BAD_REQUEST */
export const headOf = ({ name, json }: TensorEntry): Pick<InputTensor, 'name' | 'datatype' | 'shape'> => {
  const { datatype } = json;
  if (!isDatatype(datatype)) throw malformed(`${name}.datatype`, `one of ${datatypes.join(', ')}`, datatype);
  return { name, datatype, shape: shapeOf(json.shape, `${name}.shape`) };
};

/** An input whose elements stand in JSON. @throws BAD_REQUEST, BAD_SHAPE, WRONG_TYPE */
export const tensorOfJson = (entry: TensorEntry): InputTensor => {
  const head = headOf(entry);
  return { ...head, data: elementsOfJson(head.name, head.datatype, head.shape, entry.json.data) };
};

/** Elements as JSON, with commas between them: NaN and ±Infinity, which JSON cannot write, become null. */
const elementsAsJson = (datatype: Datatype, data: Elements): string => {
  if (datatype === 'BOOL')
    return JSON.stringify(Array.from(data as ArrayLike<unknown>, (v) => (v === null ? null : Boolean(v)))).slice(1, -1);
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) return data.join(',');
  return toldJson(Array.isArray(data) ? data : Array.from(data as ArrayLike<unknown>)).slice(1, -1);
};

/** Elements of an output that are written in one go. */
const PART_ELEMENTS = 8192;

/** An output of an answer, or a part of a long one; those of an output follow one another. */
export interface OutputPart {
  readonly tensor: OutputTensor;
  readonly start: number;
  readonly end: number;
}

/** Parts that are short enough to be written one in each turn of the event loop. */
export const partsOf = (tensor: OutputTensor): readonly OutputPart[] => {
  const { length } = tensor.data;
  const parts: OutputPart[] = [];
  for (let start = 0; start < length || start === 0; start += PART_ELEMENTS) {
    parts.push({ tensor, start, end: Math.min(length, start + PART_ELEMENTS) });
  }
  return parts;
};

/** A part of an output as JSON: the first begins it, and the last ends it. */
export const partAsJson = ({ tensor: { name, shape, datatype, data }, start, end }: OutputPart): string => {
  const own = start === 0 && end === data.length ? data : (data.slice(start, end) as Elements);
  const before =
    start === 0
      ? `{"name":${JSON.stringify(name)},"shape":[${shape.join(',')}],"datatype":"${datatype}","data":[`
      : ',';
  return `${before}${elementsAsJson(datatype, own)}${end === data.length ? ']}' : ''}`;
};
