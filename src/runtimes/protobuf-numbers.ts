/** The numbers of a repeated field of a message, packed or not: weights of trees are lists of many thousands. Web-standard. */
import { BYTES, Cursor, FIXED32, FIXED64, VARINT } from './protobuf.ts';

/** Reads packed varints as 64-bit integers; a number for each, as the readers of an ONNX file need none past 2^53. */
const unpack = (bytes: Uint8Array, start: number, end: number, into: number[]): void => {
  let from = start;
  for (let at = start; at < end; at++) {
    if (bytes[at] >= 0x80) continue;
    let value = 0;
    if (at - from < 4) for (let index = at; index >= from; index--) value = value * 128 + (bytes[index] & 0x7f);
    else {
      let wide = 0n;
      for (let index = at; index >= from; index--) wide = (wide << 7n) | BigInt(bytes[index] & 0x7f);
      value = Number(BigInt.asIntN(64, wide));
    }
    into.push(value);
    from = at + 1;
  }
};

/** The integers of a repeated int64 field, packed or not. */
export const readInts = (message: Uint8Array, field: number): readonly number[] => {
  const values: number[] = [];
  const at = new Cursor(message);
  while (at.next()) {
    if (at.field === field && (at.wire === VARINT || at.wire === BYTES)) unpack(message, at.start, at.end, values);
  }
  return values;
};

/** The integer of a varint from `from` to `to`; past 2^53 the nearest number stands for it. */
const intAt = (bytes: Uint8Array, from: number, to: number): number => {
  let value = 0;
  for (let at = from, scale = 1; at < to; at++, scale *= 128) value += (bytes[at] & 0x7f) * scale;
  if (value < 2 ** 53) return value;
  let exact = 0n;
  for (let at = to - 1; at >= from; at--) exact = (exact << 7n) | BigInt(bytes[at] & 0x7f);
  return Number(BigInt.asIntN(64, exact));
};

/** As `readInts`, for lists of many thousands. */
export const readIntArray = (message: Uint8Array, field: number): Float64Array => {
  let length = 0;
  for (const at = new Cursor(message); at.next(); ) {
    if (at.field !== field || (at.wire !== VARINT && at.wire !== BYTES)) continue;
    for (let place = at.start; place < at.end; place++) if (message[place] < 0x80) length++;
  }
  const values = new Float64Array(length);
  let count = 0;
  for (const at = new Cursor(message); at.next(); ) {
    if (at.field !== field || (at.wire !== VARINT && at.wire !== BYTES)) continue;
    for (let from = at.start, place = from; place < at.end; place++) {
      if (message[place] >= 0x80) continue;
      values[count++] = intAt(message, from, place + 1);
      from = place + 1;
    }
  }
  return values;
};

/** The numbers of 4 or 8 bytes of a repeated field, packed or not. */
const readFixed = <T extends Float32Array | Float64Array>(
  message: Uint8Array,
  field: number,
  size: 4 | 8,
  make: (length: number) => T,
): T => {
  const wire = size === 4 ? FIXED32 : FIXED64;
  let length = 0;
  for (const at = new Cursor(message); at.next(); )
    if (at.field === field && (at.wire === wire || at.wire === BYTES)) length += Math.floor((at.end - at.start) / size);
  const values = make(length);
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  let count = 0;
  for (const at = new Cursor(message); at.next(); ) {
    if (at.field !== field || (at.wire !== wire && at.wire !== BYTES)) continue;
    for (let place = at.start; place + size <= at.end; place += size)
      values[count++] = size === 4 ? view.getFloat32(place, true) : view.getFloat64(place, true);
  }
  return values;
};
export const readFloats = (message: Uint8Array, field: number): Float32Array =>
  readFixed(message, field, 4, (length) => new Float32Array(length));
export const readDoubles = (message: Uint8Array, field: number): Float64Array =>
  readFixed(message, field, 8, (length) => new Float64Array(length));

/** How many 32-bit floats a repeated field has, packed or not. */
export const countFloats = (message: Uint8Array, field: number): number => {
  let count = 0;
  const at = new Cursor(message);
  while (at.next()) {
    if (at.field !== field) continue;
    if (at.wire === FIXED32) count++;
    else if (at.wire === BYTES) count += (at.end - at.start) / 4;
  }
  return count;
};
