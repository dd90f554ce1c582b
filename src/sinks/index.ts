/** The kinds of sinks: one file and one row here for each. */
import { resolve } from 'node:path';
import type { Database } from '../databases/database.ts';
import { parseTable } from '../databases/sql-text.ts';
import { targetFormatOf } from '../files/index.ts';
import { refuseRemote } from '../files/place.ts';
import type { SinkConfig } from '../project/deployments/batch-sink.ts';
import type { Span } from '../sources/source.ts';
import { fillPattern } from '../sources/template.ts';
import type { Sink } from './sink.ts';

export interface SinkContext {
  /** Where relative paths start. */
  readonly folder: string;
  readonly span: Span | undefined;
  /** A connection of the project, opened anew. @throws MillraceError BAD_PROJECT */
  database(name: string): Promise<Database>;
}

type Opener = (config: SinkConfig, context: SinkContext) => Promise<Sink>;

const table: Opener = async ({ connection = '', table: name = '' }, { span, database }) => {
  const { tableSink } = await import('./table/table.ts');
  return tableSink({ database: await database(connection), connection, table: parseTable(fillPattern(name, span)) });
};

const file: Opener = async ({ file: name = '', format, csv_safe }, { folder, span }) => {
  refuseRemote(name, 'BAD_SINK');
  const path = resolve(folder, fillPattern(name, span));
  const { fileSink } = await import('./file/file.ts');
  return fileSink({ path, format: targetFormatOf(path, format), csvSafe: csv_safe, folder });
};

/** By the key that says of what kind a sink is. */
const sinks = { table, file } as const satisfies Partial<Record<keyof SinkConfig, Opener>>;

/** Opens the sink that a deployment names. @throws BAD_PROJECT, and USAGE for a file of an unknown format. */
export const openSink: Opener = (config, context) => {
  const kinds = Object.keys(sinks) as (keyof typeof sinks)[];
  return sinks[kinds.find((kind) => config[kind] !== undefined) ?? 'file'](config, context);
};
