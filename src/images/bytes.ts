/** Reading numbers out of a file that may be damaged: nothing is read behind its end. */
import { halfFile } from './image.ts';

export interface Bytes {
  readonly length: number;
  u8(at: number): number;
  u16(at: number, little?: boolean): number;
  u32(at: number, little?: boolean): number;
  i32(at: number, little?: boolean): number;
  /** A view, without a copy. */
  slice(at: number, length: number): Uint8Array;
  /** Characters of one byte each. */
  text(at: number, length: number): string;
}

/** @throws BAD_IMAGE, by every reader, for places outside the file. */
export const readBytes = (file: Uint8Array, format: string): Bytes => {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const within = (at: number, length: number): number => {
    if (!(at >= 0 && length >= 0 && at + length <= file.length)) throw halfFile(format);
    return at;
  };
  const slice = (at: number, length: number): Uint8Array => file.subarray(within(at, length), at + length);
  return {
    length: file.length,
    u8: (at) => view.getUint8(within(at, 1)),
    u16: (at, little) => view.getUint16(within(at, 2), little),
    u32: (at, little) => view.getUint32(within(at, 4), little),
    i32: (at, little) => view.getInt32(within(at, 4), little),
    slice,
    text: (at, length) => String.fromCharCode(...slice(at, length)),
  };
};
