/**
 * TIFF 6.0, its first page: grey, palette and RGB, 1 to 16 bits, in strips or tiles, plain, PackBits, LZW or Deflate. What
 * else there is (CCITT, JPEG in TIFF, floats, CMYK, planes apart) is refused by name.
 */
import { type Bytes, readBytes } from '../bytes.ts';
import { badImage, type Channels, checkSize, halfFile, type Image, type ImageLimits } from '../image.ts';
import type { Codec } from './codec.ts';
import { decompressors } from './tiff-compression.ts';

const tags = {
  width: 256,
  height: 257,
  bits: 258,
  compression: 259,
  photometric: 262,
  stripOffsets: 273,
  orientation: 274,
  samples: 277,
  rowsPerStrip: 278,
  stripBytes: 279,
  planes: 284,
  predictor: 317,
  palette: 320,
  tileWidth: 322,
  tileHeight: 323,
  tileOffsets: 324,
  tileBytes: 325,
  format: 339,
} as const;
type Tag = keyof typeof tags;

const MOST_VALUES = 1_000_000;
const WHITE_IS_ZERO = 0;
const RGB = 2;
const THROUGH_PALETTE = 3;
/** Bytes of a value, by its type: of unsigned integers, which is all that is read here. */
const widths: Readonly<Record<number, number>> = { 1: 1, 3: 2, 4: 4 };

interface Directory {
  readonly little: boolean;
  numbers(tag: Tag): readonly number[];
  one(tag: Tag, otherwise?: number): number;
}

const directoryOf = (bytes: Bytes): Directory => {
  const little = bytes.text(0, 2) === 'II';
  const start = bytes.u32(4, little);
  const places = new Map<number, number>();
  const entries = bytes.u16(start, little);
  for (let entry = 0; entry < entries; entry++) {
    const at = start + 2 + entry * 12;
    places.set(bytes.u16(at, little), at);
  }
  const numbers = (tag: Tag): readonly number[] => {
    const at = places.get(tags[tag]);
    if (at === undefined) return [];
    const width = widths[bytes.u16(at + 2, little)];
    const count = bytes.u32(at + 4, little);
    if (width === undefined || count > MOST_VALUES) throw halfFile('TIFF');
    const from = width * count <= 4 ? at + 8 : bytes.u32(at + 8, little);
    bytes.slice(from, width * count);
    const read = width === 1 ? bytes.u8 : width === 2 ? bytes.u16 : bytes.u32;
    return Array.from({ length: count }, (_, index) => read(from + index * width, little));
  };
  const one = (tag: Tag, otherwise?: number): number => {
    const value = numbers(tag)[0] ?? otherwise;
    if (value === undefined) throw halfFile('TIFF');
    return value;
  };
  return { little, numbers, one };
};

/** A part of the picture that is compressed by itself: a strip is a tile as wide as the picture. */
interface Tiling {
  readonly width: number;
  readonly height: number;
  readonly offsets: readonly number[];
  readonly bytes: readonly number[];
}

const tilingOf = ({ numbers, one }: Directory, width: number, height: number): Tiling => {
  const tile = numbers('tileWidth')[0];
  if (tile !== undefined)
    return { width: tile, height: one('tileHeight'), offsets: numbers('tileOffsets'), bytes: numbers('tileBytes') };
  return {
    width,
    height: Math.min(height, one('rowsPerStrip', height)),
    offsets: numbers('stripOffsets'),
    bytes: numbers('stripBytes'),
  };
};

interface Layout {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly samples: Channels;
  readonly photometric: number;
  readonly predictor: number;
  readonly compression: number;
  readonly tiling: Tiling;
}

/** @throws BAD_IMAGE for what is not read */
const layoutOf = (directory: Directory, limits: ImageLimits): Layout => {
  const { numbers, one } = directory;
  const [width, height] = [one('width'), one('height')];
  checkSize('TIFF', width, height, limits);
  const depth = one('bits', 1);
  const samples = one('samples', 1);
  const [photometric, predictor, compression] = [one('photometric'), one('predictor', 1), one('compression', 1)];
  const refuse = (expected: string, got: string) => badImage(`a TIFF file ${expected}`, got);
  if (photometric > THROUGH_PALETTE)
    throw refuse('of grey, RGB or palette', `photometric interpretation ${photometric}`);
  if (![1, 2, 4, 8, 16].includes(depth) || numbers('bits').some((bits) => bits !== depth))
    throw refuse('of 1 to 16 bits a sample', `${numbers('bits').join(', ')} bits`);
  if (one('format', 1) !== 1) throw refuse('of unsigned integers', `sample format ${one('format', 1)}`);
  if (samples < 1 || samples > 4 || (photometric === RGB) !== samples > 2 || (samples > 1 && depth < 8))
    throw refuse('of 1 to 4 samples a pixel', `${samples} samples`);
  if (samples > 1 && one('planes', 1) !== 1) throw refuse('with samples side by side', 'one with planes apart');
  if (predictor > 2 || (predictor === 2 && depth < 8)) throw refuse('with a known predictor', `predictor ${predictor}`);
  if (decompressors[compression] === undefined)
    throw refuse('that is plain, PackBits, LZW or Deflate', `compression ${compression}`);
  const tiling = tilingOf(directory, width, height);
  if (tiling.width < 1 || tiling.height < 1) throw halfFile('TIFF');
  // A tile may be wider than the picture, and is inflated whole.
  checkSize('TIFF', tiling.width, tiling.height, limits);
  const count = Math.ceil(width / tiling.width) * Math.ceil(height / tiling.height);
  if (tiling.offsets.length < count || tiling.bytes.length < count) throw halfFile('TIFF');
  return { width, height, depth, samples: samples as Channels, photometric, predictor, compression, tiling };
};

/** Samples of one line of a tile, its predictor undone. */
const readLine = (
  raw: Uint8Array,
  at: number,
  line: Uint16Array,
  { depth, samples, predictor }: Layout,
  little: boolean,
): void => {
  if (depth === 16) {
    for (let i = 0; i < line.length; i++) {
      const [low, high] = little ? [raw[at + 2 * i], raw[at + 2 * i + 1]] : [raw[at + 2 * i + 1], raw[at + 2 * i]];
      line[i] = high * 256 + low;
    }
  } else {
    const mask = 2 ** depth - 1;
    for (let i = 0; i < line.length; i++)
      line[i] = (raw[at + ((i * depth) >> 3)] >> (8 - depth - ((i * depth) & 7))) & mask;
  }
  if (predictor !== 2) return;
  const most = 2 ** depth - 1;
  for (let i = samples; i < line.length; i++) line[i] = (line[i] + line[i - samples]) & most;
};

const samplesFrom = (bytes: Bytes, layout: Layout, little: boolean): Uint16Array => {
  const { width, height, depth, samples, compression, tiling } = layout;
  const out = new Uint16Array(width * height * samples);
  const across = Math.ceil(width / tiling.width);
  const down = Math.ceil(height / tiling.height);
  const stride = Math.ceil((tiling.width * samples * depth) / 8);
  const line = new Uint16Array(tiling.width * samples);
  for (let tile = 0; tile < across * down; tile++) {
    const left = (tile % across) * tiling.width;
    const top = Math.floor(tile / across) * tiling.height;
    const isTiled = tiling.width !== width || tiling.height === height;
    const rows = isTiled ? tiling.height : Math.min(tiling.height, height - top);
    const packed = bytes.slice(tiling.offsets[tile], tiling.bytes[tile]);
    const raw = decompressors[compression](packed, rows * stride);
    const columns = Math.min(tiling.width, width - left) * samples;
    for (let row = 0; row < Math.min(rows, height - top); row++) {
      readLine(raw, row * stride, line, layout, little);
      out.set(columns === line.length ? line : line.subarray(0, columns), ((top + row) * width + left) * samples);
    }
  }
  return out;
};

const decode = (file: Uint8Array): Image => {
  const bytes = readBytes(file, 'TIFF');
  const directory = directoryOf(bytes);
  const layout = layoutOf(directory, { bytes: file.length, pixels: Infinity });
  const { width, height, depth, samples: channels, photometric } = layout;
  const samples = samplesFrom(bytes, layout, directory.little);
  const most = 2 ** depth - 1;
  if (photometric === THROUGH_PALETTE) {
    const palette = directory.numbers('palette');
    const data = new Uint8Array(width * height * 3);
    for (let pixel = 0; pixel < samples.length; pixel++)
      for (let channel = 0; channel < 3; channel++)
        data[pixel * 3 + channel] = (palette[channel * (most + 1) + samples[pixel]] ?? 0) >> 8;
    return { width, height, channels: 3, data };
  }
  if (photometric === WHITE_IS_ZERO) for (let i = 0; i < samples.length; i++) samples[i] = most - samples[i];
  if (depth === 16) return { width, height, channels, data: samples };
  return { width, height, channels, data: Uint8Array.from(samples, (level) => (level * 255) / most) };
};

export const tiff: Codec = {
  name: 'TIFF',
  matches: (file) =>
    (file[0] === 0x49 && file[1] === 0x49 && file[2] === 42 && file[3] === 0) ||
    (file[0] === 0x4d && file[1] === 0x4d && file[2] === 0 && file[3] === 42),
  header(file, limits) {
    const directory = directoryOf(readBytes(file, 'TIFF'));
    const { width, height } = layoutOf(directory, limits);
    const orientation = directory.one('orientation', 1);
    return { width, height, orientation: orientation >= 1 && orientation <= 8 ? orientation : 1 };
  },
  load: async () => decode,
};
