import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openRegistry } from '../../src/registry/registry.ts';
import type { Registry } from '../../src/registry/types.ts';
import type { Blobs } from '../../src/store/blobs.ts';
import { folderBlobs } from '../../src/store/folder-blobs.ts';
import { openSql, type Sql } from '../../src/store/sql.ts';
import { sqlBlobs } from '../../src/store/sql-blobs.ts';
import { startPostgres, stopPostgres } from '../postgres.ts';

/** An empty registry somewhere, which can be opened several times. */
export interface Place {
  readonly url: string;
  /** Where blobs are files; undefined where they are in the database. */
  readonly folder?: string;
}

/** A kind of registry: each test gets an empty place of its own. */
export interface Store {
  readonly name: string;
  empty(): Promise<Place>;
  /** Removes all that `empty` has made. */
  remove(): Promise<void>;
}

export const sqliteStore = (): Store => {
  const root = mkdtemp(join(tmpdir(), 'millrace-registry-'));
  return {
    name: 'SQLite with blobs in a folder',
    empty: async () => {
      const home = join(await root, randomUUID());
      return { url: `sqlite:${join(home, 'millrace.db')}`, folder: join(home, 'blobs') };
    },
    remove: async () => rm(await root, { recursive: true, force: true }),
  };
};

export const postgresStore = (): Store => ({
  name: 'PostgreSQL with blobs in the database',
  empty: async () => ({ url: await (await startPostgres()).database() }),
  remove: stopPostgres,
});

export const stores = (): readonly Store[] => [sqliteStore(), postgresStore()];

export interface Opened {
  readonly sql: Sql;
  readonly blobs: Blobs;
  readonly registry: Registry;
}

export interface OpenOptions {
  readonly clock?: () => Date;
  readonly who?: string;
  readonly environments?: readonly string[];
  readonly gates?: (environment: string, model: string) => readonly string[];
}

const noCopies = async (): Promise<Blobs> => {
  throw new Error('nothing is wanted as a file');
};

/** Opens the registry at a place, as one process would. */
export const open = async ({ url, folder }: Place, options: OpenOptions = {}): Promise<Opened> => {
  const sql = await openSql(url);
  const blobs = folder === undefined ? sqlBlobs(sql, noCopies) : await folderBlobs(folder);
  const registry = openRegistry({
    sql,
    blobs,
    environments: ['development', 'staging', 'production'],
    clock: () => new Date(),
    who: 'tester',
    ...options,
  });
  return { sql, blobs, registry };
};
