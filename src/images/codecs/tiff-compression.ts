/** How strips and tiles of TIFF are compressed. Each gives exactly `size` bytes; lines that a file lacks make it half a file. */
import { halfFile } from '../image.ts';
import { inflate } from '../inflate.ts';
import { unpackBits } from './pack-bits.ts';

export type Decompress = (packed: Uint8Array, size: number) => Uint8Array;

const plain: Decompress = (packed, size) => {
  if (packed.length < size) throw halfFile('TIFF');
  return packed;
};

const CLEAR = 256;
const END = 257;
const MOST_CODES = 4096;

/** TIFF's LZW (section 13): codes of 9 to 12 bits from the high end, one code earlier than in GIF. */
const lzw: Decompress = (packed, size) => {
  const out = new Uint8Array(size);
  // Where the bytes of a code stand in what was written, and how many they are.
  const starts = new Int32Array(MOST_CODES);
  const lengths = new Int32Array(MOST_CODES);
  let [to, next, width, bits, held] = [0, END + 1, 9, 0, 0];
  let last: { readonly start: number; readonly length: number } | undefined;
  for (let at = 0; to < size; ) {
    while (bits < width && at < packed.length) {
      held = ((held << 8) | packed[at++]) & 0xffffff;
      bits += 8;
    }
    if (bits < width) break;
    const code = (held >> (bits - width)) & (2 ** width - 1);
    bits -= width;
    if (code === END) break;
    if (code === CLEAR) {
      [next, width, last] = [END + 1, 9, undefined];
      continue;
    }
    if (code > next || (code === next && last === undefined)) throw halfFile('TIFF');
    const start = to;
    if (code < CLEAR) out[to++] = code;
    else {
      // The code that is about to be made is the last one and its own first byte.
      const from = code === next ? (last?.start ?? 0) : starts[code];
      const length = code === next ? (last?.length ?? 0) + 1 : lengths[code];
      for (let i = 0; i < length && to < size; i++) out[to++] = out[from + i];
    }
    if (last !== undefined && next < MOST_CODES) {
      starts[next] = last.start;
      lengths[next] = last.length + 1;
      next++;
    }
    last = { start, length: to - start };
    if (next + 1 >= 2 ** width && width < 12) width++;
  }
  if (to < size) throw halfFile('TIFF');
  return out;
};

const packBits: Decompress = (packed, size) => unpackBits(packed, size, 'TIFF');
const deflate: Decompress = (packed, size) => inflate([packed], size, 'TIFF');

/** By the number that stands in the file. */
export const decompressors: Readonly<Record<number, Decompress>> = {
  1: plain,
  5: lzw,
  8: deflate,
  32946: deflate,
  32773: packBits,
};
