/** A stage through which rows of a stream pass within one transaction: never a row of it is seen by anybody else. */
import type { Database, TableInfo, TableName } from '../../databases/database.ts';
import { tableText } from '../../databases/sql-text.ts';
import type { Sink } from '../sink.ts';
import { stagedColumns } from './stage.ts';
import type { TargetTable } from './target.ts';

/** `prepare` makes all tables, the passage among them; it is asked once, and again after it failed. */
export const createPassage = (
  database: Database,
  target: TargetTable,
  passage: TableName,
  prepare: (shape: Parameters<NonNullable<Sink['upsert']>>[0]) => Promise<TableInfo>,
): NonNullable<Sink['upsert']> => {
  let ready: Promise<TableInfo> | undefined;
  return async (shape, rows) => {
    ready ??= prepare(shape);
    const info = await ready.catch((error: unknown) => {
      ready = undefined;
      throw error;
    });
    const loader = await database.load(passage, stagedColumns(shape.columns));
    try {
      await loader.write(rows);
    } catch (error) {
      await loader.abort();
      throw error;
    }
    await loader.commit(async (session) => {
      await target.take(session, passage, shape, info);
      await session.run(`delete from ${tableText(passage)}`);
    });
  };
};
