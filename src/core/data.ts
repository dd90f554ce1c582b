/** Data as it comes and goes: values and rows, columns, tensors. */

export type Value = null | boolean | number | bigint | string | Date | readonly Value[] | ArrayBufferView;
export type Row = Readonly<Record<string, unknown>>;

export type Dtype =
  | 'float32'
  | 'float64'
  | 'float16'
  | 'bfloat16'
  | 'int8'
  | 'uint8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'uint64'
  | 'bool'
  | 'string';

export type TensorData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | readonly string[];

/** Row-major; `bool` is a Uint8Array of 0 and 1, `int64` a BigInt64Array, `string` a plain array, a float of 16 bits a float64. */
export interface Tensor {
  readonly dtype: Dtype;
  readonly dims: readonly number[];
  readonly data: TensorData;
}

/** What a graph says of an input or output; null stands for a dimension that may vary. */
export interface TensorSpec {
  readonly name: string;
  readonly dtype: Dtype;
  readonly dims: readonly (number | null)[];
}

/**
 * A column as a caller may hand it in: typed (NaN is missing; a tensor is flat) or plain values as they would stand in
 * rows, so that a tensor of texts, for which there is no typed array, or of any length is an array a row.
 */
export type ColumnInput = TensorData | readonly unknown[];
/**
 * A column of answers. number, integer, boolean (0 | 1) and datetime (ms since the epoch) are Float64Arrays with NaN for
 * missing; category and text are arrays; a tensor is its flat row-major data, one of any length nested arrays a row.
 */
export type ColumnOutput = TensorData | readonly (string | null)[] | readonly Value[];
