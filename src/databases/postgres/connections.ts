/** Connections to PostgreSQL, and what is asked and done over one. */
import pg from 'pg';
import type { Database, Session } from '../database.ts';
import { telling } from '../failures.ts';
import { postgresFailures } from './failures.ts';

const CONNECT_TIMEOUT_MS = 10_000;
/** How long a statement waits for the locks of others. */
const LOCK_TIMEOUT_MS = 60_000;
const MOST_CONNECTIONS = 6;

/** `?` marks, as `Session` has them, become `$1`, `$2`, …; in names and texts they stay. */
const numbered = (sql: string): string => {
  let mark = 0;
  return sql.replace(/"(?:[^"]|"")*"|'(?:[^']|'')*'|\?/g, (found) => (found === '?' ? `$${++mark}` : found));
};

const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === 20 && format !== 'binary'
      ? Number
      : pg.types.getTypeParser(oid, format)) as pg.CustomTypesConfig['getTypeParser'],
};

/** The first connection is made when it is needed. `zone` is the time zone of each. */
export const createConnections = (url: string, zone: string): pg.Pool => {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: 'millrace',
    max: MOST_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    allowExitOnIdle: true,
    types,
    options: `-c TimeZone=${zone} -c lock_timeout=${LOCK_TIMEOUT_MS} -c datestyle=ISO`,
  });
  // A connection that breaks while idle leaves the pool; the next query gets a new one, or the failure.
  pool.on('error', () => {});
  pool.on('connect', (client) => {
    client.on('error', () => {});
  });
  return pool;
};

export const sessionOf = (client: pg.ClientBase | pg.Pool, place: string): Session => {
  const told = telling(place, postgresFailures);
  return {
    query: (sql, values = []) => told(async () => (await client.query(numbered(sql), [...values])).rows),
    run: (sql, values = []) => told(async () => (await client.query(numbered(sql), [...values])).rowCount ?? 0),
  };
};

/** Gives a connection back after the work, or throws it away when it may still be busy or broken. */
export const transactionsOf = (pool: pg.Pool, place: string): Database['transaction'] => {
  const told = telling(place, postgresFailures);
  return (work) =>
    told(async () => {
      const client = await pool.connect();
      let broken: Error | undefined;
      try {
        await client.query('begin');
        const result = await work(sessionOf(client, place));
        await client.query('commit');
        return result;
      } catch (error) {
        await client.query('rollback').catch((failure: Error) => {
          broken = failure;
        });
        throw error;
      } finally {
        client.release(broken);
      }
    });
};
