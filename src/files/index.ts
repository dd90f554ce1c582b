/** The formats, each loaded when first needed: one file and one row here for each. */
import { extname } from 'node:path';
import { fail } from '../core/errors.ts';
import type { ColumnInput } from '../core/types.ts';
import { compressionOf } from './compression.ts';
import type { FormatModule } from './format.ts';
import type { ByteSource, Target } from './place.ts';
import {
  CHUNK_ROWS,
  type ColumnSpec,
  type Format,
  formats,
  record,
  type TableChunk,
  type TableWriter,
} from './table.ts';
import { exactColumn } from './values.ts';

const modules: Readonly<Record<Format, () => Promise<FormatModule>>> = {
  csv: async () => (await import('./csv.ts')).csv,
  json: async () => (await import('./json.ts')).json,
  ndjson: async () => (await import('./ndjson.ts')).ndjson,
  parquet: async () => (await import('./parquet.ts')).parquet,
};

const extensions: Readonly<Record<string, Format>> = {
  '.csv': 'csv',
  '.tsv': 'csv',
  '.json': 'json',
  '.ndjson': 'ndjson',
  '.jsonl': 'ndjson',
  '.parquet': 'parquet',
  '.pq': 'parquet',
};

/** The format that a file's name tells; undefined for streams and other names. */
export const formatOfName = (place: ByteSource | Target): Format | undefined => {
  if (typeof place !== 'string') return undefined;
  const compression = compressionOf(place);
  const name = compression === undefined ? place : place.slice(0, -compression.length);
  const format = extensions[extname(name).toLowerCase()];
  // Parquet compresses within itself, and is read from many places of its file.
  return compression !== undefined && format === 'parquet' ? undefined : format;
};

/** The format of a file, by its name unless given. @throws MillraceError USAGE when neither tells. */
export const formatOf = (place: ByteSource | Target, format?: Format): Format => {
  const known = format ?? formatOfName(place);
  if (known) return known;
  const name = typeof place === 'string' ? place : 'a stream';
  throw fail('USAGE', `The format of ${name} is not known.`, {
    expected: `a name that ends in ${Object.keys(extensions).join(', ')}, or a format: ${formats.join(', ')}`,
    got: name,
  });
};

/** The format that a file is to be written in, by its name unless given. @throws MillraceError USAGE, also for a name of a compressed file. */
export const targetFormatOf = (target: Target, format?: Format): Format => {
  const compression = typeof target === 'string' ? compressionOf(target) : undefined;
  if (compression === undefined) return formatOf(target, format);
  throw fail('USAGE', `${target} would not be compressed, as its name says: compressed files are read, not written.`, {
    expected: 'a name without it, or a pipe: millrace predict … --format csv | gzip > fares.csv.gz',
    got: compression,
  });
};

export interface ReadOptions {
  readonly format?: Format;
  /** Rows in a chunk, about; fewer where rows are long. */
  readonly chunkRows?: number;
  /** Columns whose values will be looked at; all unless given. Others may come only as they are stored. */
  readonly wanted?: readonly string[] | undefined;
  /** Columns that are needed, as values or as they are stored: of Parquet no other is read, though all are among `types`. All unless given. */
  readonly only?: readonly string[] | undefined;
}

/**
 * Reads a table in chunks, in the file's order and in flat memory. A row that cannot be read is among its chunk's `rejects`.
 * @throws MillraceError (while iterating) FILE_NOT_FOUND, BAD_FILE for a file of another format, USAGE when the format is not known.
 */
export async function* readTable(
  source: ByteSource,
  { format, chunkRows = CHUNK_ROWS, wanted, only }: ReadOptions = {},
): AsyncGenerator<TableChunk> {
  const { read } = await modules[formatOf(source, format)]();
  yield* read(source, { chunkRows, wanted, only });
}

export interface WriteOptions {
  readonly format?: Format;
  readonly columns: readonly ColumnSpec[];
  /** In CSV, texts that a spreadsheet would take for formulas get an apostrophe before them. */
  readonly csvSafe?: boolean | undefined;
}

/** A writer that fills in the columns of which every row has the same value. */
const withConstants = (writer: TableWriter, columns: readonly ColumnSpec[]): TableWriter => {
  const constants = columns.filter(({ constant }) => constant !== undefined);
  if (constants.length === 0) return writer;
  return {
    ...writer,
    write(rows) {
      const filled = constants.map(({ name, constant }) => [name, new Array(rows.rows).fill(constant)] as const);
      return writer.write({ ...rows, columns: { ...rows.columns, ...Object.fromEntries(filled) } });
    },
  };
};

/** A writer of text: what is stored is read, and written with all the digits that it has. */
const withValues = (writer: TableWriter, columns: readonly ColumnSpec[]): TableWriter => ({
  ...writer,
  write({ rows, columns: values, stored }) {
    if (stored === undefined) return writer.write({ rows, columns: values });
    const all = record<ColumnInput>();
    for (const name of Object.keys(values)) all[name] = values[name];
    for (const column of columns) {
      if (Object.hasOwn(stored, column.name)) all[column.name] = exactColumn({ rows, columns: values, stored }, column);
    }
    return writer.write({ rows, columns: all });
  },
});

/**
 * Opens a table for writing. A file appears under its name only on `close`, whole and flushed to the disk, and replaces one that
 * is there; a stream is written as it comes and left open. @throws MillraceError FILE_NOT_FOUND, USAGE; writing throws STORE_FAILED.
 */
export const createTableWriter = async (
  target: Target,
  { format, columns, csvSafe }: WriteOptions,
): Promise<TableWriter> => {
  const known = targetFormatOf(target, format);
  const { write } = await modules[known]();
  const writer = await write(target, { columns, csvSafe });
  // Parquet's own writer knows what to do with constants.
  return known === 'parquet' ? writer : withConstants(withValues(writer, columns), columns);
};
