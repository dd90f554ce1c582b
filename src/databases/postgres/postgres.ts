/** PostgreSQL, read and written through COPY in its binary format. */
import type { Database, OpenOptions } from '../database.ts';
import { placeFailure, telling } from '../failures.ts';
import { identityOf, readsTable, tableInfo } from './catalog.ts';
import { createConnections, sessionOf, transactionsOf } from './connections.ts';
import { postgresDialect } from './dialect.ts';
import { postgresFailures } from './failures.ts';
import { openLoad } from './load.ts';
import { columnsOf, copyOut } from './read.ts';

/** Opens a pool of connections; the first is made when it is needed. `zone` is the time zone of the session. */
export const openPostgres = (url: string, { zone = 'UTC' }: OpenOptions = {}): Database => {
  const { host, pathname } = new URL(url);
  const place = `postgres://${host}${pathname}`;
  const pool = createConnections(url, zone);
  const told = telling(place, postgresFailures);
  return {
    place,
    dialect: postgresDialect,
    ...sessionOf(pool, place),
    transaction: transactionsOf(pool, place),
    identity: () => told(async () => (await identityOf(pool)) ?? place),
    reads: (sql, table) => told(() => readsTable(pool, sql, table)),
    load: (table, columns) => told(() => openLoad(pool, place, table, columns)),
    describe: (sql) =>
      told(async () => {
        const client = await pool.connect();
        try {
          return (await columnsOf(client, sql)).map(({ name, type }) => ({ name, type }));
        } finally {
          client.release();
        }
      }),
    async *read(sql, options) {
      const client = await told(() => pool.connect());
      let isFinished = false;
      try {
        yield* copyOut(client, sql, options);
        isFinished = true;
      } catch (error) {
        throw placeFailure(place, error, postgresFailures);
      } finally {
        client.release(isFinished ? undefined : new Error('the read was given up'));
      }
    },
    table: (name) => told(() => tableInfo(pool, name)),
    close: async () => {
      if (!pool.ended) await pool.end();
    },
  };
};
