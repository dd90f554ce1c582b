/** The own runtime, as rows of the table of runtimes use it. */
import type { OwnRuntime } from '../runtime.ts';
import { openOnnx, openTrees } from './open.ts';

export const ownRuntime: OwnRuntime = {
  openOnnx,
  openTrees,
  openTreeFile: async (file) => (await import('./formats/open-trees.ts')).openTreeFile(file),
};
