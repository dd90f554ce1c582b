/** The kinds of databases, each loaded when first needed: one folder and one row here for each. */
import { fail } from '../core/errors.ts';
import type { Database, OpenOptions } from './database.ts';
import { type Failures, passes } from './failures.ts';
import { postgresFailures } from './postgres/failures.ts';
import { sqliteFailures } from './sqlite/failures.ts';

interface Driver {
  /** How its URLs are written, and whether one is. */
  readonly url: string;
  accepts(url: string): boolean;
  open(url: string, options: OpenOptions): Promise<Database>;
  readonly failures: Failures;
}

const postgres: Driver = {
  url: 'postgres://<user>@<host>:<port>/<database>',
  accepts: (url) => URL.canParse(url),
  open: async (...call) => (await import('./postgres/postgres.ts')).openPostgres(...call),
  failures: postgresFailures,
};

const drivers: Readonly<Record<string, Driver>> = {
  'sqlite:': {
    url: 'sqlite:<path>',
    accepts: () => true,
    open: async (url) => (await import('./sqlite/sqlite.ts')).openSqlite(url.slice('sqlite:'.length)),
    failures: sqliteFailures,
  },
  'postgres:': postgres,
  'postgresql:': postgres,
};

/**
 * Opens `sqlite:<path>` or `postgres://…`; the connection itself is made when it is first needed.
 *
 * @throws MillraceError BAD_PROJECT for any other URL.
 */
export const openDatabase = async (url: string, options: OpenOptions = {}): Promise<Database> => {
  const scheme = url.slice(0, url.indexOf(':') + 1);
  const driver = Object.hasOwn(drivers, scheme) ? drivers[scheme] : undefined;
  if (driver?.accepts(url)) return driver.open(url, options);
  const urls = new Set(Object.values(drivers).map((one) => one.url));
  throw fail('BAD_PROJECT', 'This connection is not the URL of a database', {
    expected: [...urls].join(' or '),
    got: scheme === '' ? 'a text without a scheme' : `${scheme.slice(0, 20)}…`,
  });
};

const failures = Object.values(drivers).map((driver) => driver.failures);

/** True for what passes by itself: a database that restarts, a connection that broke, a lock that others hold. */
export const isTransient = (error: unknown): boolean => passes(error, failures);
