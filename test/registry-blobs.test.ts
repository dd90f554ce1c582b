import assert from 'node:assert/strict';
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, it } from 'node:test';
import { folderBlobs } from '../src/store/folder-blobs.ts';
import { openSql, type Sql } from '../src/store/sql.ts';
import { sqlBlobs } from '../src/store/sql-blobs.ts';
import { blobsContract } from './contracts/blobs.ts';
import { type Place, postgresStore, type Store, sqliteStore } from './contracts/stores.ts';

const sqlite = sqliteStore();
const postgres = postgresStore();
const opened: Sql[] = [];

after(async () => {
  for (const sql of opened) await sql.close();
  await sqlite.remove();
  await postgres.remove();
});

const emptyFolder = async (): Promise<string> => (await sqlite.empty()).folder ?? '';

const connect = async ({ url }: Place): Promise<Sql> => {
  const sql = await openSql(url);
  opened.push(sql);
  return sql;
};

blobsContract('a folder', async () => {
  const folder = await emptyFolder();
  return {
    blobs: await folderBlobs(folder),
    again: () => folderBlobs(folder),
    damage: (digest, bytes) => writeFile(join(folder, 'sha256', digest.slice(7)), bytes),
  };
});

const inDatabase = (store: Store) => async () => {
  const place = await store.empty();
  const sql = await connect(place);
  const copies = await emptyFolder();
  return {
    blobs: sqlBlobs(sql, () => folderBlobs(copies)),
    again: async () => sqlBlobs(await connect(place), () => folderBlobs(join(copies, 'again'))),
    damage: async (digest: string, bytes: Uint8Array) => {
      await sql.db.deleteFrom('blob_chunks').where('digest', '=', digest).execute();
      await sql.db.insertInto('blob_chunks').values({ digest, ordinal: 0, bytes }).execute();
    },
  };
};

blobsContract('SQLite', inDatabase(sqlite));
blobsContract('PostgreSQL', inDatabase(postgres));

it('a folder of blobs forgets the drafts of processes that died, and leaves those of the living', async () => {
  const folder = await emptyFolder();
  await mkdir(join(folder, 'temporary'), { recursive: true });
  await writeFile(join(folder, 'temporary', 'dead'), 'half a blo');
  await utimes(join(folder, 'temporary', 'dead'), 0, 0);
  await writeFile(join(folder, 'temporary', 'alive'), 'half a blo');
  const blobs = await folderBlobs(folder);
  assert.deepEqual(await readdir(join(folder, 'temporary')), ['alive']);
  assert.deepEqual(await blobs.list(), []);
});

it('a folder of blobs that cannot be made says so', async () => {
  const folder = await emptyFolder();
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'file'), '');
  await assert.rejects(folderBlobs(join(folder, 'file', 'blobs')), { code: 'STORE_FAILED' });
});
