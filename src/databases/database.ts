/** The port of this folder: a database of the user's, which Millrace reads rows out of and writes answers into. */
import type { Fields } from '../core/types.ts';
import type { Cells, ColumnSpec, Rows, TableChunk } from '../files/table.ts';

/** A table's name as parts: `analytics.fares` is `['analytics', 'fares']`. */
export type TableName = readonly string[];

export interface TableColumn extends ColumnSpec {
  /** As the database itself calls the type. */
  readonly declared: string;
  readonly nullable: boolean;
  readonly hasDefault: boolean;
}

export interface TableInfo {
  readonly columns: readonly TableColumn[];
  /** Sets of columns of which each is unique: the primary key and unique indexes. */
  readonly unique: readonly (readonly string[])[];
}

/** The words and habits in which databases differ. */
export interface Dialect {
  /** How sure the types of its columns are, when they are read and when they are written. */
  readonly cells: Cells;
  /** The type of whole numbers of up to 2^53 - 1. */
  readonly integer: string;
  /** The type of a column that is created. */
  typeOf(column: ColumnSpec): string;
  /** The type that a column has while its rows are staged; every value gets there without a loss. */
  stageTypeOf(column: ColumnSpec): string;
  /** SQL text of a value read from a column: a number, a text, a boolean, null. */
  literal(value: unknown, type?: string): string;
  /** SQL text of an instant, given in ms since the epoch, as `:from` and `:to` are compared with the user's columns. */
  instant(ms: number, zone: string): string;
  /** `order by` of all columns, so that the order of rows is always the same. */
  orderable(column: ColumnSpec): string;
  /** What ends a query so that it steps over so many rows. */
  offset(rows: number): string;
  /** What stands between the parentheses of `(a, b) in (…)`; each row holds the SQL texts of its values. */
  anyOf(rows: readonly (readonly string[])[]): string;
  /** SQL of a staged value as a column takes it that was declared so. */
  cast(value: string, declared: string): string;
  /** Asked first in a transaction that creates tables, where two at once would fail; it holds the lock until the end. */
  readonly lockTables?: string;
  /** A chunk as the fields of a model want it, where the database has no values of their own for some kinds. */
  readonly fit?: (chunk: TableChunk, fields: Fields) => TableChunk;
}

/** Values are bound where SQL says `?`. */
export interface Session {
  query(sql: string, values?: readonly unknown[]): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Resolves to how many rows were changed. */
  run(sql: string, values?: readonly unknown[]): Promise<number>;
}

/** Rows on their way into a table; they are there when `commit` resolves, all of them, or none is. */
export interface Loader {
  write(rows: Rows): Promise<void>;
  /** `also` runs in the same transaction. */
  commit(also: (session: Session) => Promise<void>): Promise<void>;
  abort(): Promise<void>;
}

export interface ReadQueryOptions {
  readonly chunkRows: number;
  /** Columns whose values will be looked at; all unless given. Others may come only as they are stored. */
  readonly wanted?: readonly string[] | undefined;
}

export interface OpenOptions {
  /** The time zone in which the database compares instants with columns that have none; UTC unless given. */
  readonly zone?: string | undefined;
}

/** @throws MillraceError (every method) STORE_FAILED, DISK_FULL. */
export interface Database extends Session {
  /** The URL without user and password, for messages. */
  readonly place: string;
  /** The file that it grows in, where that is one of this machine. */
  readonly file?: string;
  readonly dialect: Dialect;
  /** What makes it the same database whatever URL leads to it, as far as it can tell. */
  identity(): Promise<string>;
  /** Whether a query reads a table, also through views. */
  reads(sql: string, table: TableName): Promise<boolean>;
  /** The columns of what a query answers. */
  describe(sql: string): Promise<readonly ColumnSpec[]>;
  /** All rows of a query in chunks and in flat memory; the first chunk comes even when there are none. */
  read(sql: string, options: ReadQueryOptions): AsyncIterable<TableChunk>;
  /** One transaction: committed when `work` resolves, rolled back when it rejects. */
  transaction<T>(work: (session: Session) => Promise<T>): Promise<T>;
  /** `columns` are those of the table, in order; they have `stageTypeOf` types. */
  load(table: TableName, columns: readonly ColumnSpec[]): Promise<Loader>;
  /** Undefined when there is no such table. */
  table(name: TableName): Promise<TableInfo | undefined>;
  close(): Promise<void>;
}
