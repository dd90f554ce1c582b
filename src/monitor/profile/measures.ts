/**
 * What is counted of a field besides its values, or in their place: of texts the alphabet, of tensors mean, spread and saturation, and
 * the length of one of any length. A measure is a field of its own in profiles, called "note alphabet" or "pixels mean", and has one value a row.
 */
import { kindOf, tensorOf } from '../../core/kinds/index.ts';
import type { TensorInfo } from '../../core/kinds/kind.ts';
import { MAX_ELEMENTS } from '../../core/row-tensor-reader.ts';
import { fixedShape, sizeOf } from '../../core/row-tensors.ts';
import type { ColumnInput, ColumnOutput, Field, Fields } from '../../core/types.ts';
import { alphabetOf } from './alphabet.ts';

export interface Measure {
  /** The field that it is of. */
  readonly of: string;
  /** As what it is counted. */
  readonly field: Field;
  /** Of a value as rows have it; NaN or null where it is missing. */
  readonly value: (value: unknown) => number | string | null;
  /** Of the elements from one place to another in a flat column; undefined where columns hold values one by one. */
  readonly elements?: ((data: ArrayLike<unknown>, from: number, size: number) => number) | undefined;
  /** Elements of a row in a flat column; 1 where columns hold values one by one. */
  readonly size: number;
}

const NUMBER: Field = { kind: 'number' };
const LABEL: Field = { kind: 'category' };
/** Elements of a tensor that are looked at, evenly spread. */
const MOST_ELEMENTS = 4096;

type OfElements = (data: ArrayLike<unknown>, from: number, size: number) => number;

/** In the precision of most tensors, so that rows and typed columns tell the same; NaN of what is no number, whatever it is. */
const elementOf = (value: unknown): number => {
  if (typeof value === 'number') return Math.fround(value);
  return typeof value === 'bigint' ? Number(value) : Number.NaN;
};

const stepOf = (size: number): number => Math.max(1, Math.ceil(size / MOST_ELEMENTS));

const meanOfElements: OfElements = (data, from, size) => {
  const step = stepOf(size);
  let [sum, count] = [0, 0];
  for (let at = from; at < from + size; at += step) {
    sum += elementOf(data[at]);
    count++;
  }
  return sum / count;
};

const spreadOfElements: OfElements = (data, from, size) => {
  const mean = meanOfElements(data, from, size);
  const step = stepOf(size);
  let [squares, count] = [0, 0];
  for (let at = from; at < from + size; at += step) {
    squares += (elementOf(data[at]) - mean) ** 2;
    count++;
  }
  return Math.sqrt(squares / count);
};

/** The share of elements that are as low or as high as any of the row's: what is over-exposed, or clipped. */
const saturationOfElements: OfElements = (data, from, size) => {
  const step = stepOf(size);
  let [least, most, count] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  for (let at = from; at < from + size; at += step) {
    const value = elementOf(data[at]);
    if (value < least) least = value;
    if (value > most) most = value;
  }
  let ends = 0;
  for (let at = from; at < from + size; at += step) {
    const value = elementOf(data[at]);
    if (value === least || value === most) ends++;
    count++;
  }
  return Number.isFinite(least) ? ends / count : Number.NaN;
};

const ofTensors = { mean: meanOfElements, spread: spreadOfElements, saturation: saturationOfElements } as const;

/** Appends the elements of nested lists, no deeper and no more than a row has. */
const gather = (value: unknown, depth: number, size: number, into: unknown[]): void => {
  if (into.length > size) return;
  if (depth === 0 || !Array.isArray(value)) into.push(value);
  else for (let at = 0; at < value.length && into.length <= size; at++) gather(value[at], depth - 1, size, into);
};

const ofTensor = (of: string, elements: OfElements, { shape }: TensorInfo, size: number): Measure => ({
  of,
  field: NUMBER,
  size,
  elements,
  value(value) {
    if (ArrayBuffer.isView(value)) {
      const data = value as Float64Array;
      return data.length === size ? elements(data, 0, size) : Number.NaN;
    }
    if (!Array.isArray(value)) return Number.NaN;
    const data: unknown[] = [];
    gather(value, shape.length, size, data);
    return data.length === size ? elements(data, 0, size) : Number.NaN;
  },
});

/** The elements of a tensor of any length, whichever way it came; undefined of what is none. */
const listOf = (value: unknown, depth: number): ArrayLike<unknown> | undefined => {
  if (ArrayBuffer.isView(value)) return value as Float64Array;
  if (!Array.isArray(value)) return undefined;
  if (depth <= 1 || !Array.isArray(value[0])) return value;
  const data: unknown[] = [];
  gather(value, depth, MAX_ELEMENTS, data);
  return data;
};

const lengthOfElements: OfElements = (_data, _from, size) => size;

const ofAnyLength = (of: string, elements: OfElements, { shape }: TensorInfo): Measure => ({
  of,
  field: NUMBER,
  size: 1,
  value(value) {
    const data = listOf(value, shape.length);
    return data === undefined || data.length === 0 ? Number.NaN : elements(data, 0, data.length);
  },
});

const alphabet = (of: string): Measure => ({
  of,
  field: LABEL,
  size: 1,
  value: (value) => (typeof value === 'string' ? alphabetOf(value) : null),
});

/** By the names that they have in profiles; a field of that name goes before. */
export const measuresOf = (fields: Fields): Readonly<Record<string, Measure>> => {
  const found: Record<string, Measure> = {};
  const add = (name: string, measure: Measure): void => {
    if (!Object.hasOwn(fields, name)) found[name] = measure;
  };
  for (const [name, field] of Object.entries(fields)) {
    if (kindOf(field).profile === 'lengths') add(`${name} alphabet`, alphabet(name));
    const tensor = tensorOf(field);
    if (tensor === undefined) continue;
    const shape = fixedShape(tensor.shape);
    if (shape === undefined) add(`${name} length`, ofAnyLength(name, lengthOfElements, tensor));
    if (tensor.dtype === 'string' || tensor.dtype === 'bool') continue;
    const size = shape && sizeOf(shape);
    if (size === 1) continue;
    for (const [what, elements] of Object.entries(ofTensors))
      add(`${name} ${what}`, size ? ofTensor(name, elements, tensor, size) : ofAnyLength(name, elements, tensor));
  }
  return found;
};

/** Fields and their measures, as they are counted. */
export const withMeasures = (fields: Fields): Fields => {
  const measures = Object.entries(measuresOf(fields)).map(([name, { field }]) => [name, field] as const);
  return measures.length === 0 ? fields : { ...fields, ...Object.fromEntries(measures) };
};

/** The values of a measure over a column, one a row. */
export const measured = (measure: Measure, column: ColumnInput | ColumnOutput): ColumnInput => {
  const { elements, size, value } = measure;
  const isFlat = elements !== undefined && (ArrayBuffer.isView(column) || typeof column[0] === 'number');
  if (!isFlat) return Array.from(column as ArrayLike<unknown>, value) as ColumnInput;
  const data = column as ArrayLike<unknown>;
  return Float64Array.from({ length: Math.floor(data.length / size) }, (_, row) => elements(data, row * size, size));
};

type Columns = Readonly<Record<string, ColumnInput | ColumnOutput>>;

/** Columns with those of their measures; none is made again that is there. */
export const measuredColumns = (fields: Fields, columns: Columns): Columns => {
  const more = Object.entries(measuresOf(fields)).flatMap(([name, measure]) => {
    const column = columns[measure.of];
    if (column === undefined || Object.hasOwn(columns, name)) return [];
    return [[name, measured(measure, column)] as const];
  });
  return more.length === 0 ? columns : { ...columns, ...Object.fromEntries(more) };
};
