/** Rows of one file or of several, in the order of their names. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { glob, stat } from 'node:fs/promises';
import { isAbsolute, relative, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fail } from '../core/errors.ts';
import type { ColumnInput } from '../core/types.ts';
import { compressionOf } from '../files/compression.ts';
import { formatOf, readTable } from '../files/index.ts';
import { openSource, refuseRemote } from '../files/place.ts';
import { pickRows } from '../files/rows.ts';
import { cellsOf, type Format, record, type TableChunk } from '../files/table.ts';
import { isRead } from './place.ts';
import type { Source, SourceChunk, SourcePosition, Span } from './source.ts';
import { fillPattern } from './template.ts';

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

/** In file `file`, behind its data row `row`; `rows` counts those of all files. */
interface FilePosition {
  readonly file: number;
  readonly row: number;
  readonly rows: number;
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

/** True for a file without a byte, such as other systems leave for a part that had no rows. */
const isEmpty = async (path: string): Promise<boolean> => {
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile() !== true) return false;
  if (found.size > MOST_EMPTY_BYTES || compressionOf(path) === undefined) return found.size === 0;
  for await (const bytes of (await openSource(path)).bytes) if (bytes.length > 0) return false;
  return true;
};

/** The first 16 hexadecimal digits of the SHA-256 of what a file holds. */
const contentDigest = async (path: string): Promise<string> => {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex').slice(0, 16);
};

interface Columns {
  readonly types: Readonly<Record<string, string>>;
  /** Columns that some file lacks, and the first that does. */
  readonly lacking: Readonly<Record<string, string>>;
}

/** Looks at the first row of each file. */
const survey = async (
  files: readonly { readonly path: string; readonly format: Format; readonly shown: string }[],
): Promise<Columns> => {
  const types = record<string>();
  const each: { readonly shown: string; readonly types: Readonly<Record<string, string>> }[] = [];
  for (const { path, format, shown } of files) {
    for await (const chunk of readTable(path, { format, chunkRows: 1, wanted: [] })) {
      for (const [name, type] of Object.entries(chunk.types)) types[name] ??= type;
      each.push({ shown, types: chunk.types });
      break;
    }
  }
  const lacking = record<string>();
  for (const name of Object.keys(types)) {
    const without = each.find((one) => !Object.hasOwn(one.types, name));
    if (without) lacking[name] = without.shown;
  }
  return { types, lacking };
};

/** A chunk with all the columns that there are, in one order; those that it lacks have no values. */
const filled = (chunk: TableChunk, { types: all }: Columns, wanted: readonly string[] | undefined): TableChunk => {
  const columns = record<ColumnInput>();
  const types = record<string>();
  for (const [name, type] of Object.entries(all)) {
    const has = Object.hasOwn(chunk.types, name);
    types[name] = has ? chunk.types[name] : type;
    if (Object.hasOwn(chunk.columns, name)) columns[name] = chunk.columns[name];
    else if (!has && (wanted?.includes(name) ?? true)) columns[name] = new Array<null>(chunk.rows).fill(null);
  }
  return { ...chunk, columns, types };
};

/** Names columns that a file lacks or has more than the first one; two files of one source must be alike. */
const differing = (first: readonly string[], chunk: TableChunk): readonly string[] => {
  const names = Object.keys(chunk.types);
  return [
    ...first.filter((name) => !names.includes(name)).map((name) => `lacks ${name}`),
    ...names.filter((name) => !first.includes(name)).map((name) => `has ${name} more`),
  ];
};

const lastRow = (chunk: TableChunk): number =>
  Math.max(chunk.rows > 0 ? chunk.place(chunk.rows - 1).row : 0, chunk.rejects.at(-1)?.row ?? 0);

/** The part of a chunk that lies behind data row `row` of its file. */
const behind = (chunk: TableChunk, row: number): TableChunk => {
  if (row === 0) return chunk;
  const rejects = chunk.rejects.filter((reject) => reject.row > row);
  let skip = 0;
  while (skip < chunk.rows && chunk.place(skip).row <= row) skip++;
  if (skip === 0) return { ...chunk, rejects };
  const keep = Int32Array.from({ length: chunk.rows - skip }, (_, index) => index + skip);
  return { ...chunk, ...pickRows(chunk, keep), rejects, place: (index) => chunk.place(index + skip) };
};

export const fileSource = async (options: FileSourceOptions): Promise<Source> => {
  const { files, format, folder, fillsMissing, isKeyless, span, chunkRows } = options;
  const expanded = await Promise.all(files.map((path) => expand(fillPattern(path, span), folder)));
  const paths = expanded.flatMap((one) => one.paths);
  const globs = expanded.flatMap(({ glob: pattern }) => pattern ?? []);
  const formats = paths.map((path) => formatOf(path, format));
  const cells = cellsOf[formats[0]];
  const odd = formats.findIndex((one) => cellsOf[one] !== cells);
  if (odd !== -1) {
    throw fail('BAD_SOURCE', `The files of a source must be of one format: ${paths[odd]} is ${formats[odd]}`, {
      expected: formats[0],
      got: formats[odd],
    });
  }
  const shown = (path: string): string => relative(folder, path) || path;
  const name = paths.length === 1 ? shown(paths[0]) : `${paths.length} files (${shown(paths[0])}, …)`;
  const digests: (Promise<string> | undefined)[] = [];
  const digestOf = (file: number): Promise<string> => {
    digests[file] ??= isKeyless ? contentDigest(paths[file]) : Promise.resolve('');
    return digests[file];
  };

  const empty = paths.length > 1 ? await Promise.all(paths.map(isEmpty)) : [false];
  /** The first file that has columns to tell; of nothing but empty ones, the first. */
  const leading = Math.max(0, empty.indexOf(false));

  let surveyed: Promise<Columns> | undefined;
  /** The columns of all files together, where some may lack a few. */
  const columnsOfAll = (): Promise<Columns> => {
    surveyed ??= survey(
      paths.flatMap((path, index) => (empty[index] ? [] : [{ path, format: formats[index], shown: shown(path) }])),
    );
    return surveyed;
  };

  return {
    name,
    cells,
    isOrdered: false,
    reads: async (sink) => 'file' in sink && isRead(sink.file, { paths, globs, folder }),
    async fingerprint() {
      const hash = createHash('sha256');
      for (const path of paths) {
        const { size, mtimeMs } = await stat(path).catch((cause: unknown) => {
          throw fail('FILE_NOT_FOUND', `There is no file ${shown(path)}`, { expected: 'a file', got: path, cause });
        });
        hash.update(`${path}\n${size}\n${mtimeMs}\n`);
      }
      return hash.digest('hex').slice(0, 16);
    },
    async *read(start?: SourcePosition, wanted?: readonly string[]): AsyncGenerator<SourceChunk> {
      let { file, row, rows } = (start ?? { file: 0, row: 0, rows: 0 }) as unknown as FilePosition;
      let columns: readonly string[] | undefined;
      let yielded = false;
      let notes: readonly string[] = [];
      const all = fillsMissing && paths.length > 1 && cells !== 'free' ? await columnsOfAll() : undefined;
      for (; file < paths.length; file++, row = 0) {
        if (empty[file] && file !== leading) {
          notes = [...notes, `${shown(paths[file])} is empty, and was stepped over`];
          continue;
        }
        const before = rows;
        const digest = await digestOf(file);
        for await (const read of readTable(paths[file], { format: formats[file], chunkRows, wanted })) {
          // A part that has no rows may have no columns that matter either.
          if (columns !== undefined && read.rows + read.rejects.length === 0) continue;
          const whole = all ? filled(read, all, wanted) : read;
          const names = Object.keys(whole.types);
          columns ??= names;
          const odds = cells === 'free' ? [] : differing(columns, whole);
          if (odds.length > 0) {
            throw fail('BAD_SOURCE', `${shown(paths[file])} ${odds.join(', ')}, unlike ${shown(paths[0])}`, {
              expected: columns.join(', '),
              got: names.join(', '),
            });
          }
          if (row > 0 && lastRow(whole) <= row && whole.rows + whole.rejects.length > 0) continue;
          const chunk = behind(whole, row);
          if (chunk.rows + chunk.rejects.length === 0 && yielded) continue;
          // Of several files, rows are counted through.
          const offset = rows - row;
          const at = file;
          row = Math.max(row, lastRow(chunk));
          rows = offset + row;
          yielded = true;
          yield {
            ...chunk,
            ...(notes.length > 0 && { notes }),
            ...(all && { lacking: all.lacking }),
            place: (index) => ({ ...chunk.place(index), row: chunk.place(index).row + offset }),
            rejects: chunk.rejects.map((reject) => ({ ...reject, row: reject.row + offset })),
            ...(chunk.share !== undefined && { share: (at + chunk.share) / paths.length }),
            next: { file, row, rows } satisfies FilePosition,
            rowKey: (number) => `${digest}-${number - offset}`,
          };
          notes = [];
        }
        if (rows === before && row === 0 && paths.length > 1) notes = [...notes, `${shown(paths[file])} has no rows`];
      }
      if (!yielded) {
        // The position is the end: the columns are still to be known.
        for await (const chunk of readTable(paths[leading], { format: formats[leading], chunkRows, wanted })) {
          const next = { file, row, rows } satisfies FilePosition;
          const none = pickRows(all ? filled(chunk, all, wanted) : chunk, new Int32Array(0));
          const types = all?.types ?? chunk.types;
          yield { ...chunk, ...none, types, rejects: [], notes, share: 1, next, rowKey: () => '' };
          return;
        }
      }
      if (notes.length > 0 && rows > 0) {
        const none = { rows: 0, columns: record<ColumnInput>(), types: record<string>(), rejects: [] };
        const next = { file, row, rows } satisfies FilePosition;
        yield { ...none, place: () => ({ row: 0 }), notes, share: 1, next, rowKey: () => '' };
      }
    },
    close: async () => {},
  };
};
