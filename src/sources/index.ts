/** The kinds of sources: one file and one row here for each. */
import type { Database } from '../databases/database.ts';
import { CHUNK_ROWS } from '../files/table.ts';
import type { SourceConfig } from '../project/deployments/batch-source.ts';
import type { Source, Span } from './source.ts';

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

/** By the key that says of what kind a source is. */
const sources = { sql, table: sql, files } as const satisfies Partial<Record<keyof SourceConfig, Opener>>;

/** Opens the source that a deployment names. @throws what the methods of `Source` throw, and BAD_PROJECT. */
export const openSource: Opener = (config, context) => {
  const kinds = Object.keys(sources) as (keyof typeof sources)[];
  return sources[kinds.find((kind) => config[kind] !== undefined) ?? 'files'](config, context);
};
