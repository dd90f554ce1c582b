/** What PostgreSQL's catalog tells of its tables, and its planner of queries. */
import type pg from 'pg';
import type { TableColumn, TableInfo, TableName } from '../database.ts';
import { tableText } from '../sql-text.ts';
import { incomingOf } from './types.ts';

/** The database by its system's number and its name; undefined where that number may not be asked for. */
export const identityOf = async (pool: pg.Pool): Promise<string | undefined> => {
  const system = 'select system_identifier::text as system, current_database() as name from pg_control_system()';
  const found = await pool.query<{ system: string; name: string }>(system).catch(() => undefined);
  const [row] = found?.rows ?? [];
  return row && `postgres:${row.system}/${row.name}`;
};

/** The tables in a plan of `explain (verbose, format json)`, wherever in it they stand. */
function* relationsOf(node: unknown): Generator<string> {
  if (typeof node !== 'object' || node === null) return;
  const { Schema: schema, 'Relation Name': name } = node as Readonly<Record<string, unknown>>;
  if (typeof name === 'string') yield tableText(typeof schema === 'string' ? [schema, name] : [name]);
  for (const inner of Object.values(node)) yield* relationsOf(inner);
}

/** Whether a query reads a table, or a part of it. */
export const readsTable = async (pool: pg.Pool, sql: string, table: TableName): Promise<boolean> => {
  const { rows } = await pool.query<{ 'QUERY PLAN': unknown }>(`explain (verbose, format json) ${sql}`);
  const { rows: wanted } = await pool.query<{ found: boolean }>(
    `with wanted as (select to_regclass($1)::oid as oid union select relid::oid from pg_partition_tree(to_regclass($1)))
      select exists (select from wanted where oid in (select to_regclass(name)::oid from unnest($2::text[]) as name)) as found`,
    [tableText(table), [...relationsOf(rows[0]?.['QUERY PLAN'])]],
  );
  return wanted[0]?.found === true;
};

const columnsOf = async (pool: pg.Pool, table: string): Promise<readonly TableColumn[]> => {
  const { rows } = await pool.query(
    `select a.attname as name, format_type(a.atttypid, a.atttypmod) as declared, a.atttypid::int as oid,
        a.atttypmod as modifier, a.attnotnull as fixed, (a.atthasdef or a.attidentity <> '') as filled
      from pg_attribute a where a.attrelid = to_regclass($1) and a.attnum > 0 and not a.attisdropped
      order by a.attnum`,
    [table],
  );
  return rows.map(({ name, declared, oid, modifier, fixed, filled }) => ({
    name,
    type: incomingOf('', oid, modifier, false).type,
    declared,
    nullable: !fixed,
    hasDefault: filled,
  }));
};

/** Sets of columns that a whole, plain index makes unique. */
const uniqueOf = async (pool: pg.Pool, table: string): Promise<TableInfo['unique']> => {
  const { rows } = await pool.query<{ columns: string[] }>(
    `select array(select a.attname::text from unnest(i.indkey) with ordinality as k (attnum, place)
          join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum order by k.place) as columns
      from pg_index i where i.indrelid = to_regclass($1) and i.indisunique and i.indpred is null and i.indexprs is null`,
    [table],
  );
  return rows.map(({ columns }) => columns);
};

/** Undefined when there is no such table. */
export const tableInfo = async (pool: pg.Pool, name: TableName): Promise<TableInfo | undefined> => {
  const table = tableText(name);
  const columns = await columnsOf(pool, table);
  return columns.length === 0 ? undefined : { columns, unique: await uniqueOf(pool, table) };
};
