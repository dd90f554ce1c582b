/** What SQLite's schema tells of its tables, and its compiler of queries. */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Session, TableColumn, TableInfo, TableName } from '../database.ts';
import { typeOfDeclared } from './dialect.ts';

/** The file by its device and number, or by its path while there is none. */
export const identityOf = async (path: string): Promise<string> => {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  return found ? `sqlite:${found.dev}:${found.ino}` : `sqlite:${resolve(path)}`;
};

/** The program that SQLite makes of a query opens tables and indexes by their root page: https://www.sqlite.org/opcode.html */
export const readsTable = async (session: Session, sql: string, name: TableName): Promise<boolean> => {
  const roots = await session.query(
    'select rootpage from sqlite_schema where rootpage > 0 and lower(tbl_name) = lower(?)',
    [name.at(-1)],
  );
  if (roots.length === 0) return false;
  const pages = new Set(roots.map(({ rootpage }) => Number(rootpage)));
  const program = await session.query(`explain ${sql}`);
  return program.some(({ opcode, p2, p3 }) => opcode === 'OpenRead' && Number(p3) === 0 && pages.has(Number(p2)));
};

/** Sets of columns that a whole index makes unique; the table's own key is none of them where it is the rowid. */
const uniqueIndexes = async (session: Session, table: string | undefined): Promise<TableInfo['unique']> => {
  const indexes = await session.query(
    `select list.name as list, info.name from pragma_index_list(?) as list, pragma_index_info(list.name) as info
      where list."unique" = 1 and list.partial = 0 order by list.name, info.seqno`,
    [table],
  );
  return [...Map.groupBy(indexes, ({ list }) => list).values()].map((rows) => rows.map((row) => String(row.name)));
};

const isMissingFile = (error: unknown): boolean =>
  ((error as Error | undefined)?.cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT';

/** Undefined when there is no such table, or no file yet. */
export const tableInfo = async (session: Session, name: TableName): Promise<TableInfo | undefined> => {
  const table = name.at(-1);
  try {
    const columns = await session.query(
      'select name, type, "notnull" as fixed, dflt_value, pk from pragma_table_info(?)',
      [table],
    );
    if (columns.length === 0) return undefined;
    const unique = await uniqueIndexes(session, table);
    const primary = columns.filter(({ pk }) => Number(pk) > 0).sort((a, b) => Number(a.pk) - Number(b.pk));
    return {
      columns: columns.map(
        (column): TableColumn => ({
          name: String(column.name),
          type: typeOfDeclared(String(column.type)),
          declared: String(column.type),
          nullable: Number(column.fixed) === 0 && Number(column.pk) === 0,
          hasDefault: column.dflt_value !== null,
        }),
      ),
      unique: primary.length === 0 ? unique : [primary.map((row) => String(row.name)), ...unique],
    };
  } catch (error) {
    if (isMissingFile(error)) return undefined;
    throw error;
  }
};
