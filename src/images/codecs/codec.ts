/** The port of this folder: a format of image files. A format is a file, and a row in index.ts. */

import type { PixelMode } from '../../core/images.ts';
import type { Image, ImageLimits } from '../image.ts';

/** What a file says of itself before anything of it is decoded. */
export interface ImageHeader {
  readonly width: number;
  readonly height: number;
  /** Exif's tag 274, from 1 to 8; 1 unless the file says it. */
  readonly orientation: number;
}

/** Decodes a file whose header is read, and allowed; `mode` matters to formats whose values are no levels. @throws BAD_IMAGE */
export type Decode = (file: Uint8Array, mode: PixelMode) => Image | Promise<Image>;

export interface Codec {
  readonly name: string;
  matches(file: Uint8Array): boolean;
  /** @throws BAD_IMAGE, IMAGE_TOO_LARGE */
  header(file: Uint8Array, limits: ImageLimits): ImageHeader | Promise<ImageHeader>;
  /** Loads what decodes, for the first file of the format. */
  load(): Promise<Decode>;
}
