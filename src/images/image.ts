/** An image that is decoded: rows from the top, pixels from the left, channels side by side. */
import { fail, type MillraceError } from '../core/errors.ts';

/** Grey, grey with alpha, RGB, or RGB with alpha. */
export type Channels = 1 | 2 | 3 | 4;

export interface Image {
  readonly width: number;
  readonly height: number;
  readonly channels: Channels;
  /** 8 bits a sample, 0 to 255, or 16, as the type of array says. */
  readonly data: Uint8Array | Uint16Array;
}

/** What an image may be at most. */
export interface ImageLimits {
  /** Bytes of the file. */
  readonly bytes: number;
  /** Width times height, of what the file holds. */
  readonly pixels: number;
}

export const imageLimits: ImageLimits = Object.freeze({ bytes: 16 * 2 ** 20, pixels: 50_000_000 });

/** An image that cannot be decoded, for what its file is. */
export const badImage = (expected: string, got: string): MillraceError =>
  fail('BAD_IMAGE', `Expected ${expected}, got ${got}.`, { expected, got });

/** A file that ends, or points, where it must not. */
export const halfFile = (format: string): MillraceError =>
  badImage(`a whole ${format} file`, 'one that ends too early, or is damaged');

/** @throws IMAGE_TOO_LARGE for more pixels than are allowed, and BAD_IMAGE for none: before anything is decoded. */
export const checkSize = (format: string, width: number, height: number, { pixels }: ImageLimits): void => {
  if (width < 1 || height < 1) throw badImage(`a ${format} image of a pixel or more`, `one of ${width} × ${height}`);
  if (width * height <= pixels) return;
  const expected = `an image of at most ${pixels} pixels`;
  const got = `${width} × ${height}`;
  throw fail('IMAGE_TOO_LARGE', `Expected ${expected}, got ${got}.`, { expected, got });
};
