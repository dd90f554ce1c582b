/** The own file of a library of boosted trees as a row of the table of runtimes. */
import type { Runtime } from '../../runtime.ts';
import type { TreeFormat } from './tree-file.ts';

/** `file`: its name within a package. */
export const treeRuntime = (file: string, load: () => Promise<TreeFormat>): Runtime => ({
  file,
  format: ({ trees }) => trees(load),
  open: async (bytes, { own }) => (await own()).openTreeFile((await load()).read(bytes)),
});
