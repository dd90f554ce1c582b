/** `sink:` of a batch deployment: one key says of what kind it is, and what may stand beside that. */
import { givenAmong, type PlaceFlaw } from './batch-source.ts';
import { oneOrMore, text } from './schema-words.ts';

/** Where predictions go: a table, or a file. */
export interface SinkConfig {
  readonly connection?: string;
  readonly table?: string;
  readonly file?: string;
  readonly format?: 'parquet' | 'csv' | 'ndjson' | 'json';
  /** In a CSV file, texts that a spreadsheet would take for formulas get an apostrophe before them. */
  readonly csv_safe?: boolean;
}

/** As it stands in `millrace.yaml`. */
export interface SinkSettings extends SinkConfig {
  readonly key?: string | readonly string[];
  readonly columns?: readonly string[];
}

export const sink = {
  description: 'Where predictions go: a table of a connection, or a file',
  type: 'object',
  additionalProperties: false,
  properties: {
    connection: text('One of the connections: a database'),
    table: text('Its name; it is created when it is missing'),
    file: text('A path, in which dates of the window may stand'),
    format: { description: 'Of the file; by its name unless given', enum: ['parquet', 'csv', 'ndjson'] },
    csv_safe: {
      description:
        'In a CSV file, put an apostrophe before texts that a spreadsheet would take for formulas; false unless given',
      type: 'boolean',
    },
    key: oneOrMore(
      'Columns of the source that tell its rows apart; rows are numbered (row_key) unless given',
      'a column of the source',
    ),
    columns: {
      description: 'Further columns of the source that are written beside the predictions; none unless given',
      type: 'array',
      uniqueItems: true,
      items: text('a column of the source'),
    },
  },
} as const;

/** What is wrong with a sink, beyond its schema. `isCsv`: whether a file of this name is CSV. */
export const sinkFlaw = (
  { connection, table, file, format, csv_safe }: SinkConfig,
  isCsv: (file: string) => boolean,
): PlaceFlaw | undefined => {
  const expected = 'connection with table, or file';
  if (givenAmong({ table, file }).length !== 1) return { message: 'expected one of table and file', expected };
  if ((file === undefined) !== (connection !== undefined)) {
    const message = file === undefined ? 'a table needs a connection' : 'a file has no connection';
    return { message, expected };
  }
  if (file === undefined && format !== undefined)
    return { key: 'format', message: 'only a file has a format', expected };
  if (!csv_safe || (file !== undefined && (format === undefined ? isCsv(file) : format === 'csv'))) return undefined;
  const message = 'only a CSV file can be made safe for spreadsheets';
  return { key: 'csv_safe', message, expected: 'a file that ends in .csv' };
};
