/**
 * Resampling as Pillow does it: the same bytes. Windows and weights follow Pillow's `Resample.c`: weights in float64,
 * rounded to fixed point of 22 bits, and the image is rounded to 8 bits between the passes.
 */
import type { FilterName, Passes } from '../core/images.ts';
import type { Image } from './image.ts';

/** A kernel: how far it reaches on each side, in pixels of the smaller image, and its weight at a distance. */
interface Filter {
  readonly support: number;
  weight(x: number): number;
}

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI));

/** Hamming's coefficients, in the single precision that Pillow has them in. */
const HAMMING = Math.fround(0.54);
const HAMMING_REST = Math.fround(0.46);

/** The coefficient of Keys' cubic convolution. */
const CUBIC = -0.5;

const filters: Readonly<Record<Exclude<FilterName, 'nearest'>, Filter>> = {
  box: { support: 0.5, weight: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  hamming: {
    support: 1,
    weight: (x) => {
      const far = Math.abs(x);
      if (far >= 1) return 0;
      return sinc(far) * (HAMMING + HAMMING_REST * Math.cos(far * Math.PI));
    },
  },
  bicubic: {
    support: 2,
    weight: (x) => {
      const far = Math.abs(x);
      if (far < 1) return ((CUBIC + 2) * far - (CUBIC + 3)) * far * far + 1;
      return far < 2 ? (((far - 5) * far + 8) * far - 4) * CUBIC : 0;
    },
  },
  lanczos: { support: 3, weight: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

const FIXED_BITS = 22;

/** Which samples of a line an output sample is made of, and their weights: in fixed point for 8 bits a sample. */
interface Windows {
  readonly starts: Int32Array;
  readonly counts: Int32Array;
  /** `width` of them an output sample. */
  readonly weights: Int32Array | Float64Array;
  readonly width: number;
}

const roundAway = (x: number): number => (x < 0 ? Math.ceil(x - 0.5) : Math.floor(x + 0.5));

const windowsOf = (from: number, to: number, { support, weight }: Filter, isFixed: boolean): Windows => {
  const scale = from / to;
  const filterScale = Math.max(scale, 1);
  const reach = support * filterScale;
  const width = Math.ceil(reach) * 2 + 1;
  const starts = new Int32Array(to);
  const counts = new Int32Array(to);
  const weights = isFixed ? new Int32Array(to * width) : new Float64Array(to * width);
  const line = new Float64Array(width);
  const inverse = 1 / filterScale;
  for (let x = 0; x < to; x++) {
    const centre = (x + 0.5) * scale;
    const start = Math.max(0, Math.trunc(centre - reach + 0.5));
    const count = Math.min(from, Math.trunc(centre + reach + 0.5)) - start;
    let sum = 0;
    for (let i = 0; i < count; i++) {
      line[i] = weight((i + start - centre + 0.5) * inverse);
      sum += line[i];
    }
    for (let i = 0; i < count; i++) {
      const one = sum === 0 ? line[i] : line[i] / sum;
      weights[x * width + i] = isFixed ? roundAway(one * 2 ** FIXED_BITS) : one;
    }
    starts[x] = start;
    counts[x] = count;
  }
  return { starts, counts, weights, width };
};

const HALF = 2 ** (FIXED_BITS - 1);
const clip16 = (sum: number): number => Math.min(65_535, Math.max(0, roundAway(sum)));

/** Samples as they are written: what is past 0 or 255 is cut. */
const clamped = (data: Uint8Array | Uint16Array): Uint8ClampedArray | Uint16Array =>
  data instanceof Uint16Array ? data : new Uint8ClampedArray(data.buffer);

/** One pass over lines whose samples are `step` apart, to lines whose samples are `step` apart again. */
const pass = (
  { starts, counts, weights, width }: Windows,
  source: Uint8Array | Uint16Array,
  target: Uint8ClampedArray | Uint16Array,
  line: { readonly from: number; readonly to: number; readonly step: number },
): void => {
  const isFixed = weights instanceof Int32Array;
  for (let x = 0; x < starts.length; x++) {
    const first = line.from + starts[x] * line.step;
    const count = counts[x];
    const base = x * width;
    let sum = isFixed ? HALF : 0;
    for (let i = 0; i < count; i++) sum += source[first + i * line.step] * weights[base + i];
    target[line.to + x * line.step] = isFixed ? sum >> FIXED_BITS : clip16(sum);
  }
};

const emptyLike = ({ data }: Image, size: number): Uint8Array | Uint16Array =>
  data instanceof Uint16Array ? new Uint16Array(size) : new Uint8Array(size);

const horizontal = (image: Image, width: number, filter: Filter): Image => {
  if (width === image.width) return image;
  const { height, channels } = image;
  const windows = windowsOf(image.width, width, filter, image.data instanceof Uint8Array);
  const data = emptyLike(image, width * height * channels);
  const target = clamped(data);
  for (let y = 0; y < height; y++)
    for (let channel = 0; channel < channels; channel++) {
      const from = y * image.width * channels + channel;
      pass(windows, image.data, target, { from, to: y * width * channels + channel, step: channels });
    }
  return { width, height, channels, data };
};

const vertical = (image: Image, height: number, filter: Filter): Image => {
  if (height === image.height) return image;
  const { width, channels } = image;
  const windows = windowsOf(image.height, height, filter, image.data instanceof Uint8Array);
  const step = width * channels;
  const data = emptyLike(image, step * height);
  const target = clamped(data);
  for (let at = 0; at < step; at++) pass(windows, image.data, target, { from: at, to: at, step });
  return { width, height, channels, data };
};

/** Where each sample is taken from: the steps are added up, as Pillow does it, so that halves fall on the same side. */
const nearestPlaces = (from: number, to: number): Int32Array => {
  const step = from / to;
  const places = new Int32Array(to);
  for (let at = 0, place = step * 0.5; at < to; at++, place += step) places[at] = Math.min(from - 1, Math.floor(place));
  return places;
};

const nearest = (image: Image, width: number, height: number): Image => {
  const { channels } = image;
  const data = emptyLike(image, width * height * channels);
  const columns = nearestPlaces(image.width, width);
  const rows = nearestPlaces(image.height, height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const from = (rows[y] * image.width + columns[x]) * channels;
      const to = (y * width + x) * channels;
      for (let channel = 0; channel < channels; channel++) data[to + channel] = image.data[from + channel];
    }
  return { width, height, channels, data };
};

/** An image of another size. */
export const resize = (
  image: Image,
  width: number,
  height: number,
  filter: FilterName,
  passes: Passes = 'horizontal-first',
): Image => {
  if (width === image.width && height === image.height) return image;
  if (filter === 'nearest') return nearest(image, width, height);
  const kernel = filters[filter];
  return passes === 'vertical-first'
    ? horizontal(vertical(image, height, kernel), width, kernel)
    : vertical(horizontal(image, width, kernel), height, kernel);
};
