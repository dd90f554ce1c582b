/** The datatypes of the Open Inference Protocol, and the arrays that hold them here. */
import type { Dtype, TensorData } from '../../../core/types.ts';

export const datatypes = [
  'BOOL',
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
  'BYTES',
] as const;

export type Datatype = (typeof datatypes)[number];

export const isDatatype = (value: unknown): value is Datatype => datatypes.includes(value as Datatype);

/**
 * Elements in row-major order. Those of FP16 and BF16 are a Float32Array; null stands for a missing value, in JSON only; bytes
 * are what is no UTF-8 in a tensor of BYTES.
 */
export type Elements = TensorData | readonly (string | number | bigint | boolean | null | Uint8Array)[];

/** Bytes an element in binary; BYTES has none, as each element says its own length. */
export const elementBytes: Readonly<Record<Exclude<Datatype, 'BYTES'>, number>> = {
  BOOL: 1,
  UINT8: 1,
  UINT16: 2,
  UINT32: 4,
  UINT64: 8,
  INT8: 1,
  INT16: 2,
  INT32: 4,
  INT64: 8,
  FP16: 2,
  BF16: 2,
  FP32: 4,
  FP64: 8,
};

const ofDtype: Readonly<Record<Dtype, Datatype>> = {
  float32: 'FP32',
  float64: 'FP64',
  float16: 'FP16',
  bfloat16: 'BF16',
  int8: 'INT8',
  uint8: 'UINT8',
  int16: 'INT16',
  uint16: 'UINT16',
  int32: 'INT32',
  uint32: 'UINT32',
  int64: 'INT64',
  uint64: 'UINT64',
  bool: 'BOOL',
  string: 'BYTES',
};
/** What the protocol calls the elements of such an array. */
export const datatypeOf = (dtype: Dtype): Datatype => ofDtype[dtype];

const integerRanges: Partial<Record<Datatype, readonly [bigint, bigint]>> = {
  UINT8: [0n, 255n],
  UINT16: [0n, 65_535n],
  UINT32: [0n, 4_294_967_295n],
  UINT64: [0n, 2n ** 64n - 1n],
  INT8: [-128n, 127n],
  INT16: [-32_768n, 32_767n],
  INT32: [-2_147_483_648n, 2_147_483_647n],
  INT64: [-(2n ** 63n), 2n ** 63n - 1n],
};

/** What one element of a datatype may be, in words. */
export const wanted = (datatype: Datatype): string => {
  const range = integerRanges[datatype];
  if (range) return `an integer from ${range[0]} to ${range[1]}`;
  return datatype === 'BOOL' ? 'true or false' : datatype === 'BYTES' ? 'a text' : 'a number';
};

/** Whether one value of JSON (or a BigInt, for an integer past 2^53) is an element of the datatype. */
export const isElement = (datatype: Datatype, value: unknown): boolean => {
  if (datatype === 'BYTES') return typeof value === 'string';
  if (datatype === 'BOOL') return typeof value === 'boolean' || value === 0 || value === 1;
  const range = integerRanges[datatype];
  if (range === undefined) return typeof value === 'number' || typeof value === 'bigint';
  if (typeof value === 'bigint') return value >= range[0] && value <= range[1];
  return typeof value === 'number' && Number.isInteger(value) && value >= range[0] && value <= range[1];
};
