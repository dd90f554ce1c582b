/** What decodes images in Node, loaded for the first package that has some. */
import type { ReadImage } from '../core/images.ts';

export const imagesInNode = async (): Promise<ReadImage> => (await import('./reader.node.ts')).readImageValue;
