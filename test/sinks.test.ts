import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { MillraceError } from '../src/core/errors.ts';
import { openDatabase } from '../src/databases/index.ts';
import { createTableWriter, readTable } from '../src/files/index.ts';
import { rowAt } from '../src/files/scoring.ts';
import type { Format } from '../src/files/table.ts';
import { fileSink } from '../src/sinks/file/file.ts';
import { joinParquet } from '../src/sinks/file/parquet-join.ts';
import { tableSink } from '../src/sinks/table/table.ts';
import { type DatabaseKind, databaseKinds, sqliteKind, within } from './contracts/databases.ts';
import { type Answer, shape } from './contracts/sink-rows.ts';
import { type SinkKind, sinkContract } from './contracts/sinks.ts';
import { tempFolder } from './temp-folder.ts';

const json = (value: unknown): unknown =>
  typeof value === 'string' && value.startsWith('[') ? JSON.parse(value) : value;

/** A row as any of the places gives it, in its own types. */
const answerOf = (row: Readonly<Record<string, unknown>>): Answer => ({
  ride_id: String(row.ride_id),
  pickup: row.pickup instanceof Date ? row.pickup.getTime() : Date.parse(String(row.pickup)),
  minutes: Number(row.minutes),
  label: (row.label ?? null) as string | null,
  is_long: [true, 1, 'true'].includes(row.is_long as never),
  stops: Number(row.stops),
  scores: json(row.scores) as readonly number[],
  run_id: String(row.run_id),
  model: String(row.model),
});

const tableKind = (kind: DatabaseKind): SinkKind => ({
  name: `a table of ${kind.name}`,
  isKeyed: true,
  remove: kind.remove,
  async empty() {
    const url = await kind.url();
    const table = [...kind.words.schema, 'fares'];
    return {
      sink: async () => tableSink({ database: await openDatabase(url), connection: 'warehouse', table }),
      read: () =>
        within(url, async (database) =>
          (await database.table(table)) === undefined
            ? undefined
            : (await database.query('select * from fares')).map(answerOf),
        ),
      leftovers: () =>
        within(url, async (database) => {
          const rows = await database.query(kind.words.tables);
          const { length } = await database.query('select 1 from millrace_shards');
          assert.equal(length, 0);
          const known = ['fares', 'millrace_runs', 'millrace_shards'];
          return rows.map(({ name }) => String(name)).filter((name) => !known.includes(name));
        }),
    };
  },
});

const fileKind = (format: Format): SinkKind => {
  const root = mkdtemp(join(tmpdir(), 'millrace-sinks-'));
  return {
    name: `a ${format} file`,
    isKeyed: false,
    remove: async () => rm(await root, { recursive: true, force: true }),
    async empty() {
      const folder = await mkdtemp(join(await root, 'place-'));
      const path = join(folder, 'deep', `fares.${format}`);
      return {
        sink: async () => fileSink({ path, format, folder }),
        async read() {
          if (!existsSync(path)) return undefined;
          const rows: Answer[] = [];
          for await (const chunk of readTable(path)) {
            for (let index = 0; index < chunk.rows; index++) rows.push(answerOf(rowAt(chunk, index)));
            assert.equal(chunk.rejects.length, 0);
          }
          return rows;
        },
        leftovers: async () =>
          (await readdir(join(folder, 'deep'))).filter(
            (name) => !name.startsWith('fares.') || name.includes('incomplete'),
          ),
      };
    },
  };
};

for (const kind of databaseKinds()) sinkContract(tableKind(kind));
for (const format of ['parquet', 'csv', 'ndjson'] as const) sinkContract(fileKind(format));

describe('a table that is there already', () => {
  const kinds = databaseKinds();
  after(async () => {
    for (const kind of kinds) await kind.remove();
  });
  const fitting = `ride_id text primary key, pickup text, minutes double precision, label text, is_long boolean,
    stops bigint, scores text, run_id text, model text`;
  const cases: readonly (readonly [what: string, columns: string, message: RegExp | undefined])[] = [
    ['that fits is taken', fitting, undefined],
    ['that lacks a column is refused', fitting.replace('minutes', 'minuts'), /no column minutes\. Is it minuts\?/],
    [
      'with a column of another type is refused',
      fitting.replace('minutes double precision', 'minutes bigint'),
      /minutes is bigint/i,
    ],
    [
      'whose key is not unique is refused',
      fitting.replace(' primary key', ''),
      /nothing makes the key \(ride_id\) unique/,
    ],
    [
      'with a further column that must be filled is refused',
      `${fitting}, city text not null`,
      /city must have a value/,
    ],
    ['with a further column that has a default is taken', `${fitting}, city text not null default 'NYC'`, undefined],
  ];
  for (const kind of kinds) {
    for (const [what, columns, message] of cases) {
      it(`${kind.name}: one ${what}`, async () => {
        const url = await kind.url();
        await within(url, (database) => database.run(`create table fares (${columns})`));
        const sink = tableSink({ database: await openDatabase(url), connection: 'warehouse', table: ['fares'] });
        try {
          if (message === undefined) return await sink.check(shape, { deployment: 'fares', isForced: false });
          await assert.rejects(sink.check(shape, { deployment: 'fares', isForced: false }), (error: unknown) => {
            assert.ok(error instanceof MillraceError);
            assert.equal(error.code, 'BAD_SINK');
            assert.match(error.message, message);
            return true;
          });
        } finally {
          await sink.close();
        }
      });
    }
  }
});

describe('a database or disk without room', () => {
  const kind = sqliteKind();
  after(() => kind.remove());

  it('is told as DISK_FULL with its place, and what was committed stays', async () => {
    const url = await kind.url();
    // SQLite's own limit on the size of a file: the database is as full as a disk would make it.
    const database = await openDatabase(url);
    const sink = tableSink({ database, connection: 'warehouse', table: ['fares'] });
    try {
      const run = await sink.open(
        { id: 'a', deployment: 'd', scope: 's', model: 'm', version: '1.0.0', digest: 'x' },
        shape,
      );
      await database.query('pragma max_page_count = 60');
      let committed = 0;
      await assert.rejects(
        async () => {
          for (; committed < 100; committed++) {
            const shard = await run.shard(committed);
            await shard.write({
              rows: 200,
              columns: { ride_id: new Array(200).fill('x'.repeat(100)), ...blanks(200) },
            });
            await shard.commit({ shard: committed });
          }
        },
        (error: unknown) => {
          assert.ok(error instanceof MillraceError);
          assert.equal(error.code, 'DISK_FULL');
          assert.match(error.message, /sqlite:.*is full/);
          return true;
        },
      );
      assert.ok(committed > 0);
      assert.equal((await run.committed()).size, committed);
    } finally {
      await sink.close();
    }
  });
});

const blanks = (rows: number) =>
  Object.fromEntries(
    shape.columns.filter(({ name }) => name !== 'ride_id').map(({ name }) => [name, new Array(rows).fill(null)]),
  );

describe('joining Parquet files', () => {
  const columns = [
    { name: 'id', type: 'BIGINT' },
    { name: 'text', type: 'VARCHAR' },
    { name: 'when', type: 'TIMESTAMP WITH TIME ZONE' },
  ];
  const write = async (path: string, ids: readonly number[], names = columns): Promise<void> => {
    const writer = await createTableWriter(path, { columns: names });
    await writer.write({
      rows: ids.length,
      columns: {
        id: ids,
        text: ids.map((id) => (id % 3 === 0 ? null : `row ${id % 50}`)),
        when: ids.map((id) => id * 1e6),
      },
    });
    await writer.close();
  };

  it('gives every row of all of them, in order, whatever their number of row groups', async (t) => {
    const folder = tempFolder(t);
    const sizes = [0, 1, 150_000, 40];
    const parts: string[] = [];
    let next = 0;
    for (const [index, size] of sizes.entries()) {
      const path = join(folder, `${index}.parquet`);
      await write(
        path,
        Array.from({ length: size }, () => next++),
      );
      parts.push(path);
    }
    const target = join(folder, 'all.parquet');
    await joinParquet(parts, target);
    const again = join(folder, 'again.parquet');
    await joinParquet([target, parts[1] ?? ''], again);
    let expected = 0;
    for await (const chunk of readTable(target)) {
      for (let index = 0; index < chunk.rows; index++, expected++) {
        const row = rowAt(chunk, index);
        assert.equal(row.id, expected);
        assert.equal(row.text, expected % 3 === 0 ? null : `row ${expected % 50}`);
        assert.equal(Date.parse(String(row.when)), expected * 1e6);
      }
    }
    assert.equal(expected, next);
    let rows = 0;
    for await (const chunk of readTable(again)) rows += chunk.rows;
    assert.equal(rows, next + 1);
  });

  it('refuses files with other columns, and files that are not whole', async (t) => {
    const folder = tempFolder(t);
    const [a, b, c] = ['a', 'b', 'c'].map((name) => join(folder, `${name}.parquet`)) as [string, string, string];
    await write(a, [1]);
    await write(b, [1], columns.slice(0, 2));
    await mkdir(join(folder, 'x'));
    await writeFile(c, 'PAR1 and then nothing');
    for (const other of [b, c]) {
      await assert.rejects(
        joinParquet([a, other], join(folder, 'out')),
        (error: unknown) => error instanceof MillraceError && error.code === 'BAD_FILE',
      );
    }
  });
});
