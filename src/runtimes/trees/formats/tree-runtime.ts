/** The own file of a library of boosted trees as a row of the table of runtimes. */
import { onDemand } from '../../../core/on-demand.ts';
import type { Runtime } from '../../runtime.ts';
import type { TreeFormat } from './tree-file.ts';

/** `file`: its name within a package. */
export const treeRuntime = (file: string, load: () => Promise<TreeFormat>): Runtime => {
  const format = onDemand(load);
  return {
    file,
    format: ({ trees }) => trees(format),
    open: async (bytes, { own }) => (await own()).openTreeFile((await format()).read(bytes)),
  };
};
