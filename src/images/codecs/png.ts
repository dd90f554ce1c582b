/** PNG (ISO/IEC 15948): every colour type and depth, interlaced or not. Chunks that say nothing of pixels are passed over. */
import { type Bytes, readBytes } from '../bytes.ts';
import { badImage, type Channels, checkSize, halfFile, type Image } from '../image.ts';
import { inflate } from '../inflate.ts';
import type { Codec } from './codec.ts';
import { orientationAt } from './exif.ts';

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const PALETTE = 3;
/** Samples a pixel, by colour type. */
const samplesOf: Readonly<Record<number, Channels>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
const depthsOf: Readonly<Record<number, readonly number[]>> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
};

interface Layout {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly colour: number;
  readonly samples: Channels;
  readonly isInterlaced: boolean;
}

const layoutOf = (bytes: Bytes): Layout => {
  if (bytes.u32(8) !== 13 || bytes.text(12, 4) !== 'IHDR') throw halfFile('PNG');
  const [depth, colour, compression, filter, interlace] = [24, 25, 26, 27, 28].map((at) => bytes.u8(at));
  const samples = samplesOf[colour];
  if (!depthsOf[colour]?.includes(depth) || compression !== 0 || filter !== 0 || interlace > 1)
    throw badImage('a PNG file', `one of colour type ${colour} with ${depth} bits`);
  return { width: bytes.u32(16), height: bytes.u32(20), depth, colour, samples, isInterlaced: interlace === 1 };
};

/** Chunks by name; a file without its end is half a file. */
function* chunksOf(bytes: Bytes): Generator<{ readonly type: string; readonly at: number; readonly length: number }> {
  for (let at = 8; ; ) {
    const length = bytes.u32(at);
    const type = bytes.text(at + 4, 4);
    if (type === 'IEND') return;
    bytes.slice(at + 8, length + 4);
    yield { type, at: at + 8, length };
    at += length + 12;
  }
}

/** A picture within the picture: interlaced files have seven, the others one. */
interface Grid {
  readonly x: number;
  readonly y: number;
  readonly stepX: number;
  readonly stepY: number;
}
const WHOLE: readonly Grid[] = [{ x: 0, y: 0, stepX: 1, stepY: 1 }];
const ADAM7: readonly Grid[] = [
  { x: 0, y: 0, stepX: 8, stepY: 8 },
  { x: 4, y: 0, stepX: 8, stepY: 8 },
  { x: 0, y: 4, stepX: 4, stepY: 8 },
  { x: 2, y: 0, stepX: 4, stepY: 4 },
  { x: 0, y: 2, stepX: 2, stepY: 4 },
  { x: 1, y: 0, stepX: 2, stepY: 2 },
  { x: 0, y: 1, stepX: 1, stepY: 2 },
];

const paeth = (left: number, up: number, corner: number): number => {
  const guess = left + up - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
  return a <= b && a <= c ? left : b <= c ? up : corner;
};

/** Undoes the filter of a line in place. */
const unfilter = (line: Uint8Array, above: Uint8Array, filter: number, step: number): void => {
  if (filter > 4) throw halfFile('PNG');
  if (filter === 0) return;
  for (let i = 0; i < line.length; i++) {
    const left = i < step ? 0 : line[i - step];
    const up = above[i];
    if (filter === 1) line[i] += left;
    else if (filter === 2) line[i] += up;
    else if (filter === 3) line[i] += (left + up) >> 1;
    else line[i] += paeth(left, up, i < step ? 0 : above[i - step]);
  }
};

/** Samples of a line, as they are packed. */
const unpack = (line: Uint8Array, count: number, depth: number, to: Uint16Array): void => {
  if (depth === 8) for (let i = 0; i < count; i++) to[i] = line[i];
  else if (depth === 16) for (let i = 0; i < count; i++) to[i] = line[2 * i] * 256 + line[2 * i + 1];
  else {
    const mask = 2 ** depth - 1;
    for (let i = 0; i < count; i++) to[i] = (line[(i * depth) >> 3] >> (8 - depth - ((i * depth) & 7))) & mask;
  }
};

/** Raw samples, row by row: places in the palette, or levels of `depth` bits. */
const samplesFrom = (raw: Uint8Array, { width, height, depth, samples, isInterlaced }: Layout): Uint16Array => {
  const out = new Uint16Array(width * height * samples);
  const step = Math.max(1, (depth * samples) >> 3);
  let at = 0;
  for (const { x, y, stepX, stepY } of isInterlaced ? ADAM7 : WHOLE) {
    const columns = Math.ceil((width - x) / stepX);
    const rows = Math.ceil((height - y) / stepY);
    if (columns <= 0 || rows <= 0) continue;
    const bytes = Math.ceil((columns * samples * depth) / 8);
    let above: Uint8Array = new Uint8Array(bytes);
    const unpacked = new Uint16Array(columns * samples);
    for (let row = 0; row < rows; row++) {
      const line = raw.subarray(at + 1, at + 1 + bytes);
      unfilter(line, above, raw[at], step);
      unpack(line, unpacked.length, depth, unpacked);
      const start = (y + row * stepY) * width;
      for (let column = 0; column < columns; column++)
        for (let sample = 0; sample < samples; sample++)
          out[(start + x + column * stepX) * samples + sample] = unpacked[column * samples + sample];
      above = line;
      at += bytes + 1;
    }
  }
  return out;
};

/** Bytes of the inflated data: a filter byte before each line. */
const rawSize = ({ width, height, depth, samples, isInterlaced }: Layout): number =>
  (isInterlaced ? ADAM7 : WHOLE).reduce((sum, { x, y, stepX, stepY }) => {
    const columns = Math.max(0, Math.ceil((width - x) / stepX));
    const rows = Math.max(0, Math.ceil((height - y) / stepY));
    return columns === 0 ? sum : sum + rows * (1 + Math.ceil((columns * samples * depth) / 8));
  }, 0);

const throughPalette = (indices: Uint16Array, palette: Uint8Array, { width, height }: Layout): Image => {
  const data = new Uint8Array(width * height * 3);
  for (let pixel = 0; pixel < indices.length; pixel++) {
    const entry = indices[pixel] * 3;
    // A place behind the palette's end is black, as in libpng.
    for (let channel = 0; channel < 3; channel++) data[pixel * 3 + channel] = palette[entry + channel] ?? 0;
  }
  return { width, height, channels: 3, data };
};

/** Levels of one, two or four bits spread over 0 to 255. */
const toEight = (samples: Uint16Array, depth: number): Uint8Array => {
  if (depth === 8) return Uint8Array.from(samples);
  const factor = 255 / (2 ** depth - 1);
  return Uint8Array.from(samples, (level) => level * factor);
};

/** Alpha is kept where it is a channel; the colour that tRNS makes transparent stays a colour, and 16 bits stay 16. */
const decode = (file: Uint8Array): Image => {
  const bytes = readBytes(file, 'PNG');
  const layout = layoutOf(bytes);
  const data: Uint8Array[] = [];
  let palette: Uint8Array | undefined;
  for (const { type, at, length } of chunksOf(bytes)) {
    if (type === 'IDAT') data.push(bytes.slice(at, length));
    else if (type === 'PLTE') palette = bytes.slice(at, Math.min(length, 768));
  }
  const samples = samplesFrom(inflate(data, rawSize(layout), 'PNG'), layout);
  const { width, height, samples: channels, depth } = layout;
  if (layout.colour === PALETTE) {
    if (palette === undefined) throw halfFile('PNG');
    return throughPalette(samples, palette, layout);
  }
  return { width, height, channels, data: depth === 16 ? samples : toEight(samples, depth) };
};

export const png: Codec = {
  name: 'PNG',
  matches: (file) => SIGNATURE.every((byte, at) => file[at] === byte),
  header(file, limits) {
    const bytes = readBytes(file, 'PNG');
    const { width, height } = layoutOf(bytes);
    checkSize('PNG', width, height, limits);
    let orientation = 1;
    for (const { type, at } of chunksOf(bytes)) if (type === 'eXIf') orientation = orientationAt(bytes, at);
    return { width, height, orientation };
  },
  load: async () => decode,
};
