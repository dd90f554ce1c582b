/** Whether a file is the beginning of an ONNX model, without its end (onnx.proto3, message ModelProto). */
import type { Peek } from './peek.ts';

/** Its fields: versions, producer, domain, texts, the graph, opsets, metadata, training, functions, devices. */
const FIELDS: ReadonlySet<number> = new Set([1, 2, 3, 4, 5, 6, 7, 8, 14, 20, 25, 26]);
const [VARINT, BYTES] = [0, 2];
const VARINT_BYTES = 8;
/** Of the intermediate representation: 13 by 2026. */
const MAX_VERSION = 64;

/** The number at a place, and where it ends; undefined where it is cut off. */
const varint = (text: string, at: number): readonly [number, number] | undefined => {
  let value = 0;
  for (let count = 0; count < VARINT_BYTES && at + count < text.length; count++) {
    const byte = text.charCodeAt(at + count);
    value += (byte & 127) * 128 ** count;
    if (byte < 128) return [value, at + count + 1];
  }
  return undefined;
};

/** It begins with its version, as all that write ONNX have it, and a field of it says that it goes on behind the end. */
export const isCutOnnx = ({ head, bytes }: Peek): boolean => {
  if (!head.startsWith('\x08') || !(head.charCodeAt(1) > 0 && head.charCodeAt(1) < MAX_VERSION)) return false;
  for (let at = 0; at < head.length; ) {
    const tag = varint(head, at);
    if (tag === undefined || !FIELDS.has(tag[0] >>> 3)) return false;
    const value = varint(head, tag[1]);
    if (value === undefined) return false;
    const wire = tag[0] & 7;
    if (wire !== VARINT && wire !== BYTES) return false;
    at = value[1] + (wire === BYTES ? value[0] : 0);
    if (at > bytes) return true;
  }
  return false;
};
