/** PostgreSQL, read and written through COPY in its binary format. */
import { once } from 'node:events';
import pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import type { Database, Loader, OpenOptions, Session, TableColumn } from '../database.ts';
import { placeFailure } from '../failures.ts';
import { columnList, identifier, tableText } from '../sql-text.ts';
import { readCopy } from './copy-read.ts';
import { copyHeader, copyTrailer, encodeCopy } from './copy-write.ts';
import { postgresDialect } from './dialect.ts';
import { incomingOf } from './types.ts';

const CONNECT_TIMEOUT = 10_000;
/** How long a statement waits for the locks of others, in milliseconds. */
const LOCK_TIMEOUT = 60_000;
const CONNECTIONS = 6;

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

/** True for array types, by a query that is asked once for each set of columns. */
const arraysAmong = async (client: pg.PoolClient, oids: readonly number[]): Promise<ReadonlySet<number>> => {
  const { rows } = await client.query<{ oid: number }>(
    `select oid from pg_type where oid = any($1) and typcategory in ('A', 'C')`,
    [oids],
  );
  return new Set(rows.map(({ oid }) => oid));
};

/** The tables in a plan of `explain (verbose, format json)`, wherever in it they stand. */
function* relationsOf(node: unknown): Generator<string> {
  if (typeof node !== 'object' || node === null) return;
  const { Schema: schema, 'Relation Name': name } = node as Readonly<Record<string, unknown>>;
  if (typeof name === 'string') yield tableText(typeof schema === 'string' ? [schema, name] : [name]);
  for (const inner of Object.values(node)) yield* relationsOf(inner);
}

/** Opens a pool of connections; the first is made when it is needed. `zone` is the time zone of the session. */
export const openPostgres = (url: string, { zone = 'UTC' }: OpenOptions = {}): Database => {
  const { host, pathname } = new URL(url);
  const place = `postgres://${host}${pathname}`;
  const pool = new pg.Pool({
    connectionString: url,
    application_name: 'millrace',
    max: CONNECTIONS,
    connectionTimeoutMillis: CONNECT_TIMEOUT,
    allowExitOnIdle: true,
    types,
    options: `-c TimeZone=${zone} -c lock_timeout=${LOCK_TIMEOUT} -c datestyle=ISO`,
  });
  // A connection that breaks while idle leaves the pool; the next query gets a new one, or the failure.
  pool.on('error', () => {});
  pool.on('connect', (client) => {
    client.on('error', () => {});
  });

  const told = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw placeFailure(place, error);
    }
  };
  const sessionOf = (client: pg.ClientBase | pg.Pool): Session => ({
    query: (sql, values = []) => told(async () => (await client.query(numbered(sql), [...values])).rows),
    run: (sql, values = []) => told(async () => (await client.query(numbered(sql), [...values])).rowCount ?? 0),
  });

  /** Gives a client back, or throws it away when it may still be busy or broken. */
  const transaction: Database['transaction'] = (work) =>
    told(async () => {
      const client = await pool.connect();
      let broken: Error | undefined;
      try {
        await client.query('begin');
        const result = await work(sessionOf(client));
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

  const incomingColumns = async (client: pg.PoolClient, sql: string) => {
    const { fields } = await client.query({ text: `select * from (${sql}\n) as source limit 0`, rowMode: 'array' });
    const arrays = await arraysAmong(
      client,
      fields.map(({ dataTypeID }) => dataTypeID),
    );
    return fields.map(({ name, dataTypeID, dataTypeModifier }) => ({
      name,
      ...incomingOf(identifier(name), dataTypeID, dataTypeModifier, arrays.has(dataTypeID)),
    }));
  };

  const load = (table: readonly string[], columns: Parameters<Database['load']>[1]): Promise<Loader> =>
    told(async () => {
      const client = await pool.connect();
      let failure: Error | undefined;
      let done = false;
      const release = (error?: Error): void => {
        if (!done) client.release(error);
        done = true;
      };
      try {
        await client.query('begin');
      } catch (error) {
        release(error as Error);
        throw error;
      }
      const copy = client.query(
        copyFrom(`copy ${tableText(table)} (${columnList(columns)}) from stdin (format binary)`),
      );
      copy.on('error', (error) => {
        failure ??= error;
      });
      const put = async (bytes: Buffer): Promise<void> => {
        if (failure) throw failure;
        if (!copy.write(bytes)) {
          // Whichever does not come is no longer listened for.
          const listening = new AbortController();
          const { signal } = listening;
          await Promise.race([once(copy, 'drain', { signal }), once(copy, 'close', { signal })]).finally(() =>
            listening.abort(),
          );
        }
        if (failure) throw failure;
      };
      const abort = async (): Promise<void> => {
        if (done) return;
        // Ending the connection is the one way out of a COPY that works whatever its state; the server rolls back.
        release(new Error('aborted'));
      };
      let headed = false;
      return {
        write: (rows) =>
          told(async () => {
            const bytes = encodeCopy(columns, rows);
            if (!headed) await put(copyHeader);
            headed = true;
            await put(bytes);
          }),
        commit: (also) =>
          told(async () => {
            try {
              if (!headed) await put(copyHeader);
              await put(copyTrailer);
              let onEnd = (): void => {};
              const finished = new Promise<void>((resolve, reject) => {
                onEnd = () => reject(new Error('Connection terminated'));
                copy.once('finish', resolve);
                copy.once('error', reject);
                client.once('end', onEnd);
              });
              copy.end();
              await finished.finally(() => client.removeListener('end', onEnd));
              await also(sessionOf(client));
              await client.query('commit');
              release();
            } catch (error) {
              release(error as Error);
              throw error;
            }
          }),
        abort,
      };
    });

  return {
    place,
    dialect: postgresDialect,
    ...sessionOf(pool),
    transaction,
    identity: () =>
      told(async () => {
        const system = 'select system_identifier::text as system, current_database() as name from pg_control_system()';
        const found = await pool.query<{ system: string; name: string }>(system).catch(() => undefined);
        const [row] = found?.rows ?? [];
        return row ? `postgres:${row.system}/${row.name}` : place;
      }),
    reads: (sql, table) =>
      told(async () => {
        const { rows } = await pool.query<{ 'QUERY PLAN': unknown }>(`explain (verbose, format json) ${sql}`);
        const { rows: wanted } = await pool.query<{ found: boolean }>(
          `with wanted as (select to_regclass($1)::oid as oid union select relid::oid from pg_partition_tree(to_regclass($1)))
            select exists (select from wanted where oid in (select to_regclass(name)::oid from unnest($2::text[]) as name)) as found`,
          [tableText(table), [...relationsOf(rows[0]?.['QUERY PLAN'])]],
        );
        return wanted[0]?.found === true;
      }),
    load,
    describe: (sql) =>
      told(async () => {
        const client = await pool.connect();
        try {
          return (await incomingColumns(client, sql)).map(({ name, type }) => ({ name, type }));
        } finally {
          client.release();
        }
      }),
    async *read(sql, options) {
      const client = await told(() => pool.connect());
      let finished = false;
      try {
        const columns = await told(() => incomingColumns(client, sql));
        const list = columns.map((column) => column.sql).join(', ');
        const copy = client.query(copyTo(`copy (select ${list} from (${sql}\n) as source) to stdout (format binary)`));
        // Whoever reads hears of a failure; it may also come when nobody reads any more.
        copy.on('error', () => {});
        // Without this, a connection that breaks would leave the stream waiting for ever.
        const onEnd = (): void => {
          copy.destroy(new Error('Connection terminated'));
        };
        client.once('end', onEnd);
        client.once('error', onEnd);
        try {
          yield* readCopy(copy as AsyncIterable<Buffer>, columns, options);
          finished = true;
        } finally {
          client.removeListener('end', onEnd);
          client.removeListener('error', onEnd);
        }
      } catch (error) {
        throw placeFailure(place, error);
      } finally {
        client.release(finished ? undefined : new Error('the read was given up'));
      }
    },
    table: (name) =>
      told(async () => {
        const { rows } = await pool.query(
          `select a.attname as name, format_type(a.atttypid, a.atttypmod) as declared, a.atttypid::int as oid,
              a.atttypmod as modifier, a.attnotnull as fixed, (a.atthasdef or a.attidentity <> '') as filled
            from pg_attribute a where a.attrelid = to_regclass($1) and a.attnum > 0 and not a.attisdropped
            order by a.attnum`,
          [tableText(name)],
        );
        if (rows.length === 0) return undefined;
        const { rows: indexes } = await pool.query<{ columns: string[] }>(
          `select array(select a.attname::text from unnest(i.indkey) with ordinality as k (attnum, place)
                join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum order by k.place) as columns
            from pg_index i where i.indrelid = to_regclass($1) and i.indisunique and i.indpred is null and i.indexprs is null`,
          [tableText(name)],
        );
        return {
          columns: rows.map(
            ({ name: column, declared, oid, modifier, fixed, filled }): TableColumn => ({
              name: column,
              type: incomingOf('', oid, modifier, false).type,
              declared,
              nullable: !fixed,
              hasDefault: filled,
            }),
          ),
          unique: indexes.map(({ columns }) => columns),
        };
      }),
    close: async () => {
      if (!pool.ended) await pool.end();
    },
  };
};
