import { stat, writeFile } from 'node:fs/promises';
import { fail } from '../core/errors.ts';
import { atomicWrite } from '../files/atomic-file.ts';
import { isSpecial } from '../files/place.ts';
import { digestOfParts, readParts } from './file-parts.ts';
import type { TarPiece } from './tar.ts';

/** Whether the file at `path` has these bytes; undefined without one. */
const isSame = async (path: string, pieces: readonly TarPiece[]): Promise<boolean | undefined> => {
  const there = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  if (there === undefined) return undefined;
  const size = pieces.reduce((sum, { length }) => sum + length, 0);
  const own = { path, offset: 0, length: there.size };
  return there.size === size && (await digestOfParts([own])) === (await digestOfParts(pieces));
};

/**
 * The file appears whole or not at all. One that is there stays, unless it is the same or is to be replaced.
 * `given` is the path as it was named, `what` the file is a package unless given.
 *
 * @throws FILE_EXISTS
 */
export const writePackage = async (
  path: string,
  content: Uint8Array | readonly TarPiece[],
  { force, given, what = 'package' }: { readonly force: boolean; readonly given: string; readonly what?: string },
): Promise<void> => {
  const pieces = content instanceof Uint8Array ? [content] : content;
  if (await isSpecial(path)) return writeFile(path, readParts(pieces));
  const same = await isSame(path, pieces);
  if (same) return;
  if (same === false && !force) {
    throw fail('FILE_EXISTS', `${given} exists already, and is another ${what}; --force replaces it.`, {
      expected: 'a file that does not exist, or --force',
      got: given,
    });
  }
  await atomicWrite(path, readParts(pieces));
};
