/** Samples as a model wants them: RGB or grey of 8 bits, or grey of 16. As Pillow's `convert` has it. */
import type { PixelMode } from '../core/images.ts';
import { badImage, type Image } from './image.ts';

/** ITU-R BT.601 luma in 16 bits of fixed point, as Pillow has it. */
const luma = (red: number, green: number, blue: number): number =>
  (red * 19_595 + green * 38_470 + blue * 7_471 + 0x8000) >> 16;

/** 8 bits of a sample: 16 bits of grey are cut at 255, as Pillow does; of colour the high half is taken. */
const eightOf = ({ data, channels }: Image): ((sample: number) => number) => {
  if (data instanceof Uint8Array) return (sample) => sample;
  return channels < 3 ? (sample) => Math.min(sample, 255) : (sample) => sample >> 8;
};

/** Alpha is left out, not blended. @throws BAD_IMAGE where 16 bits are wanted of a picture with colours */
export const toPixels = (image: Image, mode: PixelMode): Image => {
  const { width, height, channels, data } = image;
  const count = width * height;
  if (mode === 'grey16') {
    if (channels > 2) throw badImage('a grey image', 'one with colours');
    const samples = new Uint16Array(count);
    for (let pixel = 0; pixel < count; pixel++) samples[pixel] = data[pixel * channels];
    return { width, height, channels: 1, data: samples };
  }
  const eight = eightOf(image);
  const isGrey = channels < 3;
  if (mode === 'grey') {
    const levels = new Uint8Array(count);
    for (let pixel = 0, at = 0; pixel < count; pixel++, at += channels)
      levels[pixel] = isGrey ? eight(data[at]) : luma(eight(data[at]), eight(data[at + 1]), eight(data[at + 2]));
    return { width, height, channels: 1, data: levels };
  }
  const rgb = new Uint8Array(count * 3);
  for (let pixel = 0, at = 0; pixel < count; pixel++, at += channels) {
    rgb[pixel * 3] = eight(data[at]);
    rgb[pixel * 3 + 1] = eight(data[isGrey ? at : at + 1]);
    rgb[pixel * 3 + 2] = eight(data[isGrey ? at : at + 2]);
  }
  return { width, height, channels: 3, data: rgb };
};
