/** What every file format must do, run on each of them. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createReadStream, existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { MillraceError } from '../../src/core/errors.ts';
import { createTableWriter, readTable } from '../../src/files/index.ts';
import type { ByteSource, Target } from '../../src/files/place.ts';
import { rowAt } from '../../src/files/scoring.ts';
import type { ColumnSpec, Format, Rows, TableChunk } from '../../src/files/table.ts';
import { tempFolder } from '../temp-folder.ts';

type Row = Readonly<Record<string, unknown>>;

export interface Dialect {
  readonly format: Format;
  /** A value as the format gives it back; a missing one is null. */
  back(value: unknown): unknown;
  /** True when a table without rows still has its columns. */
  readonly keepsColumns: boolean;
  /** Bytes that are no file of this format, and a part of what is said of them. */
  readonly wrong: readonly (readonly [what: string, bytes: string | Uint8Array, told: RegExp])[];
}

export const columnsOf = (rows: readonly Row[], names: readonly string[]): Rows => ({
  rows: rows.length,
  columns: Object.fromEntries(names.map((name) => [name, rows.map((row) => row[name] ?? null)])),
});

export const readAll = async (
  source: ByteSource,
  options: Parameters<typeof readTable>[1] = {},
): Promise<readonly TableChunk[]> => {
  const chunks: TableChunk[] = [];
  for await (const chunk of readTable(source, options)) chunks.push(chunk);
  return chunks;
};

export const rowsOf = (chunks: readonly TableChunk[]): readonly Row[] =>
  chunks.flatMap((chunk) => Array.from({ length: chunk.rows }, (_, index) => ({ ...rowAt(chunk, index) })));

export const write = async (target: Target, columns: readonly ColumnSpec[], ...pieces: readonly Rows[]) => {
  const writer = await createTableWriter(target, { columns });
  for (const piece of pieces) await writer.write(piece);
  return writer.close();
};

const columns: readonly ColumnSpec[] = [
  { name: 'number', type: 'DOUBLE' },
  { name: 'integer', type: 'BIGINT' },
  { name: 'flag', type: 'BOOLEAN' },
  { name: 'text', type: 'VARCHAR' },
];
const names = columns.map(({ name }) => name);

const rows: readonly Row[] = [
  { number: 1.5, integer: 7, flag: true, text: 'plain' },
  { number: -0.1, integer: -9_007_199_254_740_991, flag: false, text: 'comma, "quotes" and \'more\'' },
  { number: 1e-300, integer: 0, flag: true, text: 'two\nlines\r\nand a third' },
  { number: null, integer: null, flag: null, text: null },
  { number: 0.1 + 0.2, integer: 1, flag: false, text: '' },
  { number: 5e-324, integer: 2, flag: true, text: 'Zürich → 東京 👩🏽‍🚀 \\ / \u0007 é' },
  { number: 1.7976931348623157e308, integer: 3, flag: false, text: ' spaces at both ends ' },
  { number: 3, integer: 12_345, flag: true, text: 'null' },
];

export const tables = ({ format, back, keepsColumns, wrong }: Dialect): void => {
  const named = (what: string): string => `${format}: ${what}`;
  const expected = (given: readonly Row[], only = names): readonly Row[] =>
    given.map((row) => Object.fromEntries(only.map((name) => [name, back(row[name] ?? null)])));
  const file = `table.${format}`;

  test(named('what is written is read again, value for value'), async (t) => {
    const path = join(tempFolder(t), file);
    await write(path, columns, columnsOf(rows, names));
    assert.deepEqual(rowsOf(await readAll(path)), expected(rows));
  });

  test(named('rows keep their order and their numbers across chunks'), async (t) => {
    const path = join(tempFolder(t), file);
    const many = Array.from({ length: 20_000 }, (_, index): Row => ({ number: index / 4, integer: index }));
    const specs = columns.slice(0, 2);
    const pieces = [0, 3000, 3001, 19_000].map((start, index, starts) =>
      columnsOf(many.slice(start, starts[index + 1] ?? many.length), ['number', 'integer']),
    );
    await write(path, specs, ...pieces);
    const chunks = await readAll(path, { chunkRows: 4096 });
    assert.ok(chunks.length > 3);
    assert.deepEqual(rowsOf(chunks), expected(many, ['number', 'integer']));
    const places = chunks.flatMap((chunk) => Array.from({ length: chunk.rows }, (_, index) => chunk.place(index).row));
    assert.deepEqual(
      places,
      Array.from(many.keys(), (index) => index + 1),
    );
    assert.equal(chunks.at(-1)?.share, 1);
  });

  test(named('typed arrays are columns, and NaN is a missing value'), async (t) => {
    const path = join(tempFolder(t), file);
    await write(path, columns.slice(0, 3), {
      rows: 3,
      columns: {
        number: Float64Array.of(1.25, Number.NaN, 3),
        integer: BigInt64Array.of(1n, 2n, -3n),
        flag: Float64Array.of(1, 0, Number.NaN),
      },
    });
    const given = [
      { number: 1.25, integer: 1, flag: true },
      { number: null, integer: 2, flag: false },
      { number: 3, integer: -3, flag: null },
    ];
    assert.deepEqual(rowsOf(await readAll(path)), expected(given, ['number', 'integer', 'flag']));
  });

  test(named('a column of which every row has the same value is written without being given'), async (t) => {
    const path = join(tempFolder(t), file);
    const constant = "it's one";
    const specs = [{ name: 'model', type: 'VARCHAR', constant }, ...columns.slice(0, 1)];
    const many = Array.from({ length: 5000 }, (_, index): Row => ({ number: index }));
    await write(path, specs, columnsOf(many.slice(0, 10), ['number']), columnsOf(many.slice(10), ['number']));
    const given = many.map((row) => ({ ...row, model: constant }));
    assert.deepEqual(rowsOf(await readAll(path)), expected(given, ['model', 'number']));
  });

  test(named('a table without rows is a file like others'), async (t) => {
    const path = join(tempFolder(t), file);
    await write(path, columns);
    const chunks = await readAll(path);
    assert.equal(chunks.length, 1);
    assert.equal(chunks[0].rows, 0);
    assert.deepEqual(Object.keys(chunks[0].types), keepsColumns ? names : []);
  });

  test(named('columns may have any name'), async (t) => {
    const path = join(tempFolder(t), file);
    const odd = ['__proto__', 'a "quoted", name', 'Straße', 'select', 'constructor'];
    const specs = odd.map((name) => ({ name, type: 'DOUBLE' }));
    const values: Rows['columns'] = Object.fromEntries(odd.map((name, index) => [name, [index]]));
    await write(path, specs, { rows: 1, columns: values });
    const [chunk] = await readAll(path);
    assert.deepEqual(Object.keys(chunk.types), odd);
    assert.deepEqual(
      odd.map((name) => chunk.columns[name][0]),
      odd.map((_, index) => back(index)),
    );
  });

  test(named('a text of a million characters passes'), async (t) => {
    const path = join(tempFolder(t), file);
    const text = 'naïve, "long"\n'.repeat(75_000);
    await write(path, columns.slice(3), { rows: 2, columns: { text: [text, 'short'] } });
    assert.deepEqual(rowsOf(await readAll(path)), [{ text }, { text: 'short' }]);
  });

  test(named('streams are sources and targets as files are'), async (t) => {
    const path = join(tempFolder(t), file);
    await write(path, columns, columnsOf(rows, names));
    const out = new PassThrough();
    const bytes = buffer(out);
    const writer = await createTableWriter(out, { format, columns });
    await writer.write(columnsOf(rows, names));
    await writer.close();
    assert.equal(out.writableEnded, false, 'a stream is left open');
    out.end();
    const copy = join(tempFolder(t), file);
    writeFileSync(copy, await bytes);
    assert.deepEqual(rowsOf(await readAll(copy)), expected(rows));
    assert.deepEqual(rowsOf(await readAll(createReadStream(path), { format })), expected(rows));
  });

  test(named('a file appears only when it is whole'), async (t) => {
    const folder = tempFolder(t);
    const path = join(folder, file);
    const writer = await createTableWriter(path, { columns });
    await writer.write(columnsOf(rows, names));
    assert.equal(existsSync(path), false);
    const size = await writer.close();
    assert.equal(readFileSync(path).length, size);
    assert.deepEqual(readdirSync(folder), [file]);
  });

  test(named('an abandoned file leaves no trace, and what was there stays'), async (t) => {
    const folder = tempFolder(t);
    const path = join(folder, file);
    writeFileSync(path, 'before');
    const writer = await createTableWriter(path, { columns });
    await writer.write(columnsOf(rows, names));
    await writer.abort();
    assert.deepEqual(readdirSync(folder), [file]);
    assert.equal(readFileSync(path, 'utf8'), 'before');
  });

  test(named('a file behind a link is replaced, not the link'), async (t) => {
    const folder = tempFolder(t);
    const real = join(folder, `real.${format}`);
    const link = join(folder, file);
    writeFileSync(real, 'before');
    symlinkSync(real, link);
    await write(link, columns, columnsOf(rows, names));
    assert.deepEqual(rowsOf(await readAll(real)), expected(rows));
  });

  test(named('a reader can be left early'), async (t) => {
    const path = join(tempFolder(t), file);
    await write(path, columns, columnsOf(rows, names), columnsOf(rows, names));
    for await (const chunk of readTable(path, { chunkRows: 2 })) {
      assert.ok(chunk.rows > 0);
      break;
    }
  });

  test(named('a file that is not there, a folder that is not there'), async (t) => {
    const folder = tempFolder(t);
    const notFound = (error: unknown): boolean => error instanceof MillraceError && error.code === 'FILE_NOT_FOUND';
    await assert.rejects(readAll(join(folder, file)), notFound);
    await assert.rejects(readAll(folder, { format }), notFound);
    await assert.rejects(createTableWriter(join(folder, 'none', file), { columns }), notFound);
  });

  for (const [what, bytes, told] of wrong) {
    test(named(`${what} is refused, with the file's name`), async (t) => {
      const path = join(tempFolder(t), file);
      writeFileSync(path, bytes);
      await assert.rejects(readAll(path), (error) => {
        assert.ok(error instanceof MillraceError, String(error));
        assert.equal(error.code, 'BAD_FILE');
        assert.ok(error.message.includes(path), error.message);
        assert.match(error.message, told);
        return true;
      });
    });
  }

  test(named('an output that cannot be written says so'), async () => {
    const full = new Writable({ write: (_chunk, _encoding, done) => done(new Error('no space left')) });
    const writer = await createTableWriter(full, { format, columns });
    await assert.rejects(
      async () => {
        await writer.write(columnsOf(rows, names));
        await writer.close();
      },
      (error) =>
        error instanceof MillraceError && error.code === 'STORE_FAILED' && error.message.includes('no space left'),
    );
    await writer.abort();
  });

  test(named('a slow reader holds the writer back'), async () => {
    const out = new PassThrough({ highWaterMark: 1024 });
    const writer = await createTableWriter(out, { format, columns: columns.slice(3) });
    const piece: Rows = {
      rows: 1000,
      columns: { text: Array.from({ length: 1000 }, (_, index) => `row ${index} ${Math.sin(index)}`) },
    };
    let closed = false;
    const writing = (async () => {
      for (let times = 0; times < 20; times++) await writer.write(piece);
      await writer.close();
      closed = true;
    })();
    await once(out, 'readable');
    assert.equal(closed, false);
    assert.ok(out.readableLength < 200_000, `${out.readableLength} bytes wait in memory`);
    const bytes = buffer(out);
    await writing;
    out.end();
    assert.ok((await bytes).length > 10_000);
  });
};
