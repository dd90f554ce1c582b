/** Databases of the user's for tests: a real one each, and rows in them. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Database } from '../../src/databases/database.ts';
import { openDatabase } from '../../src/databases/index.ts';
import { identifier } from '../../src/databases/sql-text.ts';
import { startPostgres, stopPostgres } from '../postgres.ts';

/** What tests say in a database's own words. */
interface Words {
  /** The schema in which tables lie, where there are schemas. */
  readonly schema: readonly string[];
  readonly double: string;
  /** The type of instants; undefined where they are texts without an offset. */
  readonly instant: string | undefined;
  /** The function that makes a character of its number. */
  readonly character: string;
  readonly infinity: string;
  /** A query for the names of all tables. */
  readonly tables: string;
}

/** A kind of database: each test gets an empty one. */
export interface DatabaseKind {
  readonly name: string;
  readonly words: Words;
  url(): Promise<string>;
  remove(): Promise<void>;
}

export const sqliteKind = (): DatabaseKind => {
  const root = mkdtemp(join(tmpdir(), 'millrace-databases-'));
  return {
    name: 'SQLite',
    words: {
      schema: [],
      double: 'real',
      instant: undefined,
      character: 'char',
      infinity: '9e999',
      tables: `select name from sqlite_master where type = 'table'`,
    },
    url: async () => `sqlite:${join(await root, `${randomUUID()}.db`)}`,
    remove: async () => rm(await root, { recursive: true, force: true }),
  };
};

export const postgresKind = (): DatabaseKind => ({
  name: 'PostgreSQL',
  words: {
    schema: ['public'],
    double: 'double precision',
    instant: 'timestamptz',
    character: 'chr',
    infinity: "'Infinity'",
    tables: `select tablename as name from pg_tables where schemaname = 'public' order by 1`,
  },
  url: async () => (await startPostgres()).database(),
  remove: stopPostgres,
});

export const databaseKinds = (): readonly DatabaseKind[] => [sqliteKind(), postgresKind()];

const ROWS_AT_ONCE = 500;

/** Creates a table; `types` has a type in the words of both databases for each column. */
export const createTable = async (
  database: Database,
  table: string,
  types: Readonly<Record<string, string>>,
  rows: readonly Readonly<Record<string, unknown>>[] = [],
): Promise<void> => {
  const names = Object.keys(types);
  await database.run(
    `create table ${identifier(table)} (${names.map((name) => `${identifier(name)} ${types[name]}`).join(', ')})`,
  );
  for (let start = 0; start < rows.length; start += ROWS_AT_ONCE) {
    const some = rows.slice(start, start + ROWS_AT_ONCE);
    const values = some.map((row) => `(${names.map((name) => database.dialect.literal(row[name])).join(', ')})`);
    await database.run(`insert into ${identifier(table)} values ${values.join(', ')}`);
  }
};

/** Opens a database for a moment. */
export const within = async <T>(url: string, work: (database: Database) => Promise<T>): Promise<T> => {
  const database = await openDatabase(url);
  try {
    return await work(database);
  } finally {
    await database.close();
  }
};
