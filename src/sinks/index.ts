/** The kinds of sinks: one file and one row here for each. */
import { resolve } from 'node:path';
import type { Database } from '../databases/database.ts';
import { parseTable } from '../databases/sql-text.ts';
import { targetFormatOf } from '../files/index.ts';
import { refuseRemote } from '../files/place.ts';
import type { Format } from '../files/table.ts';
import type { Span } from '../sources/source.ts';
import { fillPattern } from '../sources/template.ts';
import type { Sink } from './sink.ts';

/** As it stands in `millrace.yaml`: a table, or a file. What it says of columns is the deployment's. */
export interface SinkConfig {
  readonly connection?: string;
  readonly table?: string;
  readonly file?: string;
  readonly format?: Format;
  /** In a CSV file, texts that a spreadsheet would take for formulas get an apostrophe before them. */
  readonly csv_safe?: boolean;
}

export interface SinkContext {
  /** Where relative paths start. */
  readonly folder: string;
  readonly span: Span | undefined;
  /** A connection of the project, opened anew. @throws MillraceError BAD_PROJECT */
  database(name: string): Promise<Database>;
}

/** Opens the sink that a deployment names. @throws MillraceError BAD_PROJECT, and USAGE for a file of an unknown format. */
export const openSink = async (
  { connection, table = '', file = '', format, csv_safe }: SinkConfig,
  { folder, span, database }: SinkContext,
): Promise<Sink> => {
  if (connection !== undefined) {
    const { tableSink } = await import('./table/table.ts');
    return tableSink({ database: await database(connection), connection, table: parseTable(fillPattern(table, span)) });
  }
  refuseRemote(file, 'BAD_SINK');
  const path = resolve(folder, fillPattern(file, span));
  const { fileSink } = await import('./file/file.ts');
  return fileSink({ path, format: targetFormatOf(path, format), csvSafe: csv_safe, folder });
};
