/** Which files paths and globs mean, in the order of their names. */
import { glob, stat } from 'node:fs/promises';
import { isAbsolute, relative, resolve } from 'node:path';
import { fail } from '../../core/errors.ts';
import { compressionOf } from '../../files/compression.ts';
import { formatOf } from '../../files/index.ts';
import { openSource, refuseRemote } from '../../files/place.ts';
import { type Cells, cellsOf, type Format } from '../../files/table.ts';

export interface SourceFile {
  /** Absolute. */
  readonly path: string;
  /** What it is called in messages. */
  readonly shown: string;
  readonly format: Format;
  /** True for a file of several that has not a byte, such as other systems leave for a part that had no rows. */
  readonly isEmpty: boolean;
}

/** At least one file. */
export interface Listing {
  readonly files: readonly SourceFile[];
  /** Patterns that may mean further files next time. */
  readonly globs: readonly string[];
  readonly cells: Cells;
  /** What all of them are called in messages. */
  readonly name: string;
  /** The first file that has columns to tell; of nothing but empty ones, the first. */
  readonly leading: SourceFile;
}

const hasGlob = (path: string): boolean => /[*?[\]{}]/.test(path);

interface Expanded {
  readonly paths: readonly string[];
  /** Absent for the name of one file. */
  readonly glob?: string;
}

/** The files that a path or glob means, by name; what is there under that very name is meant. @throws MillraceError BAD_SOURCE for none. */
const expand = async (path: string, folder: string): Promise<Expanded> => {
  refuseRemote(path, 'BAD_SOURCE');
  const whole = isAbsolute(path) ? path : resolve(folder, path);
  if (!hasGlob(path) || (await stat(whole).catch(() => undefined))?.isFile()) return { paths: [whole] };
  const found: string[] = [];
  for await (const entry of glob(path, { cwd: folder })) {
    const file = resolve(folder, entry);
    if ((await stat(file)).isFile()) found.push(file);
  }
  if (found.length === 0) {
    throw fail('BAD_SOURCE', `No file matches ${path}`, { expected: `at least one file in ${folder}`, got: 'none' });
  }
  return { paths: found.sort(), glob: path };
};

/** Nothing, compressed, is no larger. */
const MOST_EMPTY_BYTES = 64;

/** True for a file without a byte. */
const isEmpty = async (path: string): Promise<boolean> => {
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile() !== true) return false;
  if (found.size > MOST_EMPTY_BYTES || compressionOf(path) === undefined) return found.size === 0;
  for await (const bytes of (await openSource(path)).bytes) if (bytes.length > 0) return false;
  return true;
};

/** @throws MillraceError BAD_SOURCE for a glob that nothing matches, and for files of several formats; FILE_NOT_FOUND, USAGE. */
export const listFiles = async (
  given: readonly string[],
  folder: string,
  format: Format | undefined,
): Promise<Listing> => {
  const expanded = await Promise.all(given.map((path) => expand(path, folder)));
  const paths = expanded.flatMap((one) => one.paths);
  const formats = paths.map((path) => formatOf(path, format));
  const cells = cellsOf[formats[0]];
  const odd = formats.findIndex((one) => cellsOf[one] !== cells);
  if (odd !== -1) {
    throw fail('BAD_SOURCE', `The files of a source must be of one format: ${paths[odd]} is ${formats[odd]}`, {
      expected: formats[0],
      got: formats[odd],
    });
  }
  const empty = paths.length > 1 ? await Promise.all(paths.map(isEmpty)) : [false];
  const files = paths.map(
    (path, index): SourceFile => ({
      path,
      shown: relative(folder, path) || path,
      format: formats[index],
      isEmpty: empty[index],
    }),
  );
  return {
    files,
    globs: expanded.flatMap((one) => one.glob ?? []),
    cells,
    name: files.length === 1 ? files[0].shown : `${files.length} files (${files[0].shown}, …)`,
    leading: files.find((file) => !file.isEmpty) ?? files[0],
  };
};
