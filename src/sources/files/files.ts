/** Rows of one file or of several, in the order of their names. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { fail } from '../../core/errors.ts';
import type { Format } from '../../files/table.ts';
import { isRead } from '../place.ts';
import type { Source, Span } from '../source.ts';
import { fillPattern } from '../template.ts';
import { type AllColumns, survey } from './columns.ts';
import { listFiles, type SourceFile } from './listing.ts';
import { type FilePosition, readFiles } from './read.ts';

export interface FileSourceOptions {
  /** Paths and globs, in which the window's dates may stand. */
  readonly files: readonly string[];
  readonly format?: Format | undefined;
  /** Where relative paths start. */
  readonly folder: string;
  /** True when columns that a file lacks have no values there; else such files are refused. */
  readonly fillsMissing: boolean;
  /** True when rows are named by file and number, as they have no key of their own. */
  readonly isKeyless: boolean;
  readonly span: Span | undefined;
  readonly chunkRows: number;
}

const START: FilePosition = { file: 0, row: 0, rows: 0 };

/** The first 16 hexadecimal digits of the SHA-256 of what a file holds. */
const contentDigest = async (path: string): Promise<string> => {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex').slice(0, 16);
};

/** The first 16 hexadecimal digits of a SHA-256 over the names, sizes and times of files. */
const fingerprintOf = async (files: readonly SourceFile[]): Promise<string> => {
  const hash = createHash('sha256');
  for (const { path, shown } of files) {
    const { size, mtimeMs } = await stat(path).catch((cause: unknown) => {
      throw fail('FILE_NOT_FOUND', `There is no file ${shown}`, { expected: 'a file', got: path, cause });
    });
    hash.update(`${path}\n${size}\n${mtimeMs}\n`);
  }
  return hash.digest('hex').slice(0, 16);
};

/** @throws MillraceError BAD_SOURCE for a glob that nothing matches, and for files of several formats; FILE_NOT_FOUND, USAGE. */
export const fileSource = async (options: FileSourceOptions): Promise<Source> => {
  const { format, folder, fillsMissing, isKeyless, span, chunkRows } = options;
  const listing = await listFiles(
    options.files.map((path) => fillPattern(path, span)),
    folder,
    format,
  );
  const { files, globs, cells, name } = listing;
  const digests = new Map<SourceFile, Promise<string>>();
  const digestOf = (file: SourceFile): Promise<string> => {
    const digest = digests.get(file) ?? (isKeyless ? contentDigest(file.path) : Promise.resolve(''));
    digests.set(file, digest);
    return digest;
  };
  const isFilled = fillsMissing && files.length > 1 && cells !== 'free';
  /** Looked at once. */
  let surveyed: Promise<AllColumns> | undefined;
  return {
    name,
    cells,
    isOrdered: false,
    reads: async (sink) => 'file' in sink && isRead(sink.file, { paths: files.map(({ path }) => path), globs, folder }),
    fingerprint: () => fingerprintOf(files),
    async *read(position, wanted) {
      if (isFilled) surveyed ??= survey(files);
      const start = position === undefined ? START : (position as unknown as FilePosition);
      yield* readFiles(listing, { start, chunkRows, wanted, all: await surveyed, digestOf });
    },
    close: async () => {},
  };
};
