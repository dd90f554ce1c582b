/** The inside of a batch: columns, and the rows that dropped out on the way. */
import type { Dtype, TensorData } from './data.ts';
import type { Problem } from './errors.ts';

/** number, integer, boolean (0 | 1) and datetime (ms since the epoch); NaN is missing. */
export interface NumberColumn {
  readonly type: 'number';
  readonly values: Float64Array;
}
/** category and text; null is missing. */
export interface StringColumn {
  readonly type: 'string';
  readonly values: readonly (string | null)[];
}
/** `size` elements a row, row-major. */
export interface TensorColumn {
  readonly type: 'tensor';
  readonly dtype: Dtype;
  readonly size: number;
  readonly data: TensorData;
}
/** A tensor a row, each of its own length; a row that is refused has an empty one. */
export interface RaggedColumn {
  readonly type: 'ragged';
  readonly dtype: Dtype;
  readonly values: readonly { readonly dims: readonly number[]; readonly data: TensorData }[];
}
/** What a transform module returned: looked at only when something uses it. */
export interface AnyColumn {
  readonly type: 'any';
  readonly values: readonly unknown[];
}
export type Column = NumberColumn | StringColumn | TensorColumn | RaggedColumn | AnyColumn;
export type ColumnTag = Column['type'];

const arrays = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Float64Array,
  bfloat16: Float64Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
} as const;

/** True of numbers with a fraction, which have a NaN. */
export const isFloat = (dtype: Dtype): boolean => dtype.includes('float');

/** Every dtype there is. */
export const dtypes: readonly Dtype[] = [...(Object.keys(arrays) as (keyof typeof arrays)[]), 'string'];

export type MutableTensorData = Exclude<TensorData, readonly string[]> | string[];

/** Zeroed room for `length` elements of a dtype (empty strings for `string`). */
export const allocate = (dtype: Dtype, length: number): MutableTensorData =>
  dtype === 'string' ? new Array<string>(length).fill('') : new arrays[dtype](length);

/** True when `data` is the kind of array that holds this dtype. */
export const holds = (dtype: Dtype, data: unknown): data is TensorData =>
  dtype === 'string' ? Array.isArray(data) : data instanceof arrays[dtype];

/**
 * Rows on their way through the core. A row that cannot go on is refused with its first problem and leaves at the next
 * `compact`; its neighbours never notice. A class because one is made for every request: methods on a prototype cost less.
 */
export class Batch {
  readonly rows: number;
  readonly columns = new Map<string, Column>();
  /** Problems by row; sparse, as nearly every row is fine. */
  readonly problems = new Map<number, Problem>();

  constructor(rows: number) {
    this.rows = rows;
  }

  /** The first problem of a row is the one that is told. */
  refuse(row: number, problem: Problem): void {
    if (!this.problems.has(row)) this.problems.set(row, problem);
  }

  /** The rows still standing: this batch itself when that is all of them, else a smaller one with their old places. */
  compact(): { readonly batch: Batch; readonly places: Int32Array | undefined } {
    if (this.problems.size === 0) return { batch: this, places: undefined };
    const places = new Int32Array(this.rows - this.problems.size);
    let next = 0;
    for (let row = 0; row < this.rows; row++) if (!this.problems.has(row)) places[next++] = row;
    const batch = new Batch(places.length);
    for (const [name, column] of this.columns) batch.columns.set(name, pick(column, places));
    return { batch, places };
  }
}

const pick = (column: Column, places: Int32Array): Column => {
  if (column.type === 'number')
    return { type: 'number', values: Float64Array.from(places, (row) => column.values[row]) };
  if (column.type === 'string') return { type: 'string', values: Array.from(places, (row) => column.values[row]) };
  if (column.type === 'any') return { type: 'any', values: Array.from(places, (row) => column.values[row]) };
  if (column.type === 'ragged') return { ...column, values: Array.from(places, (row) => column.values[row]) };
  const { dtype, size } = column;
  const data = allocate(dtype, places.length * size);
  for (let to = 0; to < places.length; to++) copyRow(column.data, places[to] * size, data, to * size, size);
  return { type: 'tensor', dtype, size, data };
};

/** Copies `size` elements between arrays of one dtype. */
export const copyRow = (from: TensorData, start: number, to: MutableTensorData, at: number, size: number): void => {
  const source = from as ArrayLike<unknown>;
  const target = to as Record<number, unknown>;
  for (let index = 0; index < size; index++) target[at + index] = source[start + index];
};

/** Rows `start` to `end` of a tensor column without copying where the data allows it. */
export const sliceData = (data: TensorData, start: number, end: number): TensorData =>
  'subarray' in data ? data.subarray(start, end) : data.slice(start, end);
