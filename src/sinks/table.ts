/** A table of SQLite or PostgreSQL. Rows are staged in a table beside it, and moved in one transaction when a run is whole. */
import { dirname } from 'node:path';
import { fail, type MillraceError } from '../core/errors.ts';
import type { Database, Session, TableInfo, TableName } from '../databases/database.ts';
import { columnList, identifier, tableText } from '../databases/sql-text.ts';
import type { ColumnSpec, Rows } from '../files/table.ts';
import { checkTable } from './check-table.ts';
import { checkRoom } from './room.ts';
import type { Sink, SinkEntry, SinkRun, SinkRunInfo, SinkShape } from './sink.ts';

export interface TableSinkOptions {
  readonly database: Database;
  /** What the connection is called in the project. */
  readonly connection: string;
  readonly table: TableName;
}

/** Who made which rows of a table: the deleted rows of an earlier run are found by it. */
export const RUN_COLUMN = 'run_id';

const DUPLICATES_SHOWN = 3;

/** SQLSTATE 21000: one statement would change a row twice, which means that two staged rows have one key. */
const isTwice = (error: unknown): boolean => {
  for (let one = error; one instanceof Error; one = one.cause) if ('code' in one && one.code === '21000') return true;
  return false;
};

export const tableSink = ({ database, connection, table }: TableSinkOptions): Sink => {
  const { dialect } = database;
  const name = `${table.join('.')} (${connection})`;
  const beside = (one: string): TableName => [...table.slice(0, -1), one];
  const runs = tableText(beside('millrace_runs'));
  const shards = tableText(beside('millrace_shards'));
  const target = tableText(table);
  const stageOf = (run: string): TableName => beside(`millrace_stage_${run.replaceAll('-', '_')}`);
  /** Columns of one value for all rows get it when rows are moved, and are not staged. */
  const movingOf = (columns: readonly ColumnSpec[]) => columns.filter(({ constant }) => constant === undefined);
  const staged = (columns: readonly ColumnSpec[]): readonly string[] =>
    movingOf(columns).map((column) => `${identifier(column.name)} ${dialect.stageTypeOf(column)}`.trim());

  const createTarget = ({ columns, key }: SinkShape): readonly string[] => {
    const lines = columns.map(
      (column) => `${identifier(column.name)} ${dialect.typeOf(column)}${key.includes(column.name) ? ' not null' : ''}`,
    );
    const index = identifier(`${table.at(-1)}_${RUN_COLUMN}`);
    return [
      `create table if not exists ${target} (${[...lines, `primary key (${columnList(key)})`].join(', ')})`,
      `create index if not exists ${index} on ${target} (${identifier(RUN_COLUMN)})`,
    ];
  };
  const bookkeeping = [
    `create table if not exists ${runs} (run_id text primary key, deployment text not null, scope text not null,
      model text not null, version text not null, digest text not null, status text not null,
      row_count ${dialect.integer}, changed_at text not null)`,
    `create table if not exists ${shards} (run_id text not null, shard ${dialect.integer} not null, entry text not null,
      primary key (run_id, shard))`,
  ];

  /** Moves rows out of a staging table, each taking the place of the one of its key. */
  const move = async (session: Session, stage: TableName, { columns, key }: SinkShape, info: TableInfo) => {
    const values = columns.map((column) => {
      const declared = info.columns.find((one) => one.name === column.name)?.declared ?? dialect.typeOf(column);
      const quoted = column.constant === undefined ? identifier(column.name) : dialect.literal(column.constant);
      return dialect.cast(quoted, declared);
    });
    const set = columns
      .filter((column) => !key.includes(column.name))
      .map((column) => `${identifier(column.name)} = excluded.${identifier(column.name)}`);
    await session.run(
      `insert into ${target} (${columnList(columns)}) select ${values.join(', ')} from ${tableText(stage)} where true
        on conflict (${columnList(key)}) do update set ${set.join(', ')}`,
    );
  };

  const infoOf = async (): Promise<TableInfo> => {
    const info = await database.table(table);
    if (info) return info;
    throw fail('BAD_SINK', `${name} is no longer there`, {
      expected: 'the table that the run began with',
      got: 'none',
    });
  };

  const drop = (run: string): Promise<void> =>
    database.transaction(async (session) => {
      await session.run(`drop table if exists ${tableText(stageOf(run))}`);
      if (!(await database.table(beside('millrace_shards')))) return;
      await session.run(`delete from ${shards} where run_id = ?`, [run]);
      await session.run(`delete from ${runs} where run_id = ? and status = 'staged'`, [run]);
    });

  const duplicates = async (stage: TableName, { key }: SinkShape): Promise<MillraceError> => {
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

  const openRun = (run: SinkRunInfo, shape: SinkShape): SinkRun => {
    const stage = stageOf(run.id);
    const { columns } = shape;
    const statusOf = async (session: Session): Promise<unknown> =>
      (await session.query(`select status from ${runs} where run_id = ?`, [run.id]))[0]?.status;
    const mark = (session: Session, status: string, rows: number | null) =>
      session.run(`update ${runs} set status = ?, row_count = ?, changed_at = ? where run_id = ?`, [
        status,
        rows,
        new Date().toISOString(),
        run.id,
      ]);

    /** Earlier runs of the same part of the output. */
    const replaceOthers = async (session: Session): Promise<void> => {
      const mine = `deployment = ? and scope = ? and status = 'published' and run_id <> ?`;
      const values = [run.deployment, run.scope, run.id];
      await session.run(
        `delete from ${target} where ${identifier(RUN_COLUMN)} in (select run_id from ${runs} where ${mine})`,
        values,
      );
      await session.run(`update ${runs} set status = 'replaced' where ${mine}`, values);
    };

    return {
      isPublished: async () => (await statusOf(database)) === 'published',
      async committed() {
        const rows = await database.query(`select shard, entry from ${shards} where run_id = ? order by shard`, [
          run.id,
        ]);
        return new Map(rows.map(({ shard, entry }) => [Number(shard), JSON.parse(String(entry)) as SinkEntry]));
      },
      async shard(index) {
        const loader = await database.load(stage, movingOf(columns));
        return {
          write: loader.write,
          // A second process that believes in the same shard fails here, on the key, and leaves no rows behind.
          commit: (entry) =>
            loader.commit(async (session) => {
              await session.run(`insert into ${shards} (run_id, shard, entry) values (?, ?, ?)`, [
                run.id,
                index,
                JSON.stringify(entry),
              ]);
            }),
          abort: loader.abort,
        };
      },
      async publish(how, rows) {
        const info = await infoOf();
        try {
          await database.transaction(async (session) => {
            if ((await statusOf(session)) === 'published') return;
            if (how === 'replace') await replaceOthers(session);
            await move(session, stage, shape, info);
            const [counted] = await session.query(
              `select count(*) as count from ${target} where ${identifier(RUN_COLUMN)} = ?`,
              [run.id],
            );
            if (Number(counted?.count) !== rows) throw await duplicates(stage, shape);
            await session.run(`drop table ${tableText(stage)}`);
            await session.run(`delete from ${shards} where run_id = ?`, [run.id]);
            await mark(session, 'published', rows);
          });
        } catch (error) {
          throw isTwice(error) ? await duplicates(stage, shape) : error;
        }
      },
      async setAside() {
        const aside = beside(`${table.at(-1)}_incomplete`);
        await database.transaction(async (session) => {
          if (!(await database.table(stage))) return;
          await session.run(`drop table if exists ${tableText(aside)}`);
          await session.run(`alter table ${tableText(stage)} rename to ${identifier(aside.at(-1) ?? '')}`);
          await session.run(`delete from ${shards} where run_id = ?`, [run.id]);
          await mark(session, 'incomplete', null);
        });
        return aside.join('.');
      },
    };
  };

  const createAll = (shape: SinkShape, run: SinkRunInfo | undefined): Promise<void> =>
    database.transaction(async (session) => {
      if (dialect.lockTables !== undefined) await session.query(dialect.lockTables);
      if (!(await database.table(table))) for (const statement of createTarget(shape)) await session.run(statement);
      for (const statement of bookkeeping) await session.run(statement);
      if (!run) return;
      const { id, deployment, scope, model, version, digest } = run;
      await session.run(
        `insert into ${runs} (run_id, deployment, scope, model, version, digest, status, changed_at)
          values (?, ?, ?, ?, ?, ?, 'staged', ?) on conflict (run_id) do nothing`,
        [id, deployment, scope, model, version, digest, new Date().toISOString()],
      );
      const [row] = await session.query(`select status from ${runs} where run_id = ?`, [id]);
      if (row?.status !== 'staged') return;
      await session.run(`create table if not exists ${tableText(stageOf(id))} (${staged(shape.columns).join(', ')})`);
    });

  const check = async (shape: SinkShape): Promise<void> => {
    if (database.file !== undefined) await checkRoom(dirname(database.file), name);
    const info = await database.table(table);
    if (info) checkTable({ name, info, shape, cells: dialect.cells });
  };

  /** Where rows of a stream pass through, within one transaction: never a row of it is seen by anybody else. */
  const passage = beside(`millrace_pass_${table.at(-1)}`);
  let ready: Promise<TableInfo> | undefined;
  const prepare = async (shape: SinkShape): Promise<TableInfo> => {
    await check(shape);
    await createAll(shape, undefined);
    await database.run(`create table if not exists ${tableText(passage)} (${staged(shape.columns).join(', ')})`);
    return infoOf();
  };

  return {
    name,
    place: { database, table },
    isTyped: dialect.cells === 'typed',
    check,
    async open(run, shape) {
      await createAll(shape, run);
      return openRun(run, shape);
    },
    drop,
    async upsert(shape: SinkShape, rows: Rows) {
      ready ??= prepare(shape);
      const info = await ready.catch((error: unknown) => {
        ready = undefined;
        throw error;
      });
      const loader = await database.load(passage, movingOf(shape.columns));
      try {
        await loader.write(rows);
      } catch (error) {
        await loader.abort();
        throw error;
      }
      await loader.commit(async (session) => {
        await move(session, passage, shape, info);
        await session.run(`delete from ${tableText(passage)}`);
      });
    },
    close: () => database.close(),
  };
};
