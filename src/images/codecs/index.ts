/** The table of image formats. To add one: a file, and a row here. */

import { bmp } from './bmp.ts';
import type { Codec } from './codec.ts';
import { dicom } from './dicom.ts';
import { jpeg } from './jpeg.ts';
import { png } from './png.ts';
import { tiff } from './tiff.ts';
import { webp } from './webp.ts';

const codecs: readonly Codec[] = [jpeg, png, webp, bmp, tiff, dicom];

export const formatNames: readonly string[] = codecs.map(({ name }) => name);

/** The format of a file, by its first bytes; undefined of one that is none of these. */
export const codecOf = (file: Uint8Array): Codec | undefined => codecs.find(({ matches }) => matches(file));
