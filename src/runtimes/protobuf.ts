/**
 * Just enough of the protocol buffers wire format to look into an ONNX file. Web-standard.
 * Source: https://protobuf.dev/programming-guides/encoding
 */
import { fail } from '../core/errors.ts';

const truncated = () =>
  fail('BAD_MODEL', 'The model file is cut off or is not an ONNX file.', { expected: 'an ONNX ModelProto' });

/** Wire types: how a field's value is laid out. */
export const VARINT = 0;
const FIXED64 = 1;
export const BYTES = 2;
const FIXED32 = 5;
const VARINT_BYTES = 10;
/** A tag is a uint32; parsers in other languages cut a longer one off, and see another field than is read here. */
const MAX_TAG = 2 ** 32 - 1;

/**
 * A place in a message that moves from field to field, without an object for each: trees have millions. What the C++
 * parser reads in another way than it seems (groups, tags past 32 bits) is refused.
 *
 * @throws BAD_MODEL where the bytes are no message
 */
export class Cursor {
  field = 0;
  wire = 0;
  /** Where the field begins with its tag, where its value begins, and where both end. */
  tagStart = 0;
  start = 0;
  end = 0;
  /** Of a varint: the number, exact to 2^53, and its low 32 bits. */
  value = 0;
  int32 = 0;
  readonly message: Uint8Array;

  constructor(message: Uint8Array, at = 0) {
    this.message = message;
    this.end = at;
  }

  /** Moves to the next field; false at the end. */
  next(): boolean {
    const { message } = this;
    this.tagStart = this.end;
    if (this.end >= message.length) return false;
    this.#varint();
    const tag = this.value;
    if (tag > MAX_TAG || tag < 8) throw truncated();
    this.wire = tag & 7;
    this.field = tag >>> 3;
    this.start = this.end;
    if (this.wire === VARINT) this.#varint();
    else if (this.wire === BYTES) {
      this.#varint();
      this.start = this.end;
      this.end += this.value;
    } else if (this.wire === FIXED32) this.end += 4;
    else if (this.wire === FIXED64) this.end += 8;
    else throw truncated();
    if (this.end > message.length) throw truncated();
    return true;
  }

  #varint(): void {
    const { message } = this;
    const first = message[this.end];
    if (first < 0x80) {
      this.end++;
      this.value = first;
      this.int32 = first;
      return;
    }
    let value = 0;
    let low = 0;
    let scale = 1;
    for (let count = 0; count < VARINT_BYTES; count++) {
      if (this.end >= message.length) throw truncated();
      const byte = message[this.end++];
      if (count < 5) low |= (byte & 0x7f) << (7 * count);
      value += (byte & 0x7f) * scale;
      scale *= 128;
      if (byte >= 0x80) continue;
      this.value = value;
      this.int32 = low;
      return;
    }
    throw truncated();
  }

  /** The value as it stands. */
  bytes(): Uint8Array {
    return this.message.subarray(this.start, this.end);
  }
}

/**
 * Goes through a message without an object or a number kept: the weights of a tree are a hundred thousand fields. Answers
 * which length-delimited fields below 32 it has, as bits, and the last value of one of them.
 *
 * @throws BAD_MODEL where the bytes are no message
 */
export const skim = (message: Uint8Array, wanted: number): { fields: number; last: Uint8Array | undefined } => {
  const { length } = message;
  let fields = 0;
  let from = -1;
  let to = -1;
  for (let at = 0; at < length; ) {
    // Most tags are a byte, and so are most lengths; floats are four, and integers a few.
    const tag = message[at];
    let field = tag >>> 3;
    let wire = tag < 0x80 ? tag & 7 : -1;
    let start = at + 1;
    let end = start + 4;
    if (wire === VARINT) {
      while (message[start] >= 0x80) start++;
      end = start + 1;
    } else if (wire === BYTES && message[start] < 0x80) {
      end = start + 1 + message[start];
      start++;
    } else if (wire !== FIXED32) wire = -1;
    if (wire === -1 || field === 0 || end > length || start - at > VARINT_BYTES) {
      const cursor = new Cursor(message, at);
      cursor.next();
      ({ field, wire, start, end } = cursor);
    }
    at = end;
    if (wire !== BYTES) continue;
    if (field < 32) fields |= 1 << field;
    if (field !== wanted) continue;
    from = start;
    to = end;
  }
  return { fields, last: from < 0 ? undefined : message.subarray(from, to) };
};

/** The values of a length-delimited field, in order. */
export const valuesOf = (message: Uint8Array, field: number): readonly Uint8Array[] => {
  const values: Uint8Array[] = [];
  const at = new Cursor(message);
  while (at.next()) if (at.field === field && at.wire === BYTES) values.push(at.bytes());
  return values;
};

/** Visits where each value of a length-delimited field below 16 lies, for who has too many to make arrays of. */
export const eachOf = (
  message: Uint8Array,
  field: number,
  visit: (bytes: Uint8Array, from: number, to: number) => void,
): void => {
  const { length } = message;
  const tag = (field << 3) | BYTES;
  for (let at = 0; at < length; ) {
    const from = at + 2;
    const size = message[at + 1];
    if (message[at] === tag && size < 0x80 && from + size <= length) {
      at = from + size;
      visit(message, from, at);
      continue;
    }
    const cursor = new Cursor(message, at);
    cursor.next();
    at = cursor.end;
    if (cursor.field === field && cursor.wire === BYTES) visit(message, cursor.start, at);
  }
};

/** A message that stands at most once: given again, it is merged, which is what its parts one behind the other are. */
export const mergedOf = (message: Uint8Array, field: number): Uint8Array | undefined => {
  const values = valuesOf(message, field);
  return values.length <= 1 ? values[0] : joinBytes(values);
};

// A mark in front of a name is part of the name.
const text = new TextDecoder('utf-8', { ignoreBOM: true });
export const decodeText = (bytes: Uint8Array): string => text.decode(bytes);

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

/** Values, with room for at least so many. */
const withRoom = <T extends Float32Array | Float64Array>(values: T, room: number, make: (length: number) => T): T => {
  if (room <= values.length) return values;
  const more = make(Math.max(room, 2 * values.length));
  more.set(values);
  return more;
};
/** Room for so many numbers is made at first: what a list of many thousands doubles a few times. */
const FIRST_ROOM = 1024;
const doubles = (length: number): Float64Array => new Float64Array(length);
const floats = (length: number): Float32Array => new Float32Array(length);

/** As `readInts`, for lists of many thousands in a field below 16, whose tag is a byte. */
export const readIntArray = (message: Uint8Array, field: number): Float64Array => {
  const { length } = message;
  const tag = (field << 3) | VARINT;
  let values = doubles(FIRST_ROOM);
  let count = 0;
  for (let at = 0; at < length; ) {
    if (count === values.length) values = withRoom(values, count + 1, doubles);
    // Most have up to three bytes.
    if (message[at] === tag && at + 3 < length) {
      const a = message[at + 1];
      const b = message[at + 2];
      const c = message[at + 3];
      if (a < 0x80) {
        values[count++] = a;
        at += 2;
        continue;
      }
      if (b < 0x80) {
        values[count++] = (b << 7) | (a & 0x7f);
        at += 3;
        continue;
      }
      if (c < 0x80) {
        values[count++] = (c << 14) | ((b & 0x7f) << 7) | (a & 0x7f);
        at += 4;
        continue;
      }
    }
    const cursor = new Cursor(message, at);
    cursor.next();
    at = cursor.end;
    if (cursor.field !== field || (cursor.wire !== VARINT && cursor.wire !== BYTES)) continue;
    values = withRoom(values, count + at - cursor.start, doubles);
    for (let from = cursor.start, place = from; place < at; place++) {
      if (message[place] >= 0x80) continue;
      values[count++] = intAt(message, from, place + 1);
      from = place + 1;
    }
  }
  return values.slice(0, count);
};

/** The numbers of 4 or 8 bytes of a repeated field below 16, packed or not. */
const readFixed = <T extends Float32Array | Float64Array>(
  message: Uint8Array,
  field: number,
  size: 4 | 8,
  make: (length: number) => T,
): T => {
  const { length } = message;
  const wire = size === 4 ? FIXED32 : FIXED64;
  const tag = (field << 3) | wire;
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  let values = make(FIRST_ROOM);
  let count = 0;
  for (let at = 0; at < length; ) {
    if (count === values.length) values = withRoom(values, count + 1, make);
    if (message[at] === tag && at + size < length) {
      values[count++] = size === 4 ? view.getFloat32(at + 1, true) : view.getFloat64(at + 1, true);
      at += 1 + size;
      continue;
    }
    const cursor = new Cursor(message, at);
    cursor.next();
    at = cursor.end;
    if (cursor.field !== field || (cursor.wire !== wire && cursor.wire !== BYTES)) continue;
    values = withRoom(values, count + Math.ceil((at - cursor.start) / size), make);
    for (let place = cursor.start; place + size <= at; place += size)
      values[count++] = size === 4 ? view.getFloat32(place, true) : view.getFloat64(place, true);
  }
  return values.slice(0, count) as T;
};
export const readFloats = (message: Uint8Array, field: number): Float32Array => readFixed(message, field, 4, floats);
export const readDoubles = (message: Uint8Array, field: number): Float64Array => readFixed(message, field, 8, doubles);

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

export const joinBytes = (parts: readonly Uint8Array[]): Uint8Array => {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
};
