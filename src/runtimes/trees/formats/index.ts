/**
 * The own files of libraries of boosted trees, by what a manifest calls them. To add one: a file beside this one that reads
 * it, a row here, and one in `../../model-files.ts`.
 */
import type { ModelSession } from '../../../core/types.ts';
import { openTreeFile } from './open-trees.ts';
import type { TreeFile } from './tree-file.ts';
import { matches, readXgboost } from './xgboost.ts';

export interface TreeFormat {
  /** Whether bytes begin as the library's files do, whatever they are called. */
  readonly matches: (file: Uint8Array) => boolean;
  /** @throws BAD_MODEL */
  readonly read: (file: Uint8Array) => TreeFile;
}

export const treeFormats = {
  xgboost: { matches, read: readXgboost },
} as const satisfies Readonly<Record<string, TreeFormat>>;

export type TreeFormatName = keyof typeof treeFormats;

/** @throws BAD_MODEL */
export const openTreeFormat =
  (name: TreeFormatName) =>
  async (file: Uint8Array): Promise<ModelSession> =>
    openTreeFile(treeFormats[name].read(file));

export const isTreeFormat = (name: string): name is TreeFormatName => Object.hasOwn(treeFormats, name);

/** Which library wrote a file, by its content. */
export const treeFormatOf = (file: Uint8Array): TreeFormatName | undefined =>
  (Object.keys(treeFormats) as TreeFormatName[]).find((name) => treeFormats[name].matches(file));
