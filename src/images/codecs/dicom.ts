/**
 * DICOM (PS3.5, PS3.3 C.7.6.3 and C.11), the first frame: uncompressed in either byte order, RLE, and JPEG Baseline. Of the
 * rest of the file nothing is read: who was pictured is nobody's business here.
 */
import type { DataSet, Element } from 'dicom-parser';
import type { PixelMode } from '../../core/images.ts';
import { readBytes } from '../bytes.ts';
import { badImage, checkSize, halfFile, type Image } from '../image.ts';
import type { Codec, Decode } from './codec.ts';
import { unpackBits } from './pack-bits.ts';

const PIXELS = 'x7fe00010';
const BIG_ENDIAN = '1.2.840.10008.1.2.2';
const RLE = '1.2.840.10008.1.2.5';
const JPEG = '1.2.840.10008.1.2.4.50';
const plain = ['1.2.840.10008.1.2', '1.2.840.10008.1.2.1', BIG_ENDIAN];

/** What the picture's own elements say. */
interface Layout {
  readonly width: number;
  readonly height: number;
  readonly samples: 1 | 3;
  readonly isInverted: boolean;
  /** Samples of a colour in planes, one after another. */
  readonly isPlanar: boolean;
  readonly allocated: 8 | 16;
  readonly stored: number;
  readonly isSigned: boolean;
  readonly slope: number;
  readonly intercept: number;
  readonly window: { readonly centre: number; readonly width: number } | undefined;
  readonly syntax: string;
  readonly pixels: Element;
}

const refuse = (expected: string, got: string) => badImage(`a DICOM file ${expected}`, got);

const layoutOf = (set: DataSet): Layout => {
  const need = (tag: string): number => {
    const value = set.uint16(tag);
    if (value === undefined) throw halfFile('DICOM');
    return value;
  };
  const pixels = set.elements[PIXELS];
  if (pixels === undefined) throw refuse('with a picture', 'one without pixels');
  const syntax = set.string('x00020010') ?? plain[0];
  if (![...plain, RLE, JPEG].includes(syntax))
    throw refuse('without compression, with RLE or with JPEG Baseline', `transfer syntax ${syntax}`);
  const samples = set.uint16('x00280002') ?? 1;
  const photometric = set.string('x00280004') ?? '';
  const isGrey = samples === 1 && /^MONOCHROME[12]$/.test(photometric);
  const isColour = samples === 3 && (photometric === 'RGB' || (syntax === JPEG && photometric.startsWith('YBR')));
  if (!isGrey && !isColour) throw refuse('of grey or RGB', `${photometric} of ${samples} samples`);
  const allocated = need('x00280100');
  if ((allocated !== 8 && allocated !== 16) || (samples === 3 && allocated !== 8))
    throw refuse('of 8 or 16 bits', `${allocated} bits of ${samples} samples`);
  const stored = Math.min(set.uint16('x00280101') ?? allocated, allocated);
  const [centre, width] = [set.floatString('x00281050'), set.floatString('x00281051')];
  return {
    width: need('x00280011'),
    height: need('x00280010'),
    samples,
    isInverted: photometric === 'MONOCHROME1',
    isPlanar: set.uint16('x00280006') === 1,
    allocated,
    stored: stored < 1 ? allocated : stored,
    isSigned: set.uint16('x00280103') === 1,
    slope: set.floatString('x00281053') ?? 1,
    intercept: set.floatString('x00281052') ?? 0,
    window: centre !== undefined && width !== undefined && width > 1 ? { centre, width } : undefined,
    syntax,
    pixels,
  };
};

const load = async () => {
  const { default: parser } = await import('dicom-parser');
  return (file: Uint8Array): { readonly set: DataSet; readonly layout: Layout } => {
    let set: DataSet;
    try {
      set = parser.parseDicom(file);
    } catch {
      throw halfFile('DICOM');
    }
    return { set, layout: layoutOf(set) };
  };
};

/** The first frame's bytes, still compressed where they are. */
const fragmentOf = (file: Uint8Array, { pixels }: Layout): Uint8Array => {
  const [fragment] = pixels.fragments ?? [];
  if (fragment === undefined) throw halfFile('DICOM');
  // A frame may be cut into several fragments; up to the next frame of the offset table, or all where there is one frame.
  const next = pixels.basicOffsetTable?.[1];
  const mine = (pixels.fragments ?? []).filter(({ offset }) => next === undefined || offset < next);
  const bytes = readBytes(file, 'DICOM');
  const parts = mine.map(({ position, length }) => bytes.slice(position, length));
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
};

/** RLE: a segment for each byte of each sample, the high one first. */
const fromRle = (packed: Uint8Array, { width, height, samples, allocated }: Layout): Uint8Array => {
  const bytes = readBytes(packed, 'DICOM');
  const count = width * height;
  const planes = samples * (allocated / 8);
  if (bytes.u32(0, true) !== planes) throw halfFile('DICOM');
  const out = new Uint8Array(count * planes);
  for (let plane = 0; plane < planes; plane++) {
    const start = bytes.u32(4 + plane * 4, true);
    const end = plane + 1 < planes ? bytes.u32(8 + plane * 4, true) : packed.length;
    const levels = unpackBits(bytes.slice(start, end - start), count, 'DICOM');
    // Little-endian samples, side by side.
    const place = allocated === 16 ? 1 - plane : plane;
    for (let pixel = 0; pixel < count; pixel++) out[pixel * planes + place] = levels[pixel];
  }
  return out;
};

/** Stored values: the bits that count, with their sign. */
const storedValues = (raw: Uint8Array, layout: Layout, isBig: boolean): Int32Array => {
  const { width, height, allocated, stored, isSigned } = layout;
  const values = new Int32Array(width * height);
  const spare = 32 - stored;
  for (let pixel = 0; pixel < values.length; pixel++) {
    const at = pixel * 2;
    const bits = allocated === 8 ? raw[pixel] : isBig ? raw[at] * 256 + raw[at + 1] : raw[at + 1] * 256 + raw[at];
    values[pixel] = isSigned ? (bits << spare) >> spare : (bits << spare) >>> spare;
  }
  return values;
};

/**
 * Grey of 8 bits through the file's window (PS3.3 C.11.2.1.2.1), or over the values that occur where it has none; with
 * `grey16` the rescaled values themselves, cut to 0 to 65,535.
 */
const grey = (values: Int32Array, layout: Layout, mode: PixelMode): Image => {
  const { width, height, slope, intercept, window, isInverted } = layout;
  if (mode === 'grey16') {
    const data = Uint16Array.from(values, (value) =>
      Math.min(65_535, Math.max(0, Math.round(value * slope + intercept))),
    );
    return { width, height, channels: 1, data };
  }
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    low = Math.min(low, value * slope + intercept);
    high = Math.max(high, value * slope + intercept);
  }
  const centre = window ? window.centre - 0.5 : (low + high) / 2;
  const span = window ? window.width - 1 : Math.max(high - low, 1);
  const data = Uint8Array.from(values, (value) => {
    const share = Math.min(1, Math.max(0, (value * slope + intercept - centre) / span + 0.5));
    return Math.round((isInverted ? 1 - share : share) * 255);
  });
  return { width, height, channels: 1, data };
};

const colour = (raw: Uint8Array, { width, height, isPlanar }: Layout): Image => {
  const count = width * height;
  if (!isPlanar) return { width, height, channels: 3, data: raw.slice(0, count * 3) };
  const data = new Uint8Array(count * 3);
  for (let pixel = 0; pixel < count; pixel++)
    for (let channel = 0; channel < 3; channel++) data[pixel * 3 + channel] = raw[channel * count + pixel];
  return { width, height, channels: 3, data };
};

const rawOf = (file: Uint8Array, layout: Layout): Uint8Array => {
  if (layout.syntax === RLE) return fromRle(fragmentOf(file, layout), layout);
  const size = layout.width * layout.height * layout.samples * (layout.allocated / 8);
  return readBytes(file, 'DICOM').slice(layout.pixels.dataOffset, size);
};

/** JPEG Baseline within is decoded by `jpeg`. */
export const dicomCodec = (jpeg: Codec): Codec => ({
  name: 'DICOM',
  matches: (file) => file.length > 132 && String.fromCharCode(...file.subarray(128, 132)) === 'DICM',
  async header(file, limits) {
    const { layout } = (await load())(file);
    checkSize('DICOM', layout.width, layout.height, limits);
    return { width: layout.width, height: layout.height, orientation: 1 };
  },
  load: async (): Promise<Decode> => {
    const parse = await load();
    return async (file, mode) => {
      const { layout } = parse(file);
      if (layout.syntax === JPEG) {
        const inner = fragmentOf(file, layout);
        const { width, height } = await jpeg.header(inner, {
          bytes: inner.length,
          pixels: layout.width * layout.height,
        });
        if (width !== layout.width || height !== layout.height) throw halfFile('DICOM');
        const image = await (await jpeg.load())(inner, mode);
        if (layout.samples === 3) return image;
        const levels = Int32Array.from({ length: width * height }, (_, pixel) => image.data[pixel * image.channels]);
        return grey(levels, layout, mode);
      }
      const raw = rawOf(file, layout);
      if (layout.samples === 3) return colour(raw, layout);
      return grey(storedValues(raw, layout, layout.syntax === BIG_ENDIAN), layout, mode);
    };
  },
});
