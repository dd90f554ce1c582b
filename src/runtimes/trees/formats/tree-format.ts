/** What packing and proving ask of a library's own file: it holds numbers alone, and the own runtime runs it. */
import type { ModelFormat } from '../../runtime.ts';
import { draftOfTrees } from './draft.ts';
import type { TreeFormat } from './tree-file.ts';

export const treeFormat = ({ library, endings, matches, read }: TreeFormat): ModelFormat => ({
  reads: `what ${library} saves as ${endings.join(' or ')}`,
  endings,
  matches,
  answersTo: [undefined, 'trees'],
  answering: (file) => {
    read(file);
    return { name: 'trees' };
  },
  // The own runtime cannot crash, loops over what is there, and holds so many values at a time.
  risk: (file) => {
    read(file);
    return undefined;
  },
  refuseChance: () => {},
  operators: () => ({ functions: [], custom: [] }),
  draft: (file, names) => draftOfTrees(read(file), names),
});
