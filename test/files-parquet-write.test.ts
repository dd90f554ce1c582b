import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { MillraceError } from '../src/core/errors.ts';
import { createTableWriter } from '../src/files/index.ts';
import { readAll } from './contracts/tables.ts';
import { twoFiles } from './parquet-files.ts';
import { tempFolder } from './temp-folder.ts';

test('a value that its column cannot hold is refused, not bent', async (t) => {
  const { to } = twoFiles(t);
  for (const [type, value] of [
    ['INTEGER', 3_000_000_000],
    ['INTEGER', 1.5],
    ['UTINYINT', -1],
    ['BIGINT', 2n ** 63n],
    ['DOUBLE', 'text'],
    ['DECIMAL(4,1)', 1000],
    ['TIMESTAMP', 'noon'],
  ] as const) {
    const writer = await createTableWriter(to, { columns: [{ name: 'x', type }] });
    await assert.rejects(writer.write({ rows: 1, columns: { x: [value] } }), (error) => {
      assert.ok(error instanceof MillraceError);
      assert.deepEqual([error.code, error.problem.field, error.problem.expected], ['WRONG_TYPE', 'x', type]);
      return true;
    });
    await writer.abort();
  }
});

test('files are written behind and beside each other, whatever becomes of the others', async (t) => {
  const folder = tempFolder(t);
  const columns = [{ name: 'x', type: 'DOUBLE' }];
  const rows = 30_000;
  const valuesOf = (file: number) => Float64Array.from({ length: rows }, (_, row) => file * rows + row);
  const open = async (file: number) => {
    const path = join(folder, `${file}.parquet`);
    const writer = await createTableWriter(path, { columns });
    return { path, file, writer, fill: () => writer.write({ rows, columns: { x: valuesOf(file) } }) };
  };
  const ends: Promise<unknown>[] = [];
  for (let file = 0; file < 12; file++) {
    const { path, writer, fill } = await open(file);
    await fill();
    await fill();
    if (file % 3 === 1) ends.push(writer.abort());
    else if (file % 3 === 2) {
      // It breaks when it is to get its name.
      mkdirSync(join(path, 'in the way'), { recursive: true });
      ends.push(assert.rejects(writer.close()).then(() => writer.abort()));
    } else ends.push(writer.close());
  }
  await Promise.all(ends);
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.startsWith('.')),
    [],
  );
  for (const file of [0, 3, 6, 9]) {
    const chunks = await readAll(join(folder, `${file}.parquet`));
    const values = chunks.flatMap((chunk) => [...(chunk.columns.x as Float64Array)]);
    assert.deepEqual(values, [...valuesOf(file), ...valuesOf(file)]);
  }
  assert.deepEqual(
    readdirSync(folder).filter((name) => /^(?:1|4|7|10)\.parquet$/.test(name)),
    [],
  );
});

test('a process that is made to exit in the middle of a file ends at once, cleanly, and leaves no file', async (t) => {
  const folder = tempFolder(t);
  const files = pathToFileURL(join(import.meta.dirname, '..', 'src', 'files', 'index.ts'));
  const script = join(folder, 'exit.mjs');
  writeFileSync(
    script,
    `const { createTableWriter } = await import(${JSON.stringify(files.href)});
    for (const name of ['a.parquet', 'b.parquet', 'c.csv']) {
      const writer = await createTableWriter(name, { columns: [{ name: 'x', type: 'DOUBLE' }] });
      await writer.write({ rows: 1, columns: { x: [1] } });
    }
    setTimeout(() => process.exit(7), Number(process.argv[2]));`,
  );
  for (const after of ['0', '400']) {
    const { status, stderr } = spawnSync(process.execPath, [script, after], { cwd: folder, encoding: 'utf8' });
    assert.deepEqual([status, stderr], [7, '']);
    assert.deepEqual(readdirSync(folder), ['exit.mjs']);
  }
});
