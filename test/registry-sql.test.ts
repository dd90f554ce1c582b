import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { sql as raw } from 'kysely';
import { MillraceError } from '../src/core/errors.ts';
import { migrations } from '../src/store/migrations.ts';
import { openSql, type Sql } from '../src/store/sql.ts';
import { type Place, postgresStore, sqliteStore } from './contracts/stores.ts';
import { startPostgres } from './postgres.ts';

const sqlite = sqliteStore();
const postgres = postgresStore();
const opened: Sql[] = [];

after(async () => {
  for (const sql of opened) await sql.close();
  await sqlite.remove();
  await postgres.remove();
});

const openAt = async ({ url }: Pick<Place, 'url'>): Promise<Sql> => {
  const sql = await openSql(url);
  opened.push(sql);
  return sql;
};
const fileOf = ({ url }: Place): string => url.slice('sqlite:'.length);

for (const store of [sqlite, postgres]) {
  describe(`the store, ${store.name}`, () => {
    it('is made once when many open it at the same time', async () => {
      const place = await store.empty();
      const many = await Promise.all(Array.from({ length: 6 }, () => openAt(place)));
      for (const { db } of many) {
        const rows = await db.selectFrom('migrations').select('name').orderBy('at').execute();
        assert.deepEqual(rows.map(({ name }) => name).sort(), migrations.map(({ name }) => name).sort());
      }
    });

    it('is left alone when a later release has changed it', async () => {
      const place = await store.empty();
      const { db } = await openAt(place);
      await db.insertInto('migrations').values({ name: 'from-the-future', at: '2099-01-01T00:00:00.000Z' }).execute();
      await assert.rejects(openSql(place.url), (error: MillraceError) => {
        assert.equal(error.code, 'STORE_FAILED');
        assert.match(error.message, /later release/);
        return true;
      });
    });

    it('undoes a transaction that fails, and goes on', async () => {
      const { db } = await openAt(await store.empty());
      const failing = db.transaction().execute(async (trx) => {
        await trx.insertInto('models').values({ name: 'ride', turn: 0 }).execute();
        throw new Error('changed my mind');
      });
      await assert.rejects(failing, /changed my mind/);
      assert.deepEqual(await db.selectFrom('models').selectAll().execute(), []);
      await db
        .insertInto('models')
        .values({ name: 'ride', turn: 2 ** 52 })
        .execute();
      assert.deepEqual(await db.selectFrom('models').selectAll().execute(), [{ name: 'ride', turn: 2 ** 52 }]);
    });

    it('tells what the database refused as STORE_FAILED, and keeps the cause', async () => {
      const { db, place } = await openAt(await store.empty());
      await db.insertInto('models').values({ name: 'ride', turn: 0 }).execute();
      const twice = db.insertInto('models').values({ name: 'ride', turn: 0 }).execute();
      await assert.rejects(twice, (error: MillraceError) => {
        assert.equal(error.code, 'STORE_FAILED');
        assert.ok(error.message.startsWith(place), error.message);
        assert.ok(error.cause instanceof Error);
        return true;
      });
    });
  });
}

describe('a SQLite store', () => {
  it('waits for another process that holds the file, without stopping this one', async () => {
    const place = await sqlite.empty();
    const { db } = await openAt(place);
    const other = new DatabaseSync(fileOf(place));
    other.exec('begin immediate');
    const waiting = db
      .transaction()
      .execute((trx) => trx.insertInto('models').values({ name: 'ride', turn: 0 }).execute());
    // Were the wait to stop this process, the other could never let go, and the transaction would fail.
    for (let i = 0; i < 200; i++) await turn();
    other.exec(`insert into models (name, turn) values ('fare', 0); commit`);
    await waiting;
    assert.equal((await db.selectFrom('models').selectAll().execute()).length, 2);
    other.close();
  });

  it('is held by a transaction from its beginning, so that what it read stays true until it writes', async () => {
    const place = await sqlite.empty();
    const { db } = await openAt(place);
    const other = new DatabaseSync(fileOf(place));
    await db.transaction().execute(async (trx) => {
      const models = await trx.selectFrom('models').selectAll().execute();
      assert.throws(() => other.exec('begin immediate'), /locked/);
      await trx.insertInto('models').values({ name: 'ride', turn: models.length }).execute();
    });
    other.exec(`update models set turn = 1`);
    other.close();
    assert.deepEqual(await db.selectFrom('models').selectAll().execute(), [{ name: 'ride', turn: 1 }]);
  });

  it('can be read while another process writes', async () => {
    const place = await sqlite.empty();
    const { db } = await openAt(place);
    await db.insertInto('models').values({ name: 'ride', turn: 0 }).execute();
    const other = new DatabaseSync(fileOf(place));
    other.exec(`begin immediate; insert into models (name, turn) values ('fare', 0)`);
    assert.deepEqual(await db.selectFrom('models').select('name').execute(), [{ name: 'ride' }]);
    const seen = await db
      .transaction()
      .setAccessMode('read only')
      .execute((trx) => trx.selectFrom('models').select('name').execute());
    assert.deepEqual(seen, [{ name: 'ride' }]);
    other.exec('commit');
    other.close();
  });

  it('streams rows', async () => {
    const { db } = await openAt(await sqlite.empty());
    const rows = Array.from({ length: 500 }, (_, i) => ({ name: `model-${String(i).padStart(3, '0')}`, turn: i }));
    await db.insertInto('models').values(rows).execute();
    const streamed: unknown[] = [];
    for await (const row of db.selectFrom('models').selectAll().orderBy('name').stream()) streamed.push(row);
    assert.deepEqual(streamed, rows);
  });

  it('refuses a row whose parent is not there', async () => {
    const { db } = await openAt(await sqlite.empty());
    const orphan = db.insertInto('blob_chunks').values({ digest: 'none', ordinal: 0, bytes: new Uint8Array(1) });
    await assert.rejects(orphan.execute(), { code: 'STORE_FAILED' });
  });

  it('refuses a file that is not a database, naming it', async () => {
    const place = await sqlite.empty();
    await mkdir(dirname(fileOf(place)), { recursive: true });
    await writeFile(fileOf(place), 'not a database, but long enough to look at'.repeat(100));
    await assert.rejects(openSql(place.url), (error: MillraceError) => {
      assert.equal(error.code, 'STORE_FAILED');
      assert.ok(error.message.includes(fileOf(place)));
      return true;
    });
  });

  it('can live in memory', async () => {
    const { db } = await openAt({ url: 'sqlite::memory:' });
    assert.deepEqual(await db.selectFrom('models').selectAll().execute(), []);
  });
});

describe('a PostgreSQL store', () => {
  it('answers again when the server comes back', async () => {
    const server = await startPostgres();
    const { db } = await openAt(await postgres.empty());
    await db.insertInto('models').values({ name: 'ride', turn: 0 }).execute();
    await server.stop();
    await assert.rejects(db.selectFrom('models').selectAll().execute(), { code: 'STORE_FAILED' });
    await server.start();
    assert.deepEqual(await db.selectFrom('models').selectAll().execute(), [{ name: 'ride', turn: 0 }]);
  });

  it('sees what others wrote while it waited, also where the server would rather not', async () => {
    const { url } = await postgres.empty();
    const { db } = await openAt({ url });
    await db.insertInto('models').values({ name: 'ride', turn: 0 }).execute();
    const name = raw.id(new URL(url).pathname.slice(1));
    await raw`alter database ${name} set default_transaction_isolation = serializable`.execute(db);
    const many = await Promise.all([openAt({ url }), openAt({ url })]);
    await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        many[i % 2]?.db.transaction().execute((trx) =>
          trx
            .updateTable('models')
            .set((row) => ({ turn: row('turn', '+', 1) }))
            .execute(),
        ),
      ),
    );
    assert.deepEqual(await db.selectFrom('models').select('turn').execute(), [{ turn: 20 }]);
  });

  it('keeps to its own schema', async () => {
    const { url } = await postgres.empty();
    const before = new URL(url);
    const { db } = await openAt({ url });
    await openAt({ url: before.href.replace(/^postgres:/, 'postgresql:') });
    const tables = await db.introspection.getTables();
    assert.deepEqual([...new Set(tables.map(({ schema }) => schema))], ['millrace']);
  });

  it('never tells the password', async () => {
    const url = new URL(await postgres.empty().then((place) => place.url));
    url.password = 'a-wrong-secret';
    await assert.rejects(openSql(url.href), (error: MillraceError) => {
      assert.equal(error.code, 'STORE_FAILED');
      assert.ok(!JSON.stringify(error.problem).includes('secret'));
      return true;
    });
  });
});

describe('the URL of a store', () => {
  it('names SQLite or PostgreSQL, and what it is else stays untold', async () => {
    const urls = [
      '',
      'millrace.db',
      'sqlite:',
      'mysql://root:secret@127.0.0.1/db',
      'postgres://user:sec ret@:::',
      'x:secret',
    ];
    for (const url of urls) {
      await assert.rejects(openSql(url), (error: MillraceError) => {
        assert.ok(error instanceof MillraceError, String(error));
        assert.equal(error.code, 'STORE_FAILED');
        assert.ok(!JSON.stringify(error.problem).includes('secret'));
        return true;
      });
    }
  });
});
