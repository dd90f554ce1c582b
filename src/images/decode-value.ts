/** From the value of an image field to samples, or what is wrong with it. */
import { MillraceError, type Problem } from '../core/errors.ts';
import type { ImageSettings, Samples } from '../core/images.ts';
import { fileOf } from './file-of.ts';
import { halfFile } from './image.ts';
import { readImage } from './read-image.ts';

/** Never rejects: a file that makes a decoder fail in a way of its own is a damaged one. */
export const decodeValue = async (value: string, settings: ImageSettings): Promise<Samples | Problem> => {
  try {
    return (await readImage(fileOf(value), settings)).data;
  } catch (error) {
    return error instanceof MillraceError ? error.problem : halfFile('image').problem;
  }
};
