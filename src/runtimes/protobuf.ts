/**
 * Just enough of the protocol buffers wire format to look into an ONNX file and change one node of it without
 * understanding the rest: fields are cut out as raw bytes and put back as they were. Web-standard.
 * Source: https://protobuf.dev/programming-guides/encoding
 */
import { fail } from '../core/errors.ts';

/** One field as it stands: its number, wire type, value (length-delimited: the bytes; varint: the number), raw bytes. */
export interface WireField {
  readonly field: number;
  readonly wire: number;
  readonly bytes: Uint8Array;
  readonly value: number;
  readonly raw: Uint8Array;
}

const truncated = () =>
  fail('BAD_MODEL', 'The model file is cut off or is not an ONNX file.', { expected: 'an ONNX ModelProto' });

/** The fields of one message, in order, as they are asked for. Throws BAD_MODEL where the bytes are no message. */
export function* fieldsOf(message: Uint8Array): Generator<WireField> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    let scale = 1;
    for (let count = 0; count < 10; count++) {
      if (at >= message.length) throw truncated();
      const byte = message[at++];
      value += (byte & 0x7f) * scale;
      scale *= 128;
      if (byte < 0x80) return value;
    }
    throw truncated();
  };
  while (at < message.length) {
    const start = at;
    const tag = varint();
    const wire = tag % 8;
    const field = Math.floor(tag / 8);
    let bytes: Uint8Array = message.subarray(0, 0);
    let value = 0;
    if (wire === 0) value = varint();
    else if (wire === 2 || wire === 1 || wire === 5) {
      const length = wire === 2 ? varint() : wire === 1 ? 8 : 4;
      if (at + length > message.length) throw truncated();
      bytes = message.subarray(at, at + length);
      at += length;
    } else throw truncated();
    if (field === 0) throw truncated();
    yield { field, wire, bytes, value, raw: message.subarray(start, at) };
  }
}

/** All fields of one message. */
export const readMessage = (message: Uint8Array): readonly WireField[] => [...fieldsOf(message)];

const text = new TextDecoder();
export const decodeText = (bytes: Uint8Array): string => text.decode(bytes);

/** The 64-bit integers of packed varints; a number for each, as the readers of an ONNX file need none past 2^53. */
const unpack = (bytes: Uint8Array): readonly number[] => {
  const values: number[] = [];
  let current = 0n;
  let shift = 0n;
  for (const byte of bytes) {
    current |= BigInt(byte & 0x7f) << shift;
    shift += 7n;
    if (byte >= 0x80) continue;
    values.push(Number(BigInt.asIntN(64, current)));
    current = 0n;
    shift = 0n;
  }
  return values;
};

/** The integers of a repeated int field, packed or not. */
export const readInts = (fields: readonly WireField[], field: number): readonly number[] =>
  fields
    .filter((candidate) => candidate.field === field)
    // A value that is not packed stands behind its tag.
    .flatMap(({ wire, bytes, raw }) => unpack(wire === 2 ? bytes : raw.subarray(tagLength(raw))));

const tagLength = (raw: Uint8Array): number => raw.findIndex((byte) => byte < 0x80) + 1;

const writeVarint = (value: number): number[] => {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) | 128);
    rest = Math.floor(rest / 128);
  }
  return [...bytes, rest];
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

/** A length-delimited field (text, bytes or a message). */
export const writeBytes = (field: number, value: Uint8Array | string): Uint8Array => {
  const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value;
  return joinBytes([Uint8Array.from([...writeVarint(field * 8 + 2), ...writeVarint(bytes.length)]), bytes]);
};

export const writeInt = (field: number, value: number): Uint8Array =>
  Uint8Array.from([...writeVarint(field * 8), ...writeVarint(value)]);
