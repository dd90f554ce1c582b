/** Images on the way to a tensor: what is asked of whoever decodes them, which the core itself does not. */
import type { Problem } from './errors.ts';

export const pixelModes = ['rgb', 'grey', 'grey16'] as const;
export type PixelMode = (typeof pixelModes)[number];

export const filterNames = ['nearest', 'box', 'bilinear', 'hamming', 'bicubic', 'lanczos'] as const;
export type FilterName = (typeof filterNames)[number];

/** Which pass of a resize comes first; Pillow up to 12.3 takes the horizontal one always, 13.0 the vertical one for some sizes. */
export const passOrders = ['horizontal-first', 'vertical-first'] as const;
export type Passes = (typeof passOrders)[number];

/** What becomes of a picture, in this order. */
export interface ImageSettings {
  readonly pixels: PixelMode;
  /** Whether Exif's orientation is followed: `ignore`, as most training did, or `apply`. */
  readonly orientation: 'ignore' | 'apply';
  readonly resize?: {
    /** [height, width], or the length of the shorter side. */
    readonly to: readonly [number, number] | number;
    readonly filter: FilterName;
    readonly passes: Passes;
  };
  /** [height, width] of the middle that is kept. */
  readonly crop?: readonly [number, number];
  /** Width times height of a file, at most. */
  readonly maxPixels?: number;
}

/** Rows from the top, pixels from the left, channels side by side; of 8 bits, or of 16 where those are asked for. */
export type Samples = Uint8Array | Uint16Array;

/** Decodes the value of an image field: base64, a data URL, or a path where those are allowed. Never rejects for what a value is. */
export type ReadImage = (value: string, settings: ImageSettings) => Promise<Samples | Problem>;
