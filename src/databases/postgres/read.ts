/** Reading what a query answers, by a COPY out of it. */
import type pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import type { ColumnSpec, TableChunk } from '../../files/table.ts';
import type { ReadQueryOptions } from '../database.ts';
import { identifier } from '../sql-text.ts';
import { readCopy } from './copy-read.ts';
import { incomingOf } from './types.ts';

/** A column of a query's answer, and the SQL that brings it in a form that COPY is read in. */
export interface QueryColumn extends ColumnSpec {
  readonly sql: string;
}

/** True for array types, by a query that is asked once for each set of columns. */
const arraysAmong = async (client: pg.PoolClient, oids: readonly number[]): Promise<ReadonlySet<number>> => {
  const { rows } = await client.query<{ oid: number }>(
    `select oid from pg_type where oid = any($1) and typcategory in ('A', 'C')`,
    [oids],
  );
  return new Set(rows.map(({ oid }) => oid));
};

export const columnsOf = async (client: pg.PoolClient, sql: string): Promise<readonly QueryColumn[]> => {
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

/** All rows of a query; the connection may be used again when the last was given, and else must be ended. */
export async function* copyOut(
  client: pg.PoolClient,
  sql: string,
  options: ReadQueryOptions,
): AsyncGenerator<TableChunk> {
  const columns = await columnsOf(client, sql);
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
  } finally {
    client.removeListener('end', onEnd);
    client.removeListener('error', onEnd);
  }
}
