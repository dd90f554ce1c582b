/** Parquet's own types: what a scorer sees of them, and that they pass through unchanged. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { MillraceError } from '../src/core/errors.ts';
import { openDuck } from '../src/files/duckdb.ts';
import { pickRows } from '../src/files/rows.ts';
import { columnsOf, readAll, rowsOf, write } from './contracts/tables.ts';
import { twoFiles } from './parquet-files.ts';
import { tempFolder } from './temp-folder.ts';

const types = `
  SELECT i, i % 3 = 0 AS flag, i::TINYINT AS tiny, (i * 100)::SMALLINT AS small, (i * 100000)::INTEGER AS int,
    9007199254740990 + i AS big, i::UTINYINT AS utiny, i::USMALLINT AS usmall, i::UINTEGER AS uint, i::UBIGINT AS ubig,
    (i / 3)::FLOAT AS single, i / 7 AS double, 'text ' || i || ' — long enough to be far away' AS text,
    (i / 10)::DECIMAL(4, 1) AS d4, (i / 10)::DECIMAL(9, 2) AS d9, (i * 10000000000)::DECIMAL(18, 4) AS d18,
    i::DECIMAL(38, 10) AS d38, DATE '2024-02-28' + i::INTEGER AS date,
    TIMESTAMP '2024-02-29 23:59:58.123456' + to_days(i::INTEGER) AS stamp,
    TIMESTAMP_NS '1969-12-31 23:59:59.999999999' AS nano, TIMESTAMPTZ '2024-02-29 12:00:00+02' AS zoned,
    TIME '12:34:56.789' AS time, INTERVAL (i) DAY AS span, 'ab'::BLOB AS bytes,
    '00000000-0000-0000-0000-00000000000a'::UUID AS uuid, [i, NULL, 2] AS list, [1.5::FLOAT, i] AS floats,
    {'a': i, 'b': 'it''s "b"', 'c': DATE '2020-01-01'} AS struct, MAP {'k': i} AS map, '{"x": [1, 2]}'::JSON AS json
  FROM range(5) t(i)`;

/** The same columns, each missing in other rows. */
const gaps = `SELECT ${[
  'i',
  'flag',
  'tiny',
  'big',
  'single',
  'double',
  'text',
  'd9',
  'd38',
  'date',
  'stamp',
  'zoned',
  'list',
  'struct',
]
  .map((name, index) => `CASE WHEN (i + ${index}) % 2 = 0 THEN ${name} END AS ${name}`)
  .join(
    ', ',
  )}, CASE WHEN i = 1 THEN NULL WHEN i = 2 THEN 'nan'::DOUBLE WHEN i = 3 THEN 'infinity'::DOUBLE ELSE i END AS odd
  FROM (${types})`;

const sql = async <T>(
  work: (run: (text: string) => Promise<readonly (readonly unknown[])[]>) => Promise<T>,
): Promise<T> => {
  const duck = await openDuck();
  try {
    return await work(async (text) => (await duck.connection.runAndReadAll(text)).getRowsJson());
  } finally {
    duck.close();
  }
};

for (const [what, query] of [
  ['every type', types],
  ['every type with gaps', gaps],
] as const) {
  test(`${what} passes through, its name, its order and its values unchanged`, async (t) => {
    const { from, to } = twoFiles(t);
    await sql((run) => run(`COPY (${query}) TO '${from}'`));
    const [chunk] = await readAll(from);
    const columns = Object.entries(chunk.types).map(([name, type]) => ({ name, type }));
    await write(to, columns, chunk);
    await sql(async (run) => {
      assert.deepEqual(await run(`DESCRIBE FROM '${to}'`), await run(`DESCRIBE FROM '${from}'`));
      assert.deepEqual(await run(`FROM '${to}'`), await run(`FROM '${from}'`));
    });
  });
}

test('a scorer sees numbers as numbers, times as ISO text, and integers past 2^53 as bigint', async (t) => {
  const { from } = twoFiles(t);
  await sql((run) => run(`COPY (${types}) TO '${from}'`));
  const [, row] = rowsOf(await readAll(from));
  assert.deepEqual(row, {
    i: 1,
    flag: false,
    tiny: 1,
    small: 100,
    int: 100_000,
    big: 9007199254740991,
    utiny: 1,
    usmall: 1,
    uint: 1,
    ubig: 1,
    single: Math.fround(1 / 3),
    double: 1 / 7,
    text: 'text 1 — long enough to be far away',
    d4: 0.1,
    d9: 0.1,
    d18: 1e10,
    d38: 1,
    date: '2024-02-29',
    stamp: '2024-03-01T23:59:58.123456',
    nano: '1969-12-31T23:59:59.999999999',
    zoned: '2024-02-29T10:00:00.000Z',
    time: '12:34:56.789',
    span: '1 day',
    bytes: 'ab',
    uuid: '00000000-0000-0000-0000-00000000000a',
    list: [1, null, 2],
    floats: [1.5, 1],
    struct: { a: 1, b: 'it\'s "b"', c: '2020-01-01' },
    map: { k: 1 },
    json: { x: [1, 2] },
  });
  const [, , , , last] = rowsOf(await readAll(from));
  assert.deepEqual([last.big, last.stamp], [9007199254740994n, '2024-03-04T23:59:58.123456']);
});

test('no column is read but those that are needed, though all are named', async (t) => {
  const { from } = twoFiles(t);
  await sql((run) => run(`COPY (SELECT i, i * 2 AS twice, 'x' AS text FROM range(3) t(i)) TO '${from}'`));
  const [chunk] = await readAll(from, { only: ['twice', 'elsewhere'] });
  assert.deepEqual(rowsOf([chunk]), [{ twice: 0 }, { twice: 2 }, { twice: 4 }]);
  assert.deepEqual(Object.keys(chunk.stored ?? {}), ['twice']);
  assert.deepEqual({ ...chunk.types }, { i: 'BIGINT', twice: 'BIGINT', text: 'VARCHAR' });
  const [none] = await readAll(from, { only: [] });
  assert.deepEqual([none.rows, Object.keys(none.columns)], [3, []]);
});

test('missing values are missing whatever their type, and NaN is not mixed up with them in the file', async (t) => {
  const { from, to } = twoFiles(t);
  await sql((run) => run(`COPY (${gaps}) TO '${from}'`));
  const [chunk] = await readAll(from);
  assert.deepEqual(
    rowsOf([chunk]).map(({ odd }) => odd),
    [0, null, null, Number.POSITIVE_INFINITY, 4],
  );
  assert.deepEqual(
    rowsOf([chunk]).map(({ flag }) => flag),
    [null, false, null, true, null],
  );
  await write(to, [{ name: 'odd', type: 'DOUBLE' }], chunk);
  assert.deepEqual(await sql((run) => run(`SELECT odd IS NULL, isnan(odd) FROM '${to}'`)), [
    [false, false],
    [true, null],
    [false, true],
    [false, false],
    [false, false],
  ]);
});

test('picked rows keep what is stored', async (t) => {
  const { from, to } = twoFiles(t);
  await sql((run) => run(`COPY (${gaps}) TO '${from}'`));
  const [chunk] = await readAll(from);
  const columns = Object.entries(chunk.types).map(([name, type]) => ({ name, type }));
  await write(to, columns, pickRows(chunk, Int32Array.of(0, 3, 4)));
  await sql(async (run) => {
    const kept = await run(`FROM '${from}' WHERE file_row_number IN (0, 3, 4)`).catch(() =>
      run(
        `SELECT * EXCLUDE (file_row_number) FROM read_parquet('${from}', file_row_number = true) WHERE file_row_number IN (0, 3, 4)`,
      ),
    );
    assert.deepEqual(await run(`FROM '${to}'`), kept);
  });
});

test('values find their types: dates, decimals, lists and tensors out of plain values', async (t) => {
  const { to } = twoFiles(t);
  const columns = [
    { name: 'when', type: 'TIMESTAMP WITH TIME ZONE' },
    { name: 'local', type: 'TIMESTAMP' },
    { name: 'day', type: 'DATE' },
    { name: 'price', type: 'DECIMAL(9,2)' },
    { name: 'count', type: 'INTEGER' },
    { name: 'vector', type: 'FLOAT[]' },
    { name: 'any', type: 'JSON' },
  ];
  const rows = [
    {
      when: new Date('2024-02-29T10:00:00Z'),
      local: '2024-02-29T10:00:00.250',
      day: '2024-02-29',
      price: 12.34,
      count: 7,
      vector: [0.5, 1.25],
      any: { x: [1] },
    },
    { when: 0, local: '1969-12-31 23:59:59', day: '1969-12-31', price: -0.01, count: -1, vector: [], any: 'text' },
    {},
  ];
  await write(
    to,
    columns,
    columnsOf(
      rows,
      columns.map(({ name }) => name),
    ),
  );
  assert.deepEqual(rowsOf(await readAll(to)), [
    {
      when: '2024-02-29T10:00:00.000Z',
      local: '2024-02-29T10:00:00.250',
      day: '2024-02-29',
      price: 12.34,
      count: 7,
      vector: [0.5, 1.25],
      any: { x: [1] },
    },
    {
      when: '1970-01-01T00:00:00.000Z',
      local: '1969-12-31T23:59:59.000',
      day: '1969-12-31',
      price: -0.01,
      count: -1,
      vector: [],
      any: 'text',
    },
    { when: null, local: null, day: null, price: null, count: null, vector: null, any: null },
  ]);
});

test('a file name with glob characters, or one that looks like a partition, is a file name', async (t) => {
  const folder = tempFolder(t);
  for (const name of ['a[1]*?.parquet', "year=2024 it's.parquet"]) {
    const path = join(folder, name);
    await write(path, [{ name: 'x', type: 'DOUBLE' }], { rows: 1, columns: { x: [1] } });
    const [chunk] = await readAll(path);
    assert.deepEqual(Object.keys(chunk.types), ['x']);
  }
});

test('a file that breaks off in the middle is refused', async (t) => {
  const { from } = twoFiles(t);
  await sql((run) => run(`COPY (SELECT range AS x, random() AS y FROM range(100000)) TO '${from}'`));
  const bytes = readFileSync(from);
  bytes.fill(0xff, 1000, 200_000);
  writeFileSync(from, bytes);
  await assert.rejects(readAll(from), (error) => error instanceof MillraceError && error.code === 'BAD_FILE');
});
