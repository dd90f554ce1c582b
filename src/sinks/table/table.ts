/** A table of SQLite or PostgreSQL. Rows are staged in a table beside it, and moved in one transaction when a run is whole. */
import type { Database, Session, TableName } from '../../databases/database.ts';
import { tableText } from '../../databases/sql-text.ts';
import type { Sink, SinkShape } from '../sink.ts';
import { createBooks } from './books.ts';
import { createPassage } from './passage.ts';
import { openRun } from './run.ts';
import { createStage } from './stage.ts';
import { createTargetTable } from './target.ts';

export interface TableSinkOptions {
  readonly database: Database;
  /** What the connection is called in the project. */
  readonly connection: string;
  readonly table: TableName;
}

export const tableSink = ({ database, connection, table }: TableSinkOptions): Sink => {
  const { dialect } = database;
  const name = `${table.join('.')} (${connection})`;
  const beside = (one: string): TableName => [...table.slice(0, -1), one];
  const stageOf = (run: string): TableName => beside(`millrace_stage_${run.replaceAll('-', '_')}`);
  const passage = beside(`millrace_pass_${table.at(-1)}`);
  const aside = beside(`${table.at(-1)}_incomplete`);
  const target = createTargetTable(database, table, name);
  const books = createBooks(database, beside);

  const createTables = async (session: Session, shape: SinkShape): Promise<void> => {
    if (dialect.lockTables !== undefined) await session.query(dialect.lockTables);
    await target.create(session, shape);
    await books.create(session);
  };

  return {
    name,
    place: { database, table },
    isTyped: dialect.cells === 'typed',
    check: target.check,
    async open(run, shape) {
      const stage = stageOf(run.id);
      await database.transaction(async (session) => {
        await createTables(session, shape);
        const status = await books.enter(session, run);
        if (status === 'staged') await createStage(session, database, stage, shape.columns);
      });
      return openRun({ database, books, target, stage, aside }, run, shape);
    },
    drop: (run) =>
      database.transaction(async (session) => {
        await session.run(`drop table if exists ${tableText(stageOf(run))}`);
        await books.forget(session, run);
      }),
    upsert: createPassage(database, target, passage, async (shape) => {
      await target.check(shape);
      await database.transaction((session) => createTables(session, shape));
      await createStage(database, database, passage, shape.columns);
      return target.info();
    }),
    close: () => database.close(),
  };
};
