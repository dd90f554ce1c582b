import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  PostgresAdapter,
  PostgresDriver,
  PostgresIntrospector,
  PostgresQueryCompiler,
} from 'kysely';
import pg from 'pg';
import { fail, MillraceError, messageOf } from '../core/errors.ts';
import type { Migratable } from './migrate.ts';

/** Millrace's tables live in their own schema, so that they can share a database with others. */
export const SCHEMA = 'millrace';

const MAX_CONNECTIONS = 10;
const CONNECT_MS = 10_000; // ms
/** Set on each connection: a stuck or vanished peer may hold a lock for so long, and no longer. */
const settings = [`set lock_timeout = '30s'`, `set idle_in_transaction_session_timeout = '60s'`];

const INT8_OID = 20;
const wholeNumber = (text: string): number => {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw fail('STORE_FAILED', `The database holds ${text}, which is past 2^53 - 1`);
  return value;
};
const types = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === INT8_OID && format !== 'binary'
      ? wholeNumber
      : pg.types.getTypeParser(oid, format)) as pg.CustomTypesConfig['getTypeParser'],
};

const explain = (place: string, cause: unknown): MillraceError => {
  if (cause instanceof MillraceError) return cause;
  // A refused connection to a name with two addresses is an AggregateError without a message of its own.
  const inner: unknown = cause instanceof AggregateError ? (cause.errors[0] ?? cause) : cause;
  return fail('STORE_FAILED', `${place}: ${messageOf(inner)}`, { cause });
};

/** Kysely's driver, with its failures told as STORE_FAILED. */
class Driver extends PostgresDriver {
  readonly #place: string;
  readonly #guarded = new WeakSet<DatabaseConnection>();

  constructor(url: string, place: string) {
    super({
      pool: async () => {
        const pool = new pg.Pool({
          connectionString: url,
          application_name: 'millrace',
          max: MAX_CONNECTIONS,
          connectionTimeoutMillis: CONNECT_MS,
          allowExitOnIdle: true,
          types,
        });
        // A connection that breaks while idle leaves the pool; the next query gets a new one, or the failure.
        pool.on('error', () => {});
        // So may one that is in use, between two statements: the next of them tells.
        pool.on('connect', (client) => {
          client.on('error', () => {});
        });
        return pool;
      },
      onCreateConnection: async (connection) => {
        for (const setting of settings) await connection.executeQuery(CompiledQuery.raw(setting));
      },
    });
    this.#place = place;
  }

  /** What a transaction reads after it has waited for a lock is what the one before it wrote, whatever the server's default. */
  override beginTransaction(...[connection, settings]: Parameters<PostgresDriver['beginTransaction']>) {
    return super.beginTransaction(connection, {
      ...settings,
      isolationLevel: settings.isolationLevel ?? 'read committed',
    });
  }

  override async acquireConnection(...rest: Parameters<PostgresDriver['acquireConnection']>) {
    try {
      const connection = await super.acquireConnection(...rest);
      if (!this.#guarded.has(connection)) this.#guard(connection);
      return connection;
    } catch (error) {
      throw explain(this.#place, error);
    }
  }

  #guard(connection: DatabaseConnection): void {
    const execute = connection.executeQuery.bind(connection);
    const place = this.#place;
    connection.executeQuery = async <R>(...rest: Parameters<DatabaseConnection['executeQuery']>) => {
      try {
        return await execute<R>(...rest);
      } catch (error) {
        throw explain(place, error);
      }
    };
    this.#guarded.add(connection);
  }
}

/** `place` is how messages call the database: without user and password. */
export const postgresDialect = (url: string, place: string): Dialect => ({
  createDriver: () => new Driver(url, place),
  createQueryCompiler: () => new PostgresQueryCompiler(),
  createAdapter: () => new PostgresAdapter(),
  createIntrospector: (db) => new PostgresIntrospector(db),
});

export const postgresMigratable: Migratable = {
  words: {
    id: 'bigint generated always as identity primary key',
    integer: 'bigint',
    bytes: 'bytea',
    appendOnly: (table) => [
      `create or replace function refuse_change() returns trigger language plpgsql as
        $$ begin raise exception '% is append-only', tg_table_name; end $$`,
      `create trigger ${table}_append_only before update or delete or truncate on ${table}
        for each statement execute function refuse_change()`,
    ],
    rekey: (table, _columns, { from, to }) => [
      `alter table ${table} drop constraint ${table}_${from.join('_')}_key`,
      `alter table ${table} add unique (${to.join(', ')})`,
    ],
  },
  exists: `select 1 from pg_tables where schemaname = '${SCHEMA}' and tablename = 'migrations'`,
  prepare: [
    // An advisory lock is a number: the first eight hexadecimal digits of the SHA-256 of "millrace migrations".
    `select pg_advisory_xact_lock(${0x1df4ffa0})`,
    `create schema if not exists ${SCHEMA}`,
    `set local search_path to ${SCHEMA}`,
  ],
};
