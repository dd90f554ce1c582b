/** Messages of which one field is changed without understanding the rest: all are cut out as raw bytes and put back as they were. */
import { Cursor, VARINT } from './protobuf.ts';

/** One field as it stands: its number, wire type, value (length-delimited: the bytes; varint: the number), raw bytes. */
export interface WireField {
  readonly field: number;
  readonly wire: number;
  readonly bytes: Uint8Array;
  readonly value: number;
  /** What an enum or int32 takes of a varint: its low 32 bits, signed, whatever stands above them. */
  readonly int32: number;
  readonly raw: Uint8Array;
}

/** All fields of one message, in order. @throws BAD_MODEL where the bytes are no message */
export const readMessage = (message: Uint8Array): readonly WireField[] => {
  const fields: WireField[] = [];
  const at = new Cursor(message);
  while (at.next()) {
    const { field, wire, tagStart, end, value, int32 } = at;
    const bytes = wire === VARINT ? message.subarray(0, 0) : at.bytes();
    fields.push({
      field,
      wire,
      bytes,
      value: wire === VARINT ? value : 0,
      int32: wire === VARINT ? int32 : 0,
      raw: message.subarray(tagStart, end),
    });
  }
  return fields;
};
