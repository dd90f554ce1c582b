/** Tensors that stand in an ONNX file. Field numbers: TensorProto of onnx.proto3 (ONNX 1.18). Web-standard. */
import { allocate } from '../core/columns.ts';
import { fail } from '../core/errors.ts';
import type { Dtype, Tensor, TensorData } from '../core/types.ts';
import { TENSOR } from './onnx-fields.ts';
import { textsOf } from './onnx-node.ts';
import { needInside } from './onnx-outside.ts';
import { readDoubles, readFloats, readIntArray, readInts, valuesOf } from './protobuf.ts';
import { unusual } from './trees/unusual.ts';

/** TensorProto.DataType of values that are read here. */
export const dtypes: Readonly<Record<number, Dtype>> = {
  1: 'float32',
  2: 'uint8',
  3: 'int8',
  4: 'uint16',
  5: 'int16',
  6: 'int32',
  7: 'int64',
  8: 'string',
  9: 'bool',
  11: 'float64',
  12: 'uint32',
  13: 'uint64',
};
/** Those of a graph's inputs and outputs, which may have 16 bits, too. */
export const endDtypes: Readonly<Record<number, Dtype>> = { ...dtypes, 10: 'float16', 16: 'bfloat16' };

const damaged = (expected: string, got: string) =>
  fail('BAD_MODEL', 'A value that stands in the model file is damaged.', { expected, got });

/** Values by the field of their type; int32_data is for all that is no wider. */
const typedData = (tensor: Uint8Array, dtype: Dtype): TensorData => {
  if (dtype === 'float32') return readFloats(tensor, TENSOR.floats);
  if (dtype === 'float64') return readDoubles(tensor, TENSOR.doubles);
  if (dtype === 'string') return textsOf(tensor, TENSOR.texts);
  const wide =
    dtype === 'int64' ? TENSOR.ints64 : dtype === 'uint64' || dtype === 'uint32' ? TENSOR.uints64 : undefined;
  const values = readIntArray(tensor, wide ?? TENSOR.ints32);
  const data = allocate(dtype, values.length) as Record<number, number | bigint> & TensorData;
  const isBig = dtype === 'int64' || dtype === 'uint64';
  for (let at = 0; at < values.length; at++) data[at] = isBig ? BigInt(values[at]) : values[at];
  return data;
};

/**
 * @throws BAD_MODEL for a type that is not read here, data of another length than its shape, or in another file, and Unusual for
 * halves, which are ONNX Runtime's.
 */
export const decodeTensor = (tensor: Uint8Array): Tensor => {
  needInside(tensor);
  const element = readInts(tensor, TENSOR.type).at(-1) ?? 0;
  const dtype = dtypes[element];
  if (dtype !== endDtypes[element]) throw unusual(endDtypes[element]);
  if (dtype === undefined) throw damaged(Object.values(dtypes).join(', '), `ONNX element type ${element}`);
  const dims = readInts(tensor, TENSOR.dims);
  const size = dims.reduce((product, dim) => product * dim, 1);
  const raw = valuesOf(tensor, TENSOR.raw).at(-1);
  if (raw === undefined || raw.length === 0) {
    const data = typedData(tensor, dtype);
    if (data.length !== size) throw damaged(`${size} values`, `${data.length}`);
    return { dtype, dims, data };
  }
  if (dtype === 'string' || dims.some((dim) => dim < 0) || size > raw.length) throw damaged(`${size} values`, 'others');
  const data = allocate(dtype, size) as Exclude<TensorData, readonly string[]>;
  if (data.byteLength !== raw.length) throw damaged(`${data.byteLength} bytes`, `${raw.length}`);
  new Uint8Array(data.buffer).set(raw);
  return { dtype, dims, data };
};
