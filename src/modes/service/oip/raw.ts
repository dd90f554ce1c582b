/**
 * Tensors as raw bytes: little-endian elements in row-major order, booleans a byte each, and every element of BYTES after
 * its length in four bytes. REST's binary extension and gRPC's raw contents are both this.
 * Source: Open Inference Protocol, "Tensor Data Representation"; Triton's binary tensor data extension.
 */
import { fail, type MillraceError } from '../../../core/errors.ts';
import type { TensorData } from '../../../core/types.ts';
import { utf8Text } from '../../../text/utf8.ts';
import { type Datatype, type Elements, elementBytes, wanted } from './datatypes.ts';
import { type HalfDatatype, halvesOfRaw, isHalfDatatype, rawOfHalves } from './halves.ts';
import { type OutputTensor, wrongElement } from './tensors.ts';

type TypedArray = Extract<TensorData, ArrayBufferView>;
type ArrayOf = new (buffer: ArrayBufferLike, byteOffset: number, length: number) => TypedArray;

const arrays: Readonly<Record<Exclude<Datatype, 'BYTES' | HalfDatatype>, ArrayOf>> = {
  BOOL: Uint8Array,
  UINT8: Uint8Array,
  UINT16: Uint16Array,
  UINT32: Uint32Array,
  UINT64: BigUint64Array,
  INT8: Int8Array,
  INT16: Int16Array,
  INT32: Int32Array,
  INT64: BigInt64Array,
  FP32: Float32Array,
  FP64: Float64Array,
};

const wrongSize = (name: string, expected: string, got: string): MillraceError =>
  fail('BAD_SHAPE', `${name}: expected ${expected}, got ${got}.`, { field: name, expected, got });

/** Texts, and as they are those bytes that are none, which only a file may be. */
const readTexts = (name: string, bytes: Uint8Array, count: number): readonly (string | Uint8Array)[] => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const texts: (string | Uint8Array)[] = [];
  let at = 0;
  while (texts.length < count) {
    const left = bytes.byteLength - at - 4;
    const length = left < 0 ? 0 : view.getUint32(at, true);
    if (left < length) throw wrongSize(name, `${count} elements`, `bytes that end in element ${texts.length}`);
    const element = bytes.subarray(at + 4, at + 4 + length);
    texts.push(utf8Text(element) ?? element);
    at += 4 + length;
  }
  if (at !== bytes.byteLength) throw wrongSize(name, `${count} elements`, `${bytes.byteLength - at} bytes more`);
  return texts;
};

/**
 * The `count` elements that bytes hold; they may be looked at in place, so the bytes must not change afterwards.
 *
 * @throws BAD_SHAPE when the bytes hold more or fewer; WRONG_TYPE
 */
export const elementsOfRaw = (name: string, datatype: Datatype, bytes: Uint8Array, count: number): Elements => {
  if (datatype === 'BYTES') return readTexts(name, bytes, count);
  const width = elementBytes[datatype];
  if (bytes.byteLength !== count * width) {
    throw wrongSize(name, `${count} elements of ${width} bytes`, `${bytes.byteLength} bytes`);
  }
  // A view must start at a multiple of its elements' size.
  const { buffer, byteOffset } = bytes.byteOffset % width === 0 ? bytes : new Uint8Array(bytes);
  if (isHalfDatatype(datatype)) return halvesOfRaw(datatype, buffer, byteOffset, count);
  const elements = new arrays[datatype](buffer, byteOffset, count);
  if (datatype === 'BOOL') {
    const stray = (elements as Uint8Array).find((element) => element > 1);
    if (stray !== undefined) throw wrongElement(name, datatype, `the byte ${stray}`);
  }
  return elements;
};

const noNull = ({ name, datatype }: OutputTensor): MillraceError =>
  fail(
    'BAD_OUTPUT',
    `${name} is missing for a row, and binary ${datatype} has no value for that; ask for this output in JSON.`,
    { field: name, expected: wanted(datatype), got: 'null' },
  );

const rawTexts = (tensor: OutputTensor): Uint8Array => {
  const texts = tensor.data as readonly unknown[];
  let size = 0;
  for (const text of texts) {
    if (text === null) throw noNull(tensor);
    size += 4 + Buffer.byteLength(String(text));
  }
  const bytes = Buffer.allocUnsafe(size);
  let at = 0;
  for (const text of texts) {
    const length = bytes.write(String(text), at + 4);
    bytes.writeUInt32LE(length, at);
    at += 4 + length;
  }
  return bytes;
};

/**
 * The bytes of a tensor of an answer, a missing number as NaN.
 *
 * @throws BAD_OUTPUT for a missing value of any other datatype
 */
export const rawOf = (tensor: OutputTensor): Uint8Array => {
  const { datatype, data } = tensor;
  if (datatype === 'BYTES') return rawTexts(tensor);
  // Of an output that is a half, numbers are halves already.
  if (isHalfDatatype(datatype))
    return rawOfHalves(
      datatype,
      data instanceof Float32Array ? data : Float32Array.from(data, (one) => (one === null ? Number.NaN : Number(one))),
    );
  const Elements = arrays[datatype];
  if (data instanceof Elements) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const elements = new Elements(new ArrayBuffer(data.length * elementBytes[datatype]), 0, data.length);
  const wide = datatype === 'INT64' || datatype === 'UINT64';
  const missing = datatype === 'FP32' || datatype === 'FP64' ? Number.NaN : undefined;
  for (let at = 0; at < data.length; at++) {
    const element = data[at] ?? missing;
    if (element === undefined) throw noNull(tensor);
    (elements as Record<number, unknown>)[at] = wide ? BigInt(element as number) : Number(element);
  }
  return new Uint8Array(elements.buffer);
};
