/** Text files that are compressed: read by their names, in flat memory, and never written. */
import assert from 'node:assert/strict';
import { createReadStream, createWriteStream, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { test } from 'node:test';
import { brotliCompressSync, createGzip, gzipSync, zstdCompressSync } from 'node:zlib';
import { MillraceError } from '../src/core/errors.ts';
import { createTableWriter, formatOfName, readTable } from '../src/files/index.ts';
import { fileSource } from '../src/sources/files/files.ts';
import { readAll, rowsOf } from './contracts/tables.ts';
import { tempFolder } from './temp-folder.ts';

const coded =
  (code: string, part: RegExp) =>
  (error: unknown): boolean =>
    error instanceof MillraceError && error.code === code && part.test(error.message);

const texts: Readonly<Record<string, string>> = {
  csv: 'a,b\n1,x\n2,"é\n"\n',
  ndjson: '{"a":"1","b":"x"}\n{"a":"2","b":"é\\n"}\n',
  json: '[{"a":"1","b":"x"},{"a":"2","b":"é\\n"}]',
};
const compressions = { gz: gzipSync, zst: zstdCompressSync, br: brotliCompressSync } as const;

for (const [format, text] of Object.entries(texts)) {
  for (const [extension, compress] of Object.entries(compressions)) {
    test(`.${format}.${extension} is read as .${format} is`, async (t) => {
      const path = join(tempFolder(t), `rows.${format}.${extension}`);
      writeFileSync(path, compress(text));
      assert.deepEqual(rowsOf(await readAll(path)), [
        { a: '1', b: 'x' },
        { a: '2', b: 'é\n' },
      ]);
    });
  }
}

test('a file that is cut off, damaged or another is refused as a whole', async (t) => {
  const folder = tempFolder(t);
  const whole = gzipSync(texts.csv.repeat(100));
  for (const [name, bytes] of [
    ['cut.csv.gz', whole.subarray(0, whole.length - 5)],
    ['plain.csv.gz', Buffer.from(texts.csv)],
    ['other.csv.zst', whole],
  ] as const) {
    writeFileSync(join(folder, name), bytes);
    await assert.rejects(readAll(join(folder, name)), coded('BAD_FILE', /cannot be decompressed/));
  }
});

test('two members of one file are read one behind the other', async (t) => {
  const path = join(tempFolder(t), 'two.csv.gz');
  writeFileSync(path, Buffer.concat([gzipSync('a\n1\n'), gzipSync('2\n')]));
  assert.deepEqual(rowsOf(await readAll(path)), [{ a: '1' }, { a: '2' }]);
});

test('what unfolds a thousandfold passes through in flat memory', async (t) => {
  const path = join(tempFolder(t), 'large.csv.gz');
  const line = `${'0'.repeat(1023)}\n`;
  const lines = Readable.from(
    (function* () {
      yield 'a\n';
      for (let index = 0; index < 64; index++) yield line.repeat(1024);
    })(),
  );
  await pipeline(lines, createGzip(), createWriteStream(path));
  let packed = 0;
  for await (const bytes of createReadStream(path)) packed += bytes.length;
  assert.ok(packed < 1024 * 1024);
  let rows = 0;
  let most = 0;
  for await (const chunk of readTable(path, { chunkRows: 512 })) {
    rows += chunk.rows;
    most = Math.max(most, chunk.rows);
  }
  assert.deepEqual([rows, most], [64 * 1024, 512]);
});

test('no file is written under a name that says it is compressed, nor is Parquet read from one', async (t) => {
  const path = join(tempFolder(t), 'out.csv.gz');
  await assert.rejects(createTableWriter(path, { columns: [] }), coded('USAGE', /would not be compressed/));
  await assert.rejects(createTableWriter(path, { columns: [], format: 'csv' }), coded('USAGE', /not be compressed/));
  assert.equal(formatOfName('rows.parquet.gz'), undefined);
});

test('an empty part is stepped over, compressed or not', async (t) => {
  const folder = tempFolder(t);
  mkdirSync(join(folder, 'parts'));
  for (const [name, text] of [
    ['a', ''],
    ['b', 'a\n1\n'],
    ['c', ''],
  ] as const)
    writeFileSync(join(folder, 'parts', `${name}.csv.gz`), gzipSync(text));
  const source = await fileSource({
    files: ['parts/*.gz'],
    folder,
    fillsMissing: false,
    isKeyless: false,
    span: undefined,
    chunkRows: 10,
  });
  let rows = 0;
  const notes: string[] = [];
  for await (const chunk of source.read()) {
    rows += chunk.rows;
    notes.push(...(chunk.notes ?? []));
  }
  assert.equal(rows, 1);
  assert.equal(notes.length, 2);
});
