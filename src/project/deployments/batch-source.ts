/** `source:` of a batch deployment: one key says of what kind it is, and what may stand beside that. */
import { oneOrMore, text } from './schema-words.ts';

/** As it stands in `millrace.yaml`: a query, a table, or files. */
export interface SourceConfig {
  readonly connection?: string;
  readonly sql?: string;
  readonly table?: string;
  readonly files?: string | readonly string[];
  readonly format?: 'parquet' | 'csv' | 'ndjson' | 'json';
  /** What becomes of columns that some of the files lack: refused unless given. */
  readonly missing_columns?: 'refuse' | null;
}

export const source = {
  description: 'Where rows come from: a query or table of a connection, or files',
  type: 'object',
  additionalProperties: false,
  properties: {
    connection: text('One of the connections: a database'),
    sql: text('A query; with a window, :from (inclusive) and :to (exclusive) are its ends'),
    table: text('A table, all of it'),
    files: oneOrMore(
      'Parquet, CSV, NDJSON or JSON; globs, and dates of the window such as {{ from | yyyy-MM }}',
      'a path or glob',
    ),
    format: { description: 'Of the files; by their names unless given', enum: ['parquet', 'csv', 'ndjson', 'json'] },
    missing_columns: {
      description: 'Columns that some of the files lack: refuse them (unless given), or null for missing values',
      enum: ['refuse', null],
    },
  },
} as const;

export interface PlaceFlaw {
  /** The key below the place; the place itself unless given. */
  readonly key?: string;
  readonly message: string;
  readonly expected: string;
}

export const givenAmong = (values: Readonly<Record<string, unknown>>): readonly string[] =>
  Object.keys(values).filter((key) => values[key] !== undefined);

/** What is wrong with a source, beyond its schema. */
export const sourceFlaw = (config: SourceConfig): PlaceFlaw | undefined => {
  const { connection, sql, table, files, format, missing_columns } = config;
  const expected = 'connection with sql or table, or files';
  if (givenAmong({ sql, table, files }).length !== 1)
    return { message: 'expected one of sql, table and files', expected };
  if ((files === undefined) !== (connection !== undefined)) {
    const message = files === undefined ? 'sql and table need a connection' : 'files have no connection';
    return { message, expected };
  }
  if (files !== undefined) return undefined;
  if (format !== undefined) return { key: 'format', message: 'only files have a format', expected };
  if (missing_columns === undefined) return undefined;
  return { key: 'missing_columns', message: 'only files may lack columns', expected };
};
