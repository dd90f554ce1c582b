/** Decodes images in Node; what does is loaded with the first of them. */
import type { ReadImage } from '../core/images.ts';

export const readImageInNode: ReadImage = async (value, settings) =>
  (await import('./reader.node.ts')).readImageValue(value, settings);
