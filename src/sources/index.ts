/** The kinds of sources: one file and one row here for each. */
import type { Database } from '../databases/database.ts';
import { CHUNK_ROWS, type Format } from '../files/table.ts';
import type { Source, Span } from './source.ts';

/** As it stands in `millrace.yaml`: a query, a table, or files. */
export interface SourceConfig {
  readonly connection?: string;
  readonly sql?: string;
  readonly table?: string;
  readonly files?: string | readonly string[];
  readonly format?: Format;
  /** What becomes of columns that some of the files lack: refused unless given. */
  readonly missing_columns?: 'refuse' | null;
}

export interface SourceContext {
  /** Where relative paths start. */
  readonly folder: string;
  readonly key: readonly string[];
  readonly span: Span | undefined;
  readonly chunkRows?: number | undefined;
  /** A connection of the project, opened anew. @throws MillraceError BAD_PROJECT */
  database(name: string): Promise<Database>;
}

type Opener = (config: SourceConfig, context: SourceContext) => Promise<Source>;

const sql: Opener = async ({ connection = '', sql: text, table = '' }, context) => {
  const [{ sqlSource }, { parseTable, tableText }] = await Promise.all([
    import('./sql.ts'),
    import('../databases/sql-text.ts'),
  ]);
  return sqlSource({
    ...context,
    chunkRows: context.chunkRows ?? CHUNK_ROWS,
    name: text === undefined ? `${table} (${connection})` : `the query of ${connection}`,
    database: await context.database(connection),
    sql: text ?? `select * from ${tableText(parseTable(table))}`,
  });
};

const files: Opener = async ({ files: given = [], format, missing_columns }, context) => {
  const { fileSource } = await import('./files/files.ts');
  return fileSource({
    ...context,
    chunkRows: context.chunkRows ?? CHUNK_ROWS,
    files: typeof given === 'string' ? [given] : given,
    format,
    fillsMissing: missing_columns === null,
    isKeyless: context.key.length === 0,
  });
};

/** Opens the source that a deployment names. @throws what the methods of `Source` throw, and BAD_PROJECT. */
export const openSource: Opener = (config, context) =>
  config.connection === undefined ? files(config, context) : sql(config, context);
