/** What text files may hold, and what becomes of a line that cannot be read. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Format, MAX_ROW_CHARS, type TableChunk } from '../src/files/table.ts';
import { columnsOf, readAll, rowsOf, write } from './contracts/tables.ts';
import { tempFolder } from './temp-folder.ts';

const read = (format: Format, ...blocks: readonly (string | Uint8Array)[]): Promise<readonly TableChunk[]> =>
  readAll(Readable.from(blocks.map((block) => Buffer.from(block))), { format });

/** Rejects as `line code`. */
const rejectsOf = (chunks: readonly TableChunk[]): readonly string[] =>
  chunks.flatMap(({ rejects }) => rejects.map(({ line, problem }) => `${line} ${problem.code}`));
const placesOf = (chunks: readonly TableChunk[]): readonly string[] =>
  chunks.flatMap((chunk) =>
    Array.from({ length: chunk.rows }, (_, index) => `${chunk.place(index).row}@${chunk.place(index).line}`),
  );

const cell = fc.oneof(
  fc.constant(null),
  fc.string({ unit: fc.constantFrom('a', '"', ',', ';', '\n', '\r', ' ', 'é', '👩🏽‍🚀', '\t') }),
  fc.string({ unit: 'grapheme' }),
);

/** Cuts bytes into blocks at these places, in the middle of characters too. */
const slices = (bytes: Buffer, cuts: readonly number[]): readonly Buffer[] => {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
};

for (const format of ['csv', 'ndjson', 'json'] as const) {
  test(`${format}: any cells come back, wherever the blocks of the file are cut`, async (t) => {
    const { readFile } = await import('node:fs/promises');
    const path = join(tempFolder(t), `table.${format}`);
    const names = ['a', 'b', 'c'];
    const rows = fc.array(fc.record({ a: cell, b: cell, c: cell }), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(rows, fc.array(fc.nat(), { maxLength: 6 }), async (given, cuts) => {
        const columns = names.map((name) => ({ name, type: 'VARCHAR' }));
        await write(path, columns, columnsOf(given, names));
        const blocks = slices(await readFile(path), cuts);
        assert.deepEqual(
          rowsOf(await read(format, ...blocks)),
          given.map((row) => ({ ...row })),
        );
      }),
      { numRuns: 60 },
    );
  });
}

test('csv: line ends of every kind, blank lines, a byte order mark and no last line end', async () => {
  const chunks = await read('csv', '\uFEFFa,b\r\n1,2\r\n\r\n3,4\n\n5,6');
  assert.deepEqual(rowsOf(chunks), [
    { a: '1', b: '2' },
    { a: '3', b: '4' },
    { a: '5', b: '6' },
  ]);
  assert.deepEqual(placesOf(chunks), ['1@2', '2@4', '3@6']);
});

test('csv: a text whose lines end with CR alone is refused, as none of its rows would be read', async () => {
  await assert.rejects(read('csv', 'a,b\r1,2\r3,4\r'), /line 1: it ends with CR alone/);
  await assert.rejects(read('csv', 'a\r1\r2\r'), /CR alone/);
});

test('csv: a semicolon or a tab separates where the header has no comma', async () => {
  assert.deepEqual(rowsOf(await read('csv', 'a;b\n1,5;x\n')), [{ a: '1,5', b: 'x' }]);
  assert.deepEqual(rowsOf(await read('csv', 'a\tb\n1\tx y\n')), [{ a: '1', b: 'x y' }]);
});

test('csv: an empty cell is missing, an empty text has quotes', async () => {
  assert.deepEqual(rowsOf(await read('csv', 'a,b\n,""\n')), [{ a: null, b: '' }]);
  assert.deepEqual(rowsOf(await read('csv', 'a\n\n""\n')), [{ a: null }, { a: '' }], 'in a table of one column');
});

test('csv: a quote inside a cell without quotes is a character', async () => {
  assert.deepEqual(rowsOf(await read('csv', 'size,what\n5" ,pipe "x"\n')), [{ size: '5" ', what: 'pipe "x"' }]);
});

test('csv: a line with too few or too many cells is rejected alone', async () => {
  const chunks = await read('csv', 'a,b\n1,2\n3\n4,5,6\n7,8\n');
  assert.deepEqual(rowsOf(chunks), [
    { a: '1', b: '2' },
    { a: '7', b: '8' },
  ]);
  assert.deepEqual(rejectsOf(chunks), ['3 BAD_LINE', '4 BAD_LINE']);
  assert.deepEqual(placesOf(chunks), ['1@2', '4@5']);
  const [reject] = chunks[0].rejects;
  assert.deepEqual(reject.problem, {
    code: 'BAD_LINE',
    message: 'Expected 2 cells, as in the first line, got 1.',
    expected: '2 cells',
    got: '1',
  });
  assert.deepEqual([reject.row, reject.raw], [2, '3']);
});

test('csv: a stray quote costs its line, not the rest of the file', async () => {
  const chunks = await read('csv', 'a,b\n1,2\n"3,4\n5,6\n7,8\n');
  assert.deepEqual(rowsOf(chunks), [
    { a: '1', b: '2' },
    { a: '5', b: '6' },
    { a: '7', b: '8' },
  ]);
  assert.deepEqual(rejectsOf(chunks), ['3 BAD_LINE']);
  assert.deepEqual(placesOf(chunks), ['1@2', '3@4', '4@5']);
});

test('csv: text after a closing quote costs its line', async () => {
  const chunks = await read('csv', 'a,b\n"1"x,2\n"3",4\n');
  assert.deepEqual(rowsOf(chunks), [{ a: '3', b: '4' }]);
  assert.deepEqual(rejectsOf(chunks), ['2 BAD_LINE']);
});

test('csv: cells of several lines count as the lines they are', async () => {
  const chunks = await read('csv', 'a,b\n"one\ntwo\r\nthree",2\n4\n5,6\n');
  assert.deepEqual(rowsOf(chunks), [
    { a: 'one\ntwo\r\nthree', b: '2' },
    { a: '5', b: '6' },
  ]);
  assert.deepEqual(rejectsOf(chunks), ['5 BAD_LINE']);
  assert.deepEqual(placesOf(chunks), ['1@2', '3@6']);
});

test('a line that is not UTF-8 is rejected alone; a replacement character that was written stays', async () => {
  const latin = Buffer.from('caf\u00e9,2\n', 'latin1');
  const csv = await read('csv', Buffer.concat([Buffer.from('a,b\nok,1\n'), latin, Buffer.from('Zürich,3\n')]));
  assert.deepEqual(
    rowsOf(csv).map(({ a }) => a),
    ['ok', 'Zürich'],
  );
  assert.deepEqual(rejectsOf(csv), ['3 BAD_LINE']);
  const bad = Buffer.from('{"a":"caf\u00e9"}\n', 'latin1');
  const lines = await read('ndjson', '{"a":"ok"}\n', bad, '{"a":"é"}\n');
  assert.deepEqual(
    rowsOf(lines).map(({ a }) => a),
    ['ok', 'é'],
  );
  assert.deepEqual(rejectsOf(lines), ['2 BAD_LINE']);
  const elements = await read('json', '[{"a":"ok"},\n', Buffer.from('{"a":"caf\u00e9"},\n', 'latin1'), '{"a":"é"}]');
  assert.deepEqual(
    rowsOf(elements).map(({ a }) => a),
    ['ok', 'é'],
  );
  assert.deepEqual(rejectsOf(elements), ['2 BAD_LINE']);
  assert.deepEqual(rowsOf(await read('csv', 'a\n\uFFFD\n')), [{ a: '\uFFFD' }]);
});

test('a line that is too long is rejected alone, in flat memory', async () => {
  const long = (head: string, tail: string) =>
    Readable.from(
      (function* () {
        yield Buffer.from(head);
        const block = Buffer.alloc(1024 * 1024, 'x');
        for (let read = 0; read <= MAX_ROW_CHARS; read += block.length) yield block;
        yield Buffer.from(tail);
      })(),
    );
  const csv = await readAll(long('a,b\n1,2\n3,', '\n5,6\n'), { format: 'csv' });
  assert.deepEqual(rowsOf(csv), [
    { a: '1', b: '2' },
    { a: '5', b: '6' },
  ]);
  assert.deepEqual(rejectsOf(csv), ['3 BAD_LINE']);
  const quoted = await readAll(long('a,b\n1,2\n"3,', '\n5,6\n'), { format: 'csv' });
  assert.deepEqual(rowsOf(quoted), rowsOf(csv));
  const lines = await readAll(long('{"a":1}\n{"a":"', '"}\n{"a":3}\n'), { format: 'ndjson' });
  assert.deepEqual(rowsOf(lines), [{ a: 1 }, { a: 3 }]);
  assert.deepEqual(rejectsOf(lines), ['2 BAD_LINE']);
  assert.ok(lines[0].rejects[0].raw.length <= 1001);
});

test('ndjson: lines that are no JSON, or no objects, are rejected alone', async () => {
  const chunks = await read('ndjson', '{"a":1}\nnope\n\n[1]\n7\n{"a":2}\n{"a":');
  assert.deepEqual(rowsOf(chunks), [{ a: 1 }, { a: 2 }]);
  assert.deepEqual(rejectsOf(chunks), ['2 BAD_JSON', '4 NOT_A_ROW', '5 NOT_A_ROW', '7 BAD_JSON']);
  assert.deepEqual(placesOf(chunks), ['1@1', '5@6']);
});

test('json: elements that are no objects are rejected alone', async () => {
  const chunks = await read('json', '[ {"a": [1, {"b": "]}"}]},\n 7, {"a"}, {"a": "\\"],["} , null ]\n');
  assert.deepEqual(rowsOf(chunks), [{ a: [1, { b: ']}' }] }, { a: '"],[' }]);
  assert.deepEqual(rejectsOf(chunks), ['2 NOT_A_ROW', '2 BAD_JSON', '2 NOT_A_ROW']);
});

test('json: a field that a row lacks is not one that is null', async () => {
  const chunks = await read('ndjson', '{"a":1}\n{"b":null}\n{"a":null,"b":2}\n');
  assert.deepEqual(rowsOf(chunks), [{ a: 1 }, { b: null }, { a: null, b: 2 }]);
  assert.deepEqual(chunks[0].types, { __proto__: null, a: 'JSON', b: 'JSON' });
});

test('json: integers past 2^53 keep their digits, fractions stay numbers', async (t) => {
  const text = '{"id":9007199254740993,"x":0.12345678901234566,"list":[12345678901234567890]}\n';
  const chunks = await read('ndjson', text);
  assert.deepEqual(rowsOf(chunks), [{ id: 9007199254740993n, x: 0.12345678901234566, list: [12345678901234567890n] }]);
  const path = join(tempFolder(t), 'out.ndjson');
  await write(path, [], chunks[0]);
  const { readFileSync } = await import('node:fs');
  assert.equal(readFileSync(path, 'utf8'), text);
});

test('numbers are written so that they come back: the sign of zero, the smallest, none that JSON lacks', async (t) => {
  const folder = tempFolder(t);
  const numbers = [-0, 5e-324, 1e21, Number.NaN, Number.POSITIVE_INFINITY];
  const columns = [{ name: 'x', type: 'DOUBLE' }];
  for (const format of ['ndjson', 'json'] as const) {
    const path = join(folder, `x.${format}`);
    await write(path, columns, { rows: 5, columns: { x: Float64Array.from(numbers) } });
    assert.deepEqual(
      rowsOf(await readAll(path)).map(({ x }) => x),
      [-0, 5e-324, 1e21, null, null],
    );
  }
});

test('chunks of long rows end early, so that memory stays flat', async (t) => {
  const path = join(tempFolder(t), 'long.ndjson');
  const line = `{"text":"${'x'.repeat(1_000_000)}"}\n`;
  writeFileSync(path, line.repeat(30));
  const chunks = await readAll(path);
  assert.ok(Math.max(...chunks.map(({ rows }) => rows)) <= 9);
  assert.equal(rowsOf(chunks).length, 30);
});

test('csv: the separator is found in the first line that is not blank, however it is cut, and not within quotes', async () => {
  const cut = (text: string): readonly string[] => [...text];
  assert.deepEqual(rowsOf(await read('csv', ...cut('\r\n\na;b\n1;2\n'))), [{ a: '1', b: '2' }]);
  assert.deepEqual(rowsOf(await read('csv', ...cut('"a, x\ny";b\n1;2\n'))), [{ 'a, x\ny': '1', b: '2' }]);
});

test('csv: lines that each open a quote for all that follow are each rejected, and read in one pass', async () => {
  const lines = 300_000;
  const bad = await read('csv', `a,b\n${'x","\n'.repeat(lines)}`, '"z"x\n1,2\n');
  assert.equal(rejectsOf(bad).length, lines + 1);
  assert.deepEqual(rowsOf(bad), [{ a: '1', b: '2' }]);
});

test('csv: a replacement character that was written stays, beside a line that is not UTF-8', async () => {
  const chunks = await read('csv', Buffer.concat([Buffer.from('a\n\uFFFD\n'), Buffer.from('\u00e9\n', 'latin1')]));
  assert.deepEqual(rowsOf(chunks), [{ a: '\uFFFD' }]);
  assert.deepEqual(rejectsOf(chunks), ['3 BAD_LINE']);
});
