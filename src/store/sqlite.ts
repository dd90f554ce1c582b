import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import { fail, MillraceError, messageOf } from '../core/errors.ts';
import type { Migratable } from './migrate.ts';
import type { Words } from './migration.ts';
import { isReadOnly, openReadOnly, type ReadOnlyDatabase } from './read-only.ts';

/** How long a statement waits for other processes to release the file, in milliseconds. */
const BUSY_MS = 20_000;
/** The part of it that SQLite may spend asleep with the whole process, so that short waits stay short. */
const NAP_MS = 5;
const MAX_STATEMENTS = 200;

const pragmas = [
  'journal_mode = wal',
  'synchronous = normal',
  'foreign_keys = on',
  'journal_size_limit = 67108864', // bytes that an emptied log file may keep
];

/** SQLITE_BUSY in any of its shapes, save the one (SQLITE_BUSY_SNAPSHOT) that no waiting mends. */
const isBusy = (error: unknown): boolean => {
  const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) : 0;
  return (code & 0xff) === 5 && code !== 517;
};

/** SQLITE_FULL */
const isFull = (error: unknown): boolean => error instanceof Error && 'errcode' in error && error.errcode === 13;

/** SQLITE_READONLY in any of its shapes, or what the system says where nothing can be made. */
const isForbidden = (error: unknown): boolean => {
  const { errcode, code } = error as { readonly errcode?: number; readonly code?: string };
  return ((errcode ?? 0) & 0xff) === 8 || ['EROFS', 'EACCES', 'EPERM'].includes(code ?? '');
};

const explain = (place: string, cause: unknown) => {
  if (cause instanceof MillraceError) return cause;
  if (isForbidden(cause)) {
    return fail('READ_ONLY', `${place} cannot be written to: ${messageOf(cause)}`, {
      expected: 'a home that may be written to; one that may not can predict, serve, inspect and list',
      cause,
    });
  }
  if (isBusy(cause)) {
    return fail('STORE_FAILED', `${place} was locked by another process for ${BUSY_MS / 1000} s; find and end it`, {
      cause,
    });
  }
  if (isFull(cause)) {
    return fail('DISK_FULL', `${place} is full: ${messageOf(cause)}`, {
      expected: 'room; free some, and try again',
      cause,
    });
  }
  return fail('STORE_FAILED', `${place}: ${messageOf(cause)}`, { cause });
};

/** Runs `work` until the file is free, without holding up the rest of the process meanwhile. */
export const whenFree = async <T>(place: string, work: () => T): Promise<T> => {
  const deadline = performance.now() + BUSY_MS;
  for (let turn = 0; ; turn++) {
    try {
      return work();
    } catch (cause) {
      if (!isBusy(cause) || performance.now() > deadline) throw explain(place, cause);
    }
    await sleep(1 + Math.random() * Math.min(25, 2 ** turn));
  }
};

/** Statements made ready once and kept, the last used at the end. */
const createStatements = (database: DatabaseSync) => {
  const kept = new Map<string, StatementSync>();
  return (sql: string): StatementSync => {
    const statement = kept.get(sql) ?? database.prepare(sql);
    kept.delete(sql);
    kept.set(sql, statement);
    if (kept.size > MAX_STATEMENTS) {
      const [oldest] = kept.keys();
      if (oldest !== undefined) kept.delete(oldest);
    }
    return statement;
  };
};

/** node:sqlite's rows have no prototype; those of the other database have one, and are compared and cloned as such. */
const plain = (row: object): object => ({ ...row });

/** `current` answers the same database every time, unless the file is only read and was written to by others. */
const createConnection = (current: () => DatabaseSync, place: string): DatabaseConnection => {
  let database = current();
  let prepared = createStatements(database);
  return {
    executeQuery: <R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> =>
      whenFree(place, () => {
        const now = current();
        if (now !== database) {
          database = now;
          prepared = createStatements(now);
        }
        const statement = prepared(sql);
        const values = parameters as readonly SQLInputValue[];
        if (statement.columns().length > 0) return { rows: statement.all(...values).map(plain) as R[] };
        const { changes, lastInsertRowid } = statement.run(...values);
        return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
      }),
    async *streamQuery<R>({ sql, parameters }: CompiledQuery): AsyncIterableIterator<QueryResult<R>> {
      const values = parameters as readonly SQLInputValue[];
      const rows = await whenFree(place, () =>
        current()
          .prepare(sql)
          .iterate(...values),
      );
      for (const row of rows) yield { rows: [plain(row) as R] };
    },
  };
};

/** Opens or makes the file, ready for several processes. */
export const openDatabase = (path: string, place: string): Promise<DatabaseSync> =>
  whenFree(place, () => {
    if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true });
    const database = new DatabaseSync(path, { timeout: NAP_MS });
    try {
      for (const pragma of pragmas) database.exec(`pragma ${pragma}`);
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  });

/**
 * One connection a process to a SQLite file. A transaction takes the write lock when it begins (`begin immediate`):
 * one that read first and then wanted to write could fail halfway. A transaction with access mode `read only` takes none.
 */
const createDriver = (path: string, place: string): Driver => {
  let database: DatabaseSync | undefined;
  let kept: ReadOnlyDatabase | undefined;
  let connection: DatabaseConnection | undefined;
  const run = async (on: DatabaseConnection, sql: string) => {
    await on.executeQuery(CompiledQuery.raw(sql));
  };
  const quote = (name: string) => `"${name.replaceAll('"', '""')}"`;
  return {
    init: async () => {
      if (isReadOnly(path)) {
        kept = openReadOnly(path, place);
        connection = createConnection(kept.current, place);
        return;
      }
      const opened = await openDatabase(path, place);
      database = opened;
      connection = createConnection(() => opened, place);
    },
    acquireConnection: async () => {
      if (!connection) throw fail('STORE_FAILED', `${place} is not open`);
      return connection;
    },
    beginTransaction: (on, { accessMode }) => run(on, accessMode === 'read only' ? 'begin' : 'begin immediate'),
    commitTransaction: (on) => run(on, 'commit'),
    rollbackTransaction: async (on) => {
      // A failed commit (a full disk) may already have ended the transaction.
      if ((kept?.current() ?? database)?.isTransaction) await run(on, 'rollback');
    },
    savepoint: (on, name) => run(on, `savepoint ${quote(name)}`),
    rollbackToSavepoint: (on, name) => run(on, `rollback to ${quote(name)}`),
    releaseSavepoint: (on, name) => run(on, `release ${quote(name)}`),
    releaseConnection: async () => {},
    destroy: async () => {
      database?.close();
      kept?.close();
    },
  };
};

/** `path` may be `:memory:`. `place` is how messages call the database. */
export const sqliteDialect = (path: string, place: string): Dialect => ({
  createDriver: () => createDriver(path, place),
  createQueryCompiler: () => new SqliteQueryCompiler(),
  createAdapter: () => new SqliteAdapter(),
  createIntrospector: (db) => new SqliteIntrospector(db),
});

const COUNTING_ID = 'integer primary key autoincrement';

/** A key cannot be changed in place: the table is made anew, and its rows keep their ids. */
const rekey: Words['rekey'] = (table, columns, { to }) => {
  const names = ['id', ...columns.map((column) => column.split(' ', 1)[0])].join(', ');
  return [
    `create table ${table}_anew (id ${COUNTING_ID}, ${columns.join(', ')}, unique (${to.join(', ')}))`,
    `insert into ${table}_anew (${names}) select ${names} from ${table}`,
    `drop table ${table}`,
    `alter table ${table}_anew rename to ${table}`,
  ];
};

export const sqliteMigratable: Migratable = {
  words: {
    id: COUNTING_ID,
    rekey,
    integer: 'integer',
    bytes: 'blob',
    appendOnly: (table) =>
      ['update', 'delete'].map(
        (action) => `create trigger ${table}_no_${action} before ${action} on ${table}
          begin select raise(abort, '${table} is append-only'); end`,
      ),
  },
  exists: `select 1 from sqlite_master where type = 'table' and name = 'migrations'`,
  prepare: [],
};
