/** The own runtime, as rows of the table of runtimes use it. */
import { onDemand } from '../../core/on-demand.ts';
import type { OwnRuntime } from '../runtime.ts';
import { openOnnx, openTrees } from './open.ts';
import { readyKernel } from './open-kernel.ts';

const treeFiles = onDemand(() => import('./formats/open-trees.ts'));

export const ownRuntime: OwnRuntime = {
  openOnnx,
  openTrees,
  async openTreeFile(file) {
    const [{ openTreeFile }] = await Promise.all([treeFiles(), readyKernel()]);
    return openTreeFile(file);
  },
};
