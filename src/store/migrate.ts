import { CompiledQuery, type Kysely } from 'kysely';
import { fail } from '../core/errors.ts';
import type { Words } from './migration.ts';
import { migrations } from './migrations.ts';
import type { Tables } from './tables.ts';

/** What a database adds to its Kysely dialect so that migrations can run on it. */
export interface Migratable {
  readonly words: Words;
  /** Answers one row when the table `migrations` is there, none when it is not. */
  readonly exists: string;
  /** Statements at the start of the migrating transaction: its lock, and where the tables go. */
  readonly prepare: readonly string[];
}

type Db = Kysely<Tables>;
const run = async (db: Db, statement: string) => (await db.executeQuery(CompiledQuery.raw(statement))).rows;

const applied = async (db: Db, exists: string): Promise<ReadonlySet<string>> => {
  if ((await run(db, exists)).length === 0) return new Set();
  return new Set((await db.selectFrom('migrations').select('name').execute()).map(({ name }) => name));
};

const pending = (done: ReadonlySet<string>) => migrations.filter(({ name }) => !done.has(name));

/**
 * Brings the schema up to date: all that is missing, in one transaction under a lock, so that any number of processes
 * may start at once and one of them does the work. Costs one query when nothing is missing.
 *
 * @throws MillraceError STORE_FAILED when a later release of Millrace has already changed this database.
 */
export const migrate = async (db: Db, { words, exists, prepare }: Migratable, place: string): Promise<void> => {
  const done = await applied(db, exists);
  const known = new Set(migrations.map(({ name }) => name));
  const stranger = [...done].find((name) => !known.has(name));
  if (stranger !== undefined) {
    throw fail('STORE_FAILED', `${place} was made by a later release of Millrace; use that one, or another database`, {
      expected: `at most the migration "${migrations.at(-1)?.name}"`,
      got: `"${stranger}"`,
    });
  }
  if (pending(done).length === 0) return;
  await db.transaction().execute(async (trx) => {
    for (const statement of prepare) await run(trx, statement);
    await run(trx, 'create table if not exists migrations (name text primary key, at text not null)');
    const at = new Date().toISOString();
    for (const { name, statements } of pending(await applied(trx, exists))) {
      for (const statement of statements(words)) await run(trx, statement);
      await trx.insertInto('migrations').values({ name, at }).execute();
    }
  });
};
