/** WebP (RFC 9649), lossy and lossless, by libwebp as WebAssembly: Pillow's decoder. */
import { type Bytes, readBytes } from '../bytes.ts';
import { badImage, checkSize, halfFile } from '../image.ts';
import type { Codec, ImageHeader } from './codec.ts';
import { orientationAt } from './exif.ts';
import { createDecoder, type WasmFiles } from './wasm.ts';

const ANIMATED = 2;

const u24 = (bytes: Bytes, at: number): number => bytes.u16(at, true) + bytes.u8(at + 2) * 65_536;

/** Exif of the extended format: chunks follow one another, each of an even length. */
const orientationOf = (bytes: Bytes): number => {
  for (let at = 12; at + 8 <= bytes.length; ) {
    const length = bytes.u32(at + 4, true);
    if (bytes.text(at, 4) === 'EXIF') {
      const hasPrefix = length > 6 && bytes.text(at + 8, 4) === 'Exif';
      return orientationAt(bytes, at + 8 + (hasPrefix ? 6 : 0));
    }
    at += 8 + length + (length & 1);
  }
  return 1;
};

const headerOf = (bytes: Bytes): ImageHeader => {
  if (bytes.u32(4, true) + 8 > bytes.length) throw halfFile('WebP');
  const kind = bytes.text(12, 4);
  if (kind === 'VP8 ')
    return { width: bytes.u16(26, true) & 0x3fff, height: bytes.u16(28, true) & 0x3fff, orientation: 1 };
  if (kind === 'VP8L') {
    const bits = bytes.u32(21, true);
    return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1, orientation: 1 };
  }
  if (kind !== 'VP8X') throw halfFile('WebP');
  if (bytes.u8(20) & ANIMATED) throw badImage('a WebP file of one picture', 'an animation');
  return { width: u24(bytes, 24) + 1, height: u24(bytes, 27) + 1, orientation: orientationOf(bytes) };
};

export const webpCodec = (files: WasmFiles): Codec => ({
  name: 'WebP',
  matches: (file) =>
    file.length > 15 && String.fromCharCode(...file.subarray(0, 4), ...file.subarray(8, 12)) === 'RIFFWEBP',
  header(file, limits) {
    const header = headerOf(readBytes(file, 'WebP'));
    checkSize('WebP', header.width, header.height, limits);
    return header;
  },
  ...createDecoder('WebP', [], files.webp),
});
