/** Values of databases that no double, calendar or column of an output holds: they cost their row, and no other. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, it } from 'node:test';
import { openDatabase } from '../../../src/databases/index.ts';
import { stopPostgres } from '../../postgres.ts';
import { tempFolder } from '../../temp-folder.ts';
import { createProject, type Kind, type ProjectOptions, trips } from './project.ts';

after(stopPostgres);

const features = Array.from({ length: 15 }, (_, index) => `f${index + 1}`).join(', ');
const select = (f0: string, more = ''): string => `select id, at, city, ${f0} as f0, ${features}${more} from trips`;

const rejectsOf = async (options: Omit<ProjectOptions, 'folder'>, t: Parameters<typeof tempFolder>[0]) => {
  const project = await createProject({ folder: tempFolder(t), rows: trips(200), ...options });
  const { run } = await project.run();
  const app = project.app();
  try {
    const rejects = [];
    for await (const page of await (await app.batch()).rejects(run.id, { unresolved: true })) rejects.push(...page);
    return { project, run, rejects: rejects.map(({ row, problem: { code, field } }) => ({ row, code, field })) };
  } finally {
    await app.close();
  }
};

for (const [what, value, code] of [
  ['too large a numeric', '1e400::numeric', 'NOT_FINITE'],
  ['the numeric infinity', `'-infinity'::numeric`, 'NOT_FINITE'],
  ['the numeric NaN', `'nan'::numeric`, 'NULL_VALUE'],
] as const) {
  it(`postgres: ${what} costs its row, not the run`, async (t) => {
    const sql = select(`case when id = 'trip-000050' then ${value} else f0::numeric end`);
    const { run, rejects } = await rejectsOf(
      { from: 'postgres', to: 'csv', settings: { source: { connection: 'warehouse', sql } } },
      t,
    );
    assert.deepEqual([run.rows_out, run.rows_rejected], [199, 1]);
    assert.deepEqual(rejects, [{ row: 51, code, field: 'f0' }]);
  });
}

it('postgres: a numeric too small for a double is zero, as in JSON and CSV', async (t) => {
  const sql = select(`case when id = 'trip-000050' then 1e-400::numeric else f0::numeric end`);
  const source = { connection: 'warehouse', sql };
  const { run } = await rejectsOf({ from: 'postgres', to: 'csv', settings: { source } }, t);
  assert.equal(run.rows_out, 200);
});

it('postgres: columns that are carried along keep every digit, and the infinities of dates and instants', async (t) => {
  const more = `, 12345678901234567890.1234567890123456789::numeric as money, 'infinity'::timestamptz as until,
    '-infinity'::date as since, '-infinity'::timestamp as local`;
  const columns = ['money', 'until', 'since', 'local'];
  const read = async (to: Kind) => {
    const settings = {
      source: { connection: 'warehouse', sql: select('f0', more) },
      sink: {
        ...(to === 'postgres' ? { connection: 'predictions', table: 'scores' } : { file: `out/scores.${to}` }),
        key: 'id',
        columns,
      },
    };
    return (await rejectsOf({ from: 'postgres', to, settings }, t)).project;
  };
  const csv = readFileSync(join((await read('csv')).folder, 'out', 'scores.csv'), 'utf8');
  assert.match(csv.split('\n')[1], /^trip-000000,12345678901234567890\.1234567890123456789,/);
  const { sink } = await read('postgres');
  const database = await openDatabase(sink.url);
  try {
    const rows = await database.query('select distinct money::text, until::text, since::text, local::text from scores');
    assert.deepEqual(rows, [
      {
        money: '12345678901234567890.1234567890123456789',
        until: 'infinity',
        since: '-infinity',
        local: '-infinity',
      },
    ]);
  } finally {
    await database.close();
  }
});

it('postgres to parquet: a carried number past every double costs its row', async (t) => {
  const sql = select('f0', `, case when id = 'trip-000050' then 1e400 else 0.5 end as money`);
  const settings = {
    source: { connection: 'warehouse', sql },
    sink: { file: 'out/scores.parquet', key: 'id', columns: ['money'] },
  };
  const { run, rejects } = await rejectsOf({ from: 'postgres', to: 'parquet', settings }, t);
  assert.equal(run.rows_out, 199);
  assert.deepEqual(rejects, [{ row: 51, code: 'OUT_OF_RANGE', field: 'money' }]);
});

it('postgres: keys that differ in their last digits only are two keys', async (t) => {
  const sql = `select 12345678901234567890::numeric + f as id, '' as city, ${Array.from({ length: 16 }, (_, index) => `0.5 as f${index}`).join(', ')} from generate_series(0, 9) f`;
  const settings = {
    source: { connection: 'warehouse', sql },
    sink: { file: 'out/scores.csv', key: 'id' },
  };
  const { run } = await rejectsOf({ from: 'postgres', to: 'csv', settings }, t);
  assert.equal(run.rows_out, 10);
});

it('sqlite: infinity and a blob cost their rows, and a number is no instant', async (t) => {
  const f0 = `case id when 'trip-000050' then 9e999 when 'trip-000051' then x'00ff' else f0 end`;
  const source = { connection: 'warehouse', sql: select(f0) };
  const { rejects } = await rejectsOf({ from: 'sqlite', to: 'csv', settings: { source } }, t);
  assert.deepEqual(rejects, [
    { row: 51, code: 'NOT_FINITE', field: 'f0' },
    { row: 52, code: 'WRONG_TYPE', field: 'f0' },
  ]);
});

it('sqlite: a text that is not UTF-8 costs its row, U+FFFD is a text, and both are keys of their own', async (t) => {
  const cafe = "cast(x'636166e9' as text)";
  const id = `case id when 'trip-000050' then ${cafe} when 'trip-000051' then 'trip-\uFFFD' else id end as id`;
  const note = `case id when 'trip-000052' then ${cafe} when 'trip-000053' then '\uFFFD' else city end as note`;
  const sql = select('f0', `, ${note}`).replace('select id,', `select ${id},`);
  for (const to of ['csv', 'sqlite', 'postgres', 'parquet'] as const) {
    const place =
      to === 'sqlite' || to === 'postgres'
        ? { connection: 'predictions', table: 'scores' }
        : { file: `out/scores.${to}` };
    const { run, rejects } = await rejectsOf(
      {
        from: 'sqlite',
        to,
        settings: {
          source: { connection: 'warehouse', sql },
          sink: { ...place, key: 'id', columns: ['note'] },
          shard_rows: 10,
        },
      },
      t,
    );
    assert.deepEqual([run.rows_out, run.rows_rejected], [198, 2], to);
    assert.deepEqual(
      rejects.map(({ code, field }) => [code, field]).sort(),
      [
        ['WRONG_TYPE', 'id'],
        ['WRONG_TYPE', 'note'],
      ],
      to,
    );
  }
});
