/** Turning and cutting, which changes no sample. */
import type { Image } from './image.ts';

const emptyLike = ({ data }: Image, size: number): Uint8Array | Uint16Array =>
  data instanceof Uint16Array ? new Uint16Array(size) : new Uint8Array(size);

/** Exif's orientations: whether rows and columns change places, and which of them run backwards in what is kept. */
const turns: Readonly<Record<number, { readonly swap: boolean; readonly backX: boolean; readonly backY: boolean }>> = {
  2: { swap: false, backX: true, backY: false },
  3: { swap: false, backX: true, backY: true },
  4: { swap: false, backX: false, backY: true },
  5: { swap: true, backX: false, backY: false },
  6: { swap: true, backX: false, backY: true },
  7: { swap: true, backX: true, backY: true },
  8: { swap: true, backX: true, backY: false },
};

/** The image as it was seen, out of Exif's orientation (tag 274). */
export const orient = (image: Image, orientation: number): Image => {
  const turn = turns[orientation];
  if (turn === undefined) return image;
  const { channels, data } = image;
  const [width, height] = turn.swap ? [image.height, image.width] : [image.width, image.height];
  const out = emptyLike(image, data.length);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const column = turn.swap ? y : x;
      const row = turn.swap ? x : y;
      const fromX = turn.backX ? image.width - 1 - column : column;
      const fromY = turn.backY ? image.height - 1 - row : row;
      const from = (fromY * image.width + fromX) * channels;
      const to = (y * width + x) * channels;
      for (let channel = 0; channel < channels; channel++) out[to + channel] = data[from + channel];
    }
  return { width, height, channels, data: out };
};

/** To the nearest integer, a half to the even one, as Python rounds. */
const roundEven = (x: number): number => {
  const low = Math.floor(x);
  const rest = x - low;
  if (rest !== 0.5) return Math.round(x);
  return low % 2 === 0 ? low : low + 1;
};

/** The middle of an image; zeros around one that is smaller, as torchvision's CenterCrop has it. */
export const cropCentre = (image: Image, width: number, height: number): Image => {
  if (width === image.width && height === image.height) return image;
  const { channels, data } = image;
  const out = emptyLike(image, width * height * channels);
  // Padding is split as torchvision does, the smaller half before; a cut begins at the rounded half.
  const startOf = (has: number, wants: number): number =>
    has < wants ? -Math.floor((wants - has) / 2) : roundEven((has - wants) / 2);
  const left = startOf(image.width, width);
  const top = startOf(image.height, height);
  const [first, last] = [Math.max(0, left), Math.min(image.width, left + width)];
  for (let y = 0; y < height; y++) {
    const row = y + top;
    if (row < 0 || row >= image.height) continue;
    const from = (row * image.width + first) * channels;
    out.set(data.subarray(from, from + (last - first) * channels), (y * width + first - left) * channels);
  }
  return { width, height, channels, data: out };
};
