/** A run into a table: its shards are staged, and moved where readers look in one transaction. */
import type { Database, Session, TableName } from '../../databases/database.ts';
import { identifier, tableText } from '../../databases/sql-text.ts';
import type { SinkRun, SinkRunInfo, SinkShape } from '../sink.ts';
import type { Books } from './books.ts';
import { sharedKey, stagedColumns } from './stage.ts';
import type { TargetTable } from './target.ts';

/** The tables of a run. */
export interface RunTables {
  readonly database: Database;
  readonly books: Books;
  readonly target: TargetTable;
  readonly stage: TableName;
  /** Where rows are kept that did not become a whole run. */
  readonly aside: TableName;
}

/** SQLSTATE 21000: one statement would change a row twice, which means that two staged rows have one key. */
const isTwice = (error: unknown): boolean => {
  for (let one = error; one instanceof Error; one = one.cause) if ('code' in one && one.code === '21000') return true;
  return false;
};

export const openRun = (
  { database, books, target, stage, aside }: RunTables,
  run: SinkRunInfo,
  shape: SinkShape,
): SinkRun => {
  const { id } = run;
  const isPublished = async (session: Session): Promise<boolean> => (await books.statusOf(session, id)) === 'published';
  const leave = async (session: Session, status: 'published' | 'incomplete', rows: number | null): Promise<void> => {
    await books.clearShards(session, id);
    await books.mark(session, id, status, rows);
  };
  return {
    isPublished: () => isPublished(database),
    committed: () => books.entries(id),
    async shard(index) {
      const loader = await database.load(stage, stagedColumns(shape.columns));
      return {
        write: loader.write,
        // A second process that believes in the same shard leaves no rows behind either.
        commit: (entry) => loader.commit((session) => books.addShard(session, id, index, entry)),
        abort: loader.abort,
      };
    },
    async publish(how, rows) {
      const info = await target.info();
      try {
        await database.transaction(async (session) => {
          if (await isPublished(session)) return;
          if (how === 'replace') {
            await target.remove(session, books.othersOf(run));
            await books.replaceOthers(session, run);
          }
          await target.take(session, stage, shape, info);
          if ((await target.count(session, id)) !== rows) throw await sharedKey(database, stage, shape.key);
          await session.run(`drop table ${tableText(stage)}`);
          await leave(session, 'published', rows);
        });
      } catch (error) {
        throw isTwice(error) ? await sharedKey(database, stage, shape.key) : error;
      }
    },
    async setAside() {
      await database.transaction(async (session) => {
        if (!(await database.table(stage))) return;
        await session.run(`drop table if exists ${tableText(aside)}`);
        await session.run(`alter table ${tableText(stage)} rename to ${identifier(aside.at(-1) ?? '')}`);
        await leave(session, 'incomplete', null);
      });
      return aside.join('.');
    },
  };
};
