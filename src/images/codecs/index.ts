/** The table of image formats. To add one: a file, and a row here. */
import { bmp } from './bmp.ts';
import type { Codec } from './codec.ts';
import { dicomCodec } from './dicom.ts';
import { jpegCodec } from './jpeg.ts';
import { png } from './png.ts';
import { tiff } from './tiff.ts';
import type { WasmFiles } from './wasm.ts';
import { webpCodec } from './webp.ts';

export const createCodecs = (files: WasmFiles): readonly Codec[] => {
  const jpeg = jpegCodec(files);
  return [jpeg, png, webpCodec(files), bmp, tiff, dicomCodec(jpeg)];
};
