/** From the bytes of a file to the samples that a model takes: decode, orient, resize, crop. */
import type { ImageSettings } from '../core/images.ts';
import { createCodecs } from './codecs/index.ts';
import type { WasmFiles } from './codecs/wasm.ts';
import { cropCentre, orient } from './geometry.ts';
import { badImage, type Image, imageLimits } from './image.ts';
import { toPixels } from './pixels.ts';
import { resize } from './resize.ts';

/** The size that the shorter side gives: the longer one is cut to a whole number, as in torchvision. */
const sizeOf = ({ width, height }: Image, to: readonly [number, number] | number): readonly [number, number] => {
  if (typeof to !== 'number') return to;
  return width <= height ? [Math.trunc((to * height) / width), to] : [to, Math.trunc((to * width) / height)];
};

/** Pixels of what a resize makes, at most: a line of 1 × 50,000 is no picture of 224 × 11,200,000. */
const MOST_RESIZED = 100_000_000;

const resized = (image: Image, settings: ImageSettings['resize']): Image => {
  if (settings === undefined) return image;
  const [height, width] = sizeOf(image, settings.to);
  if (height * width > MOST_RESIZED)
    throw badImage('an image that is less narrow', `one of ${image.width} × ${image.height}`);
  return resize(image, width, height, settings.filter, settings.passes);
};

export type DecodeImage = (file: Uint8Array, settings: ImageSettings) => Promise<Image>;

/** The format of a file is found by its first bytes. @throws BAD_IMAGE, IMAGE_TOO_LARGE, by what it makes */
export const createImageDecoder = (files: WasmFiles): DecodeImage => {
  const codecs = createCodecs(files);
  return async (file, settings) => {
    const limits = { ...imageLimits, ...(settings.maxPixels && { pixels: settings.maxPixels }) };
    const codec = codecs.find(({ matches }) => matches(file));
    if (codec === undefined) {
      const names = codecs.map(({ name }) => name).join(', ');
      throw badImage(`an image file (${names})`, 'bytes that are none of these');
    }
    const { orientation } = await codec.header(file, limits);
    const decode = await codec.load();
    const decoded = toPixels(await decode(file, settings.pixels), settings.pixels);
    const upright = settings.orientation === 'apply' ? orient(decoded, orientation) : decoded;
    const small = resized(upright, settings.resize);
    return settings.crop ? cropCentre(small, settings.crop[1], settings.crop[0]) : small;
  };
};
