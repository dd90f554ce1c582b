/** What a database tells of the runs that wrote into one of its tables: two tables beside that one, of the runs, and of the shards that each has staged. */
import type { Database, Session, TableName } from '../../databases/database.ts';
import { tableText } from '../../databases/sql-text.ts';
import type { SinkEntry, SinkRunInfo } from '../sink.ts';

export type RunStatus = 'staged' | 'published' | 'replaced' | 'incomplete';

export interface Books {
  create(session: Session): Promise<void>;
  /** Enters a run as staged, unless it is there; resolves to its status. */
  enter(session: Session, run: SinkRunInfo): Promise<RunStatus | undefined>;
  statusOf(session: Session, run: string): Promise<RunStatus | undefined>;
  mark(session: Session, run: string, status: RunStatus, rows: number | null): Promise<void>;
  /** A second process that believes in the same shard fails here, on the key. */
  addShard(session: Session, run: string, shard: number, entry: SinkEntry): Promise<void>;
  /** By shard. */
  entries(run: string): Promise<ReadonlyMap<number, SinkEntry>>;
  clearShards(session: Session, run: string): Promise<void>;
  /** Says nothing more of a run, unless it was published. */
  forget(session: Session, run: string): Promise<void>;
  /** A query of the ids of published runs of the same part of the output, without this one. */
  othersOf(run: SinkRunInfo): { readonly sql: string; readonly values: readonly unknown[] };
  /** Marks them, whose rows are gone. */
  replaceOthers(session: Session, run: SinkRunInfo): Promise<void>;
}

/** `beside` names a table in the schema of the one that is written. */
export const createBooks = (database: Database, beside: (name: string) => TableName): Books => {
  const shardsTable = beside('millrace_shards');
  const [runs, shards] = [tableText(beside('millrace_runs')), tableText(shardsTable)];
  const { integer } = database.dialect;
  const statusOf: Books['statusOf'] = async (session, run) =>
    (await session.query(`select status from ${runs} where run_id = ?`, [run]))[0]?.status as RunStatus | undefined;
  const others = `deployment = ? and scope = ? and status = 'published' and run_id <> ?`;
  const valuesOf = ({ deployment, scope, id }: SinkRunInfo) => [deployment, scope, id];
  return {
    async create(session) {
      await session.run(
        `create table if not exists ${runs} (run_id text primary key, deployment text not null, scope text not null,
          model text not null, version text not null, digest text not null, status text not null,
          row_count ${integer}, changed_at text not null)`,
      );
      await session.run(
        `create table if not exists ${shards} (run_id text not null, shard ${integer} not null, entry text not null,
          primary key (run_id, shard))`,
      );
    },
    async enter(session, run) {
      const { id, deployment, scope, model, version, digest } = run;
      await session.run(
        `insert into ${runs} (run_id, deployment, scope, model, version, digest, status, changed_at)
          values (?, ?, ?, ?, ?, ?, 'staged', ?) on conflict (run_id) do nothing`,
        [id, deployment, scope, model, version, digest, new Date().toISOString()],
      );
      return statusOf(session, id);
    },
    statusOf,
    async mark(session, run, status, rows) {
      await session.run(`update ${runs} set status = ?, row_count = ?, changed_at = ? where run_id = ?`, [
        status,
        rows,
        new Date().toISOString(),
        run,
      ]);
    },
    async addShard(session, run, shard, entry) {
      const values = [run, shard, JSON.stringify(entry)];
      await session.run(`insert into ${shards} (run_id, shard, entry) values (?, ?, ?)`, values);
    },
    async entries(run) {
      const rows = await database.query(`select shard, entry from ${shards} where run_id = ? order by shard`, [run]);
      return new Map(rows.map(({ shard, entry }) => [Number(shard), JSON.parse(String(entry)) as SinkEntry]));
    },
    async clearShards(session, run) {
      await session.run(`delete from ${shards} where run_id = ?`, [run]);
    },
    async forget(session, run) {
      if (!(await database.table(shardsTable))) return;
      await session.run(`delete from ${shards} where run_id = ?`, [run]);
      await session.run(`delete from ${runs} where run_id = ? and status = 'staged'`, [run]);
    },
    othersOf: (run) => ({ sql: `select run_id from ${runs} where ${others}`, values: valuesOf(run) }),
    async replaceOthers(session, run) {
      await session.run(`update ${runs} set status = 'replaced' where ${others}`, valuesOf(run));
    },
  };
};
