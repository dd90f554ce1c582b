/** Where rows lie, so that a source can tell whether it reads what a sink is to write. */
import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, matchesGlob, normalize, relative } from 'node:path';
import type { Database, TableName } from '../databases/database.ts';

export type RowPlace = { readonly file: string } | { readonly database: Database; readonly table: TableName };

/** What makes a file the same whatever it is called: links and other spellings do not hide it. */
const identityOf = async (path: string): Promise<string> => {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  if (found) return `${found.dev}:${found.ino}`;
  const folder = await realpath(dirname(path)).catch(() => dirname(path));
  return join(folder, basename(path));
};

export interface FilesRead {
  /** Absolute. */
  readonly paths: readonly string[];
  /** As they were written, relative to `folder` or absolute. */
  readonly globs: readonly string[];
  readonly folder: string;
}

/** Whether a file is among those read, or would be once it is there. */
export const isRead = async (file: string, { paths, globs, folder }: FilesRead): Promise<boolean> => {
  const wanted = await identityOf(file);
  const folders = new Set<string>();
  for (const path of paths) {
    if ((await identityOf(path)) === wanted) return true;
    folders.add(await realpath(dirname(path)).catch(() => dirname(path)));
  }
  const within = await realpath(dirname(file)).catch(() => dirname(file));
  return globs.some((glob) => {
    const path = isAbsolute(glob) ? file : relative(folder, file);
    if (matchesGlob(path, normalize(glob))) return true;
    return folders.has(within) && matchesGlob(basename(file), basename(glob));
  });
};
