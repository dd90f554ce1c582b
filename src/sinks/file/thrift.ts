/**
 * Thrift's compact protocol, as far as Parquet's footer needs it: read into a tree, changed, and written again.
 * https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
 */

const TRUE = 1;
const FALSE = 2;
const BYTE = 3;
const I16 = 4;
const I32 = 5;
const I64 = 6;
const DOUBLE = 7;
const BINARY = 8;
const LIST = 9;
const SET = 10;
const STRUCT = 12;

export interface ThriftList {
  readonly element: number;
  readonly items: readonly ThriftValue[];
}
export interface ThriftField {
  readonly id: number;
  readonly type: number;
  value: ThriftValue;
}
export type ThriftStruct = readonly ThriftField[];
/** Integers are bigints; booleans lie in the type of their field. */
export type ThriftValue = bigint | Buffer | ThriftList | ThriftStruct | null;

export const readStruct = (bytes: Buffer): ThriftStruct => {
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++];
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const zigzag = (): bigint => {
    const value = varint();
    return (value >> 1n) ^ -(value & 1n);
  };
  const slice = (size: number): Buffer => {
    at += size;
    return bytes.subarray(at - size, at);
  };
  const value = (type: number, inList: boolean): ThriftValue => {
    switch (type) {
      case TRUE:
      case FALSE:
        return inList ? BigInt(bytes[at++]) : null;
      case BYTE:
        return BigInt(bytes[at++]);
      case I16:
      case I32:
      case I64:
        return zigzag();
      case DOUBLE:
        return slice(8);
      case BINARY:
        return slice(Number(varint()));
      case LIST:
      case SET: {
        const head = bytes[at++];
        const size = head >> 4 === 15 ? Number(varint()) : head >> 4;
        const element = head & 15;
        return { element, items: Array.from({ length: size }, () => value(element, true)) };
      }
      case STRUCT:
        return struct();
      default:
        throw new Error(`thrift type ${type} has no place in a Parquet footer`);
    }
  };
  const struct = (): ThriftStruct => {
    const fields: ThriftField[] = [];
    let id = 0;
    for (;;) {
      const head = bytes[at++];
      if (head === undefined) throw new Error('the footer ends too early');
      if (head === 0) return fields;
      const type = head & 15;
      id = head >> 4 === 0 ? Number(zigzag()) : id + (head >> 4);
      fields.push({ id, type, value: value(type, false) });
    }
  };
  return struct();
};

export const writeStruct = (root: ThriftStruct): Buffer => {
  const parts: Buffer[] = [];
  const byte = (one: number): void => {
    parts.push(Buffer.of(one));
  };
  const varint = (value: bigint): void => {
    const out: number[] = [];
    let rest = value;
    do {
      const low = Number(rest & 0x7fn);
      rest >>= 7n;
      out.push(rest === 0n ? low : low | 0x80);
    } while (rest !== 0n);
    parts.push(Buffer.from(out));
  };
  const zigzag = (value: bigint): void => varint(value < 0n ? (-value << 1n) - 1n : value << 1n);
  const put = (type: number, value: ThriftValue, inList: boolean): void => {
    switch (type) {
      case TRUE:
      case FALSE:
        if (inList) byte(Number(value));
        return;
      case BYTE:
        byte(Number(value));
        return;
      case I16:
      case I32:
      case I64:
        zigzag(value as bigint);
        return;
      case DOUBLE:
        parts.push(value as Buffer);
        return;
      case BINARY:
        varint(BigInt((value as Buffer).length));
        parts.push(value as Buffer);
        return;
      case LIST:
      case SET: {
        const { element, items } = value as ThriftList;
        byte((Math.min(items.length, 15) << 4) | element);
        if (items.length >= 15) varint(BigInt(items.length));
        for (const item of items) put(element, item, true);
        return;
      }
      case STRUCT:
        struct(value as ThriftStruct);
        return;
      default:
        throw new Error(`thrift type ${type} has no place in a Parquet footer`);
    }
  };
  const struct = (fields: ThriftStruct): void => {
    let before = 0;
    for (const { id, type, value } of fields) {
      const delta = id - before;
      if (delta > 0 && delta <= 15) byte((delta << 4) | type);
      else {
        byte(type);
        zigzag(BigInt(id));
      }
      before = id;
      put(type, value, false);
    }
    byte(0);
  };
  struct(root);
  return Buffer.concat(parts);
};

export const fieldOf = (struct: ThriftStruct, id: number): ThriftField | undefined =>
  struct.find((field) => field.id === id);
