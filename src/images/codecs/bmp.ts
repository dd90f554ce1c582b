/** BMP, the Windows bitmap: 1, 4, 8, 16, 24 and 32 bits, palettes, bit fields, bottom-up and top-down; not the run-length ones. */
import { type Bytes, readBytes } from '../bytes.ts';
import { badImage, checkSize, type Image } from '../image.ts';
import type { Codec } from './codec.ts';

const PLAIN = 0;
const FIELDS = 3;
const ALPHA_FIELDS = 6;

interface Layout {
  readonly width: number;
  readonly height: number;
  readonly isTopDown: boolean;
  readonly bits: number;
  readonly compression: number;
  /** Where the header of the bitmap ends, and the pixels begin. */
  readonly headerEnd: number;
  readonly pixelsAt: number;
  /** Bytes of a palette entry, and how many there are. */
  readonly entry: 3 | 4;
  readonly colours: number;
}

const layoutOf = (bytes: Bytes): Layout => {
  const size = bytes.u32(14, true);
  const isOld = size === 12;
  const width = isOld ? bytes.u16(18, true) : bytes.i32(18, true);
  const tall = isOld ? bytes.u16(20, true) : bytes.i32(22, true);
  const bits = bytes.u16(isOld ? 24 : 28, true);
  const compression = isOld ? PLAIN : bytes.u32(30, true);
  const colours = (isOld ? 0 : bytes.u32(46, true)) || 2 ** bits;
  const isPlain = compression === PLAIN && [1, 4, 8, 16, 24, 32].includes(bits);
  const hasFields = (compression === FIELDS || compression === ALPHA_FIELDS) && (bits === 16 || bits === 32);
  if (!isPlain && !hasFields)
    throw badImage('a BMP file without compression', `one of ${bits} bits with compression ${compression}`);
  return {
    width,
    height: Math.abs(tall),
    isTopDown: tall < 0,
    bits,
    compression,
    headerEnd: 14 + size,
    pixelsAt: bytes.u32(10, true),
    entry: isOld ? 3 : 4,
    colours,
  };
};

/** Reads one channel out of a pixel's bits: shifted, and spread over 0 to 255. */
const channelOf = (mask: number): ((pixel: number) => number) => {
  if (mask === 0) return () => 0;
  const shift = 31 - Math.clz32(mask & -mask);
  const most = mask >>> shift;
  return (pixel) => Math.floor((((pixel & mask) >>> shift) * 255) / most);
};

const masksOf = (bytes: Bytes, { compression, bits }: Layout): readonly number[] => {
  if (compression !== PLAIN) return [54, 58, 62].map((at) => bytes.u32(at, true));
  return bits === 16 ? [0x7c00, 0x03e0, 0x001f] : [0xff0000, 0x00ff00, 0x0000ff];
};

const decode = (file: Uint8Array): Image => {
  const bytes = readBytes(file, 'BMP');
  const layout = layoutOf(bytes);
  const { width, height, bits, pixelsAt, entry, colours, headerEnd, isTopDown } = layout;
  const stride = Math.ceil((width * bits) / 32) * 4;
  const data = new Uint8Array(width * height * 3);
  const palette = bits <= 8 ? bytes.slice(headerEnd, Math.min(colours, 2 ** bits) * entry) : undefined;
  const channels = bits === 16 || bits === 32 ? masksOf(bytes, layout).map(channelOf) : undefined;
  for (let y = 0; y < height; y++) {
    const line = bytes.slice(pixelsAt + (isTopDown ? y : height - 1 - y) * stride, Math.ceil((width * bits) / 8));
    for (let x = 0; x < width; x++) {
      const to = (y * width + x) * 3;
      if (palette) {
        const index = (line[(x * bits) >> 3] >> (8 - bits - ((x * bits) & 7))) & (2 ** bits - 1);
        for (let channel = 0; channel < 3; channel++) data[to + channel] = palette[index * entry + 2 - channel] ?? 0;
      } else if (channels) {
        const at = (x * bits) >> 3;
        const pixel =
          bits === 16
            ? line[at] | (line[at + 1] << 8)
            : line[at] | (line[at + 1] << 8) | (line[at + 2] << 16) | (line[at + 3] << 24);
        for (let channel = 0; channel < 3; channel++) data[to + channel] = channels[channel](pixel);
      } else for (let channel = 0; channel < 3; channel++) data[to + channel] = line[x * 3 + 2 - channel];
    }
  }
  return { width, height, channels: 3, data };
};

export const bmp: Codec = {
  name: 'BMP',
  matches: (file) => file[0] === 0x42 && file[1] === 0x4d,
  header(file, limits) {
    const { width, height } = layoutOf(readBytes(file, 'BMP'));
    checkSize('BMP', width, height, limits);
    return { width, height, orientation: 1 };
  },
  load: async () => decode,
};
