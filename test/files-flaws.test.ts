/** Parquet whose columns cannot be read as they are, and what passes through formats that hold less. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createApp } from '../src/app.ts';
import { MillraceError } from '../src/core/errors.ts';
import { openDuck } from '../src/files/duckdb.ts';
import { createTableWriter } from '../src/files/index.ts';
import { predictFile } from '../src/modes/once/predict-file.ts';
import { readAll, rowsOf, write } from './contracts/tables.ts';
import { tempFolder } from './temp-folder.ts';

const fixtures = join(import.meta.dirname, 'fixtures');
const parquet = (name: string): string => join(fixtures, 'parquet', `${name}.parquet`);

const scorerOf = async (t: TestContext, folder: string) => {
  const app = createApp({ cwd: folder, env: { MILLRACE_HOME: join(tempFolder(t), 'home') } });
  const scorer = await app.scorer('.');
  t.after(() => Promise.all([scorer.close(), app.close()]));
  return scorer;
};

const refused =
  (code: string, part: RegExp) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof MillraceError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, part);
    return true;
  };

const made = async (t: TestContext, query: string): Promise<string> => {
  const path = join(tempFolder(t), 'made.parquet');
  const duck = await openDuck();
  try {
    await duck.connection.run(`COPY (${query}) TO '${path}'`);
  } finally {
    duck.close();
  }
  return path;
};

for (const [name, part] of [
  ['decimal-50', /extra is DECIMAL\(50,2\), which cannot be read/],
  ['decimal-50-list', /extra is DECIMAL\(50,2\), which cannot be read/],
  ['int96', /extra is INT96, of which only microseconds can be read/],
  ['utc-nanoseconds', /extra is TIMESTAMP\(NANOS, UTC\), of which only microseconds can be read/],
] as const) {
  test(`${name}: what cannot pass through unchanged is refused, and left out of the output it costs nothing`, async (t) => {
    const folder = tempFolder(t);
    const scorer = await scorerOf(t, join(fixtures, 'models', 'bool-and-string-out'));
    const output = join(folder, 'out.csv');
    const run = (columns?: readonly string[]) => predictFile({ scorer, input: parquet(name), output, columns });
    await assert.rejects(run(), refused('BAD_FILE', part));
    await assert.rejects(run(['country', 'extra']), refused('BAD_FILE', part));
    assert.ok(!existsSync(output));
    assert.equal((await run(['country'])).rows_out, 3);
  });
}

test('bytes of a Parquet file are the text that they hold in UTF-8, and no text at all where they are none', async (t) => {
  const query = `SELECT unnest(['caf\\xC3\\xA9 "\\x5C"'::BLOB, '\\xE9'::BLOB, NULL]) AS bytes`;
  const [chunk] = await readAll(await made(t, query));
  assert.deepEqual(
    rowsOf([chunk]).map(({ bytes }) => bytes),
    ['café "\\"', Uint8Array.of(0xe9), null],
  );
  const to = join(tempFolder(t), 'to.csv');
  const writer = await createTableWriter(to, { columns: [{ name: 'bytes', type: 'BLOB' }] });
  await writer.write(chunk);
  await writer.close();
  assert.match(readFileSync(to, 'utf8'), /caf\\xC3\\xA9.*\n\\xE9\n/);
});

test('a column that cannot be read is refused where the model needs it', async (t) => {
  const scorer = await scorerOf(t, join(fixtures, 'models', 'bool-and-string-out'));
  const { manifest } = scorer;
  const { score: _, ...others } = manifest.inputs;
  const inputs = { ...others, extra: { kind: 'number' as const } };
  const output = join(tempFolder(t), 'out.csv');
  const asking = { ...scorer, manifest: { ...manifest, inputs } };
  await assert.rejects(
    predictFile({ scorer: asking, input: parquet('decimal-50'), output, columns: ['country'] }),
    refused('BAD_FILE', /extra is DECIMAL\(50,2\)/),
  );
});

const nested = `SELECT ['\\x00\\xFF"\\x5C'::BLOB, NULL] AS blobs, {'b': 'a'::BLOB, 't': 'x, ''"\\ {y}', 'n': NULL} AS pair,
  [1234567890123456789012345678.0123456789::DECIMAL(38, 10), NULL] AS money, MAP {'k=,': 1.25::DECIMAL(9, 2)} AS prices`;

test('blobs and decimals within lists, structs and maps pass through unchanged', async (t) => {
  const from = await made(t, nested);
  const to = join(tempFolder(t), 'to.parquet');
  const [chunk] = await readAll(from);
  await write(
    to,
    Object.entries(chunk.types).map(([name, type]) => ({ name, type })),
    chunk,
  );
  const duck = await openDuck();
  try {
    const different = await duck.connection.runAndReadAll(`FROM '${from}' EXCEPT FROM '${to}'`);
    assert.deepEqual(different.getRowsJson(), []);
  } finally {
    duck.close();
  }
  assert.deepEqual(rowsOf([chunk])[0].money, [Number('1234567890123456789012345678.0123456789'), null]);
});

const digits = `SELECT 12345678901234.5678::DECIMAL(18, 4) AS d18, -0.0001::DECIMAL(18, 4) AS small, 123456789012345678::DECIMAL(18, 0) AS whole,
  1234567890123456789012345678.0123456789::DECIMAL(38, 10) AS d38, 18446744073709551615::UBIGINT AS big`;

for (const [format, expected] of [
  [
    'csv',
    'd18,small,whole,d38,big\n12345678901234.5678,-0.0001,123456789012345678,1234567890123456789012345678.0123456789,18446744073709551615\n',
  ],
  [
    'ndjson',
    '{"d18":12345678901234.5678,"small":-0.0001,"whole":123456789012345678,"d38":1234567890123456789012345678.0123456789,"big":18446744073709551615}\n',
  ],
] as const) {
  test(`${format}: decimals and long integers of Parquet are written with all their digits`, async (t) => {
    const [chunk] = await readAll(await made(t, digits));
    const to = join(tempFolder(t), `to.${format}`);
    const columns = Object.entries(chunk.types).map(([name, type]) => ({ name, type }));
    const writer = await createTableWriter(to, { columns });
    await writer.write(chunk);
    await writer.close();
    assert.equal(readFileSync(to, 'utf8'), expected);
  });
}

test('a decimal without a fraction is an integer past 2^53 too', async (t) => {
  const [chunk] = await readAll(await made(t, `${digits}, 9007199254740993::DECIMAL(38, 0) AS wide`));
  const [row] = rowsOf([chunk]);
  assert.deepEqual([row.whole, row.wide], [123456789012345678n, 9007199254740993n]);
});

for (const [type, value, fits] of [
  ['TIMESTAMP', '2024-02-29T12:00:00.123456', true],
  ['TIMESTAMP', '2024-02-29T12:00:00.123456789', false],
  ['TIMESTAMP_NS', '2024-02-29T12:00:00.123456789', true],
  ['TIMESTAMP_MS', '2024-02-29T12:00:00.1234', false],
  ['DOUBLE', 2n ** 53n + 1n, false],
] as const) {
  test(`${type} ${fits ? 'holds' : 'does not bend'} ${value}`, async (t) => {
    const to = join(tempFolder(t), 'to.parquet');
    const writer = await createTableWriter(to, { columns: [{ name: 'x', type }] });
    const writing = writer.write({ rows: 1, columns: { x: [value] } });
    if (!fits) {
      await assert.rejects(writing, refused('WRONG_TYPE', /cannot hold/));
      return writer.abort();
    }
    await writing;
    await writer.close();
    assert.equal(rowsOf(await readAll(to))[0].x, value);
  });
}

for (const [what, column] of [
  ['seconds', '1720264089::BIGINT'],
  ['a day', '20240706::INTEGER'],
  ['a fraction', '45479.29'],
  ['a decimal', '45479.29::DECIMAL(9, 2)'],
] as const) {
  test(`a number is no instant, nor is 1 a boolean: ${what}`, async (t) => {
    const scorer = await scorerOf(t, join(import.meta.dirname, '..', 'examples', 'taxi', 'models', 'ride-duration'));
    const field = Object.entries(scorer.manifest.inputs).find(([, { kind }]) => kind === 'datetime')?.[0];
    const fields = Object.entries(scorer.manifest.inputs).map(([name, { kind }]) => {
      const text = kind === 'category' || kind === 'text' ? `'a'` : '1';
      return `${name === field ? column : text} AS "${name}"`;
    });
    const output = join(tempFolder(t), 'out.csv');
    const input = await made(t, `SELECT ${fields.join(', ')}`);
    const { rows_rejected, first_rejects } = await predictFile({ scorer, input, output });
    assert.equal(rows_rejected, 1);
    assert.deepEqual([first_rejects[0].problem.code, first_rejects[0].problem.field], ['WRONG_TYPE', field]);
  });
}
