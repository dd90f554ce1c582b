/** Loading rows into a table: one transaction around a COPY. */
import type pg from 'pg';
import type { ColumnSpec } from '../../files/table.ts';
import type { Loader, TableName } from '../database.ts';
import { telling } from '../failures.ts';
import { columnList, tableText } from '../sql-text.ts';
import { sessionOf } from './connections.ts';
import { startCopyIn } from './copy-in.ts';
import { encodeCopy } from './copy-write.ts';
import { postgresFailures } from './failures.ts';

/** Opens a loader on a connection of its own, which goes back once. `place` is what the database is called in messages. */
export const openLoad = async (
  pool: pg.Pool,
  place: string,
  table: TableName,
  columns: readonly ColumnSpec[],
): Promise<Loader> => {
  const told = telling(place, postgresFailures);
  const client = await pool.connect();
  let isReleased = false;
  const release = (error?: Error): void => {
    if (!isReleased) client.release(error);
    isReleased = true;
  };
  try {
    await client.query('begin');
  } catch (error) {
    release(error as Error);
    throw error;
  }
  const copy = startCopyIn(client, `copy ${tableText(table)} (${columnList(columns)}) from stdin (format binary)`);
  return {
    write: (rows) => told(async () => copy.put(encodeCopy(columns, rows))),
    commit: (also) =>
      told(async () => {
        try {
          await copy.end();
          await also(sessionOf(client, place));
          await client.query('commit');
          release();
        } catch (error) {
          release(error as Error);
          throw error;
        }
      }),
    // Ending the connection is the one way out of a COPY that works whatever its state; the server rolls back.
    abort: async () => release(new Error('aborted')),
  };
};
