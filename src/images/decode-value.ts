/** From the value of an image field to samples, or what is wrong with it. */
import { MillraceError } from '../core/errors.ts';
import type { ReadImage } from '../core/images.ts';
import type { WasmFiles } from './codecs/wasm.ts';
import { fileOf } from './file-of.ts';
import { halfFile } from './image.ts';
import { createImageDecoder } from './read-image.ts';

/** What it makes never rejects: a file that makes a decoder fail in a way of its own is a damaged one. */
export const createValueReader = (files: WasmFiles): ReadImage => {
  const decode = createImageDecoder(files);
  return async (value, settings) => {
    try {
      return (await decode(fileOf(value), settings)).data;
    } catch (error) {
      return error instanceof MillraceError ? error.problem : halfFile('image').problem;
    }
  };
};
