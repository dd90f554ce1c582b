/** Fields of messages, written. Web-standard. */
import { BYTES, joinBytes, VARINT } from './protobuf.ts';

const writeVarint = (value: number): number[] => {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) | 128);
    rest = Math.floor(rest / 128);
  }
  return [...bytes, rest];
};

/** What stands before the bytes of a length-delimited field. */
export const writeHead = (field: number, length: number): Uint8Array =>
  Uint8Array.from([...writeVarint(field * 8 + BYTES), ...writeVarint(length)]);

/** A length-delimited field (text, bytes or a message). */
export const writeBytes = (field: number, value: Uint8Array | string): Uint8Array => {
  const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value;
  return joinBytes([writeHead(field, bytes.length), bytes]);
};

export const writeInt = (field: number, value: number): Uint8Array =>
  Uint8Array.from([...writeVarint(field * 8 + VARINT), ...writeVarint(value)]);
