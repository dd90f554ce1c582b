import { readFile, writeFile } from 'node:fs/promises';
import { fail } from '../core/errors.ts';
import { atomicWrite } from '../files/atomic-file.ts';
import { isSpecial } from '../files/place.ts';

/**
 * The file appears whole or not at all. One that is there stays, unless it is the same or is to be replaced.
 * `given` is the path as it was named, `what` the file is a package unless given.
 *
 * @throws FILE_EXISTS
 */
export const writePackage = async (
  path: string,
  bytes: Uint8Array,
  { force, given, what = 'package' }: { readonly force: boolean; readonly given: string; readonly what?: string },
): Promise<void> => {
  if (await isSpecial(path)) return writeFile(path, bytes);
  const before = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  if (before?.equals(bytes)) return;
  if (before && !force) {
    throw fail('FILE_EXISTS', `${given} exists already, and is another ${what}; --force replaces it.`, {
      expected: 'a file that does not exist, or --force',
      got: given,
    });
  }
  await atomicWrite(path, bytes);
};
