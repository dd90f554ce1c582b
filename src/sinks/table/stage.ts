/** Tables in which rows wait until all of them are moved into the one that is written. */
import { fail, type MillraceError } from '../../core/errors.ts';
import type { Database, Session, TableName } from '../../databases/database.ts';
import { columnList, identifier, tableText } from '../../databases/sql-text.ts';
import type { ColumnSpec } from '../../files/table.ts';

const DUPLICATES_SHOWN = 3;

/** Columns that are staged: those of one value for all rows get it when rows are moved. */
export const stagedColumns = (columns: readonly ColumnSpec[]): readonly ColumnSpec[] =>
  columns.filter(({ constant }) => constant === undefined);

/** Makes a stage for rows of these columns, unless it is there. */
export const createStage = async (
  session: Session,
  { dialect }: Database,
  stage: TableName,
  columns: readonly ColumnSpec[],
): Promise<void> => {
  const lines = stagedColumns(columns).map((column) =>
    `${identifier(column.name)} ${dialect.stageTypeOf(column)}`.trim(),
  );
  await session.run(`create table if not exists ${tableText(stage)} (${lines.join(', ')})`);
};

/** The failure that a stage is where rows of it share a key. */
export const sharedKey = async (
  database: Database,
  stage: TableName,
  key: readonly string[],
): Promise<MillraceError> => {
  const list = columnList(key);
  const rows = await database.query(
    `select ${list}, count(*) as times from ${tableText(stage)} group by ${list} having count(*) > 1
      order by ${list} limit ${DUPLICATES_SHOWN}`,
  );
  const shown = rows.map((row) => `${key.map((column) => String(row[column])).join(', ')} (${row.times} rows)`);
  return fail('DUPLICATE_KEY', `Rows of the source share a key (${key.join(', ')}): ${shown.join('; ')}`, {
    field: key.join(', '),
    expected: 'one row a key',
    got: shown.join('; '),
  });
};
