/** The port of this folder: a table that is read or written piece by piece, whatever the format of its file. */
import type { Problem } from '../core/errors.ts';
import type { ColumnInput } from '../core/types.ts';
import type { FileFlaw } from './flaws.ts';

export const formats = ['csv', 'json', 'ndjson', 'parquet'] as const;
export type Format = (typeof formats)[number];

/**
 * How sure the types of columns are. `typed`: each value is of its column's type. `text`: every value is text, as in CSV.
 * `free`: a column may hold values of any type, as in JSON and SQLite.
 */
export type Cells = 'typed' | 'text' | 'free';
export const cellsOf: Readonly<Record<Format, Cells>> = { csv: 'text', json: 'free', ndjson: 'free', parquet: 'typed' };

/** Rows in a chunk unless given otherwise: four of DuckDB's vectors, and a good batch for a model. */
export const CHUNK_ROWS = 8192;
/** Longest row of a text format, in UTF-16 units. A longer one is rejected, so memory stays flat in any file. */
export const MAX_ROW_CHARS = 16 * 1024 * 1024;

/**
 * A column's type in the words of DuckDB's SQL: `DOUBLE`, `BIGINT`, `TIMESTAMP`, `DECIMAL(10,2)`, `VARCHAR`, …; or `JSON`
 * for the cells of JSON files, each of which may be of another type; or `DECIMAL` for a database's numbers of any length.
 */
export type ColumnType = string;
export interface ColumnSpec {
  readonly name: string;
  readonly type: ColumnType;
  /** The text that every row has in this column of VARCHAR; rows that are written need not hold it. */
  readonly constant?: string | undefined;
}

export type Bits =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array;

/** A column as Parquet holds it, so that it can be written again bit for bit. Text, and what only text can carry, is an array. */
export interface Stored {
  readonly data: Bits | readonly (string | null)[];
  /** One byte a row, 0 where the value is missing; absent when none is. */
  readonly valid?: Uint8Array;
}

/** Where a row stands: data rows count from 1, rejected ones included; lines exist in text formats only. */
export interface Place {
  readonly row: number;
  readonly line?: number;
}

/** A row that could not be read at all. */
export interface BadRow extends Place {
  readonly problem: Problem;
  /** The text as it stands in the file, cut at 1,000 characters. */
  readonly raw: string;
}

/** What a writer takes. */
export interface Rows {
  readonly rows: number;
  /** A column has `rows` values; NaN, null and undefined are missing. It may stand in `stored` alone: `valuesOf` reads it from there. */
  readonly columns: Readonly<Record<string, ColumnInput>>;
  readonly stored?: Readonly<Record<string, Stored>>;
}

/** What a reader gives. The first chunk comes even when the table has no rows, so that its columns are known. */
export interface TableChunk extends Rows {
  /** The type of every column, in the file's order, whether its values are among `columns` or not. In JSON files the columns are those of the rows in the chunk. */
  readonly types: Readonly<Record<string, ColumnType>>;
  /** Columns that the reader cannot give as they are. */
  readonly flaws?: Readonly<Record<string, FileFlaw>>;
  readonly rejects: readonly BadRow[];
  /** Where the row of this index stands in the file. */
  place(index: number): Place;
  /** How much of the file has been read so far, 0 to 1, where its size is known. */
  readonly share?: number;
  /** Gives the chunk's memory back, to be filled with other rows: call it when nothing of `columns` and `stored` is needed any more. */
  release?(): void;
}

export interface TableWriter {
  /** Resolves when the next rows may come; a slow disk holds the caller back. */
  write(rows: Rows): Promise<void>;
  /** Writes what is left; a file appears under its name only now, whole. Resolves to its size in bytes. */
  close(): Promise<number>;
  /** Leaves no trace. Safe after `close` and after a failure. */
  abort(): Promise<void>;
}

/** A bare object: a column may be called `__proto__`. */
export const record = <T>(): Record<string, T> => Object.create(null);

/** Those whose names are among `only`; all of them unless given. */
export const columnsAmong = (
  columns: readonly ColumnSpec[],
  only: readonly string[] | undefined,
): readonly ColumnSpec[] => {
  const names = only && new Set(only);
  return names === undefined ? columns : columns.filter(({ name }) => names.has(name));
};
