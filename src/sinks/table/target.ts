/** The table that is written. */
import { dirname } from 'node:path';
import { fail } from '../../core/errors.ts';
import type { Database, Session, TableInfo, TableName } from '../../databases/database.ts';
import { columnList, identifier, tableText } from '../../databases/sql-text.ts';
import { checkRoom } from '../room.ts';
import type { SinkShape } from '../sink.ts';
import { checkTable } from './check.ts';

/** Who made which rows of a table: the deleted rows of an earlier run are found by it. */
const RUN_COLUMN = 'run_id';

export interface TargetTable {
  /** @throws MillraceError BAD_SINK, DISK_FULL for what would not let answers of this shape in. */
  check(shape: SinkShape): Promise<void>;
  /** Makes it, unless it is there. */
  create(session: Session, shape: SinkShape): Promise<void>;
  /** What it is now. @throws MillraceError BAD_SINK when it is gone. */
  info(): Promise<TableInfo>;
  /** Takes all rows of a stage, each in place of the one of its key. */
  take(session: Session, stage: TableName, shape: SinkShape, info: TableInfo): Promise<void>;
  /** Rows that a run made. */
  count(session: Session, run: string): Promise<number>;
  /** Removes the rows of runs, of which `sql` is a query. */
  remove(session: Session, runs: { readonly sql: string; readonly values: readonly unknown[] }): Promise<void>;
}

/** `name` is what the table is called in messages. */
export const createTargetTable = (database: Database, table: TableName, name: string): TargetTable => {
  const { dialect } = database;
  const target = tableText(table);
  const runColumn = identifier(RUN_COLUMN);
  return {
    async check(shape) {
      if (database.file !== undefined) await checkRoom(dirname(database.file), name);
      const info = await database.table(table);
      if (info) checkTable({ name, info, shape, cells: dialect.cells });
    },
    async create(session, { columns, key }) {
      if (await database.table(table)) return;
      const lines = columns.map(
        (column) =>
          `${identifier(column.name)} ${dialect.typeOf(column)}${key.includes(column.name) ? ' not null' : ''}`,
      );
      const index = identifier(`${table.at(-1)}_${RUN_COLUMN}`);
      await session.run(`create table if not exists ${target} (${lines.join(', ')}, primary key (${columnList(key)}))`);
      await session.run(`create index if not exists ${index} on ${target} (${runColumn})`);
    },
    async info() {
      const info = await database.table(table);
      if (info) return info;
      const expected = 'the table that the run began with';
      throw fail('BAD_SINK', `${name} is no longer there`, { expected, got: 'none' });
    },
    async take(session, stage, { columns, key }, info) {
      const values = columns.map((column) => {
        const declared = info.columns.find((one) => one.name === column.name)?.declared ?? dialect.typeOf(column);
        const value = column.constant === undefined ? identifier(column.name) : dialect.literal(column.constant);
        return dialect.cast(value, declared);
      });
      const set = columns
        .filter((column) => !key.includes(column.name))
        .map((column) => `${identifier(column.name)} = excluded.${identifier(column.name)}`);
      await session.run(
        `insert into ${target} (${columnList(columns)}) select ${values.join(', ')} from ${tableText(stage)} where true
          on conflict (${columnList(key)}) do update set ${set.join(', ')}`,
      );
    },
    async count(session, run) {
      const [row] = await session.query(`select count(*) as count from ${target} where ${runColumn} = ?`, [run]);
      return Number(row?.count);
    },
    async remove(session, { sql, values }) {
      await session.run(`delete from ${target} where ${runColumn} in (${sql})`, values);
    },
  };
};
