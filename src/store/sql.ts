import { Kysely } from 'kysely';
import { fail } from '../core/errors.ts';
import { type Migratable, migrate } from './migrate.ts';
import type { Tables } from './tables.ts';

/** An open store. One set of queries runs on both databases; what differs stands in `sqlite.ts` and `postgres.ts`. */
export interface Sql {
  readonly db: Kysely<Tables>;
  readonly kind: 'sqlite' | 'postgres';
  /** The URL without user and password, for messages. */
  readonly place: string;
  /** May be called twice. */
  close(): Promise<void>;
}

const EXPECTED = 'sqlite:<path> or postgres://<user>@<host>:<port>/<database>';

/**
 * Opens `sqlite:<path>` (relative to the working directory; `sqlite::memory:` is a private one) or `postgres://…`
 * (`postgresql://…`), makes what is not there, and brings the schema up to date. Several processes may share one.
 *
 * In SQLite an acknowledged write survives the end of the process at any moment; the last ones before a power cut may
 * be lost (`synchronous = normal`), whole transactions only.
 *
 * @throws MillraceError STORE_FAILED, its message without the password; so do all queries.
 */
export const openSql = async (url: string): Promise<Sql> => {
  const scheme = url.slice(0, url.indexOf(':') + 1);
  if (scheme === 'sqlite:') {
    const path = url.slice(scheme.length).replace(/^\/\/(?=\/)/, '');
    if (path === '') throw fail('STORE_FAILED', 'This database URL has no path', { expected: EXPECTED, got: url });
    const place = `sqlite:${path}`;
    const { sqliteDialect, sqliteMigratable } = await import('./sqlite.ts');
    const db = new Kysely<Tables>({ dialect: sqliteDialect(path, place) });
    return ready({ db, kind: 'sqlite', place, close: () => db.destroy() }, sqliteMigratable);
  }
  if ((scheme === 'postgres:' || scheme === 'postgresql:') && URL.canParse(url)) {
    const { host, pathname } = new URL(url);
    const place = `postgres://${host}${pathname}`;
    const { postgresDialect, postgresMigratable, SCHEMA } = await import('./postgres.ts');
    const db = new Kysely<Tables>({ dialect: postgresDialect(url, place) });
    return ready({ db: db.withSchema(SCHEMA), kind: 'postgres', place, close: () => db.destroy() }, postgresMigratable);
  }
  throw fail('STORE_FAILED', `This is not the URL of a database: expected ${EXPECTED}`, {
    expected: EXPECTED,
    got: scheme === '' ? 'a text without a scheme' : `${scheme.slice(0, 20)}…`,
  });
};

const ready = async (sql: Sql, migratable: Migratable): Promise<Sql> => {
  try {
    await migrate(sql.db, migratable, sql.place);
    return sql;
  } catch (error) {
    await sql.close();
    throw error;
  }
};
