/** Texts that a spreadsheet would run: as they are unless asked, with an apostrophe where it was asked. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createTableWriter } from '../src/files/index.ts';
import { createProject, trips } from './modes/batch/project.ts';
import { runCli } from './run-cli.ts';
import { tempFolder } from './temp-folder.ts';

const model = join(import.meta.dirname, 'fixtures', 'models', 'int-inputs');
const texts = ['=1+1', '+A1', '-A1', '@x', '\t=1', '\r=1', '\n=1', '＝1', 'plain', 'a=b', '', '-5', '+1.5e3', '-0'];

for (const csvSafe of [false, true]) {
  test(`${csvSafe ? 'asked: formulas get an apostrophe, numbers stay numbers' : 'not asked: texts are as they are'}`, async (t) => {
    const path = join(tempFolder(t), 'out.csv');
    const columns = [
      { name: '=name', type: 'VARCHAR' },
      { name: 'n', type: 'DOUBLE' },
    ];
    const writer = await createTableWriter(path, { columns, csvSafe });
    await writer.write({ rows: texts.length, columns: { '=name': texts, n: texts.map(() => -1.5) } });
    await writer.close();
    const quote = (text: string) => (/^['a]?[\t\r\n]|^$/.test(text) ? `"${text}"` : text);
    const armed = (text: string, at: number) => (csvSafe && at < 8 ? `'${text}` : text);
    const lines = texts.map((text, at) => `${quote(armed(text, at))},-1.5\n`);
    assert.equal(readFileSync(path, 'utf8'), `${csvSafe ? "'" : ''}=name,n\n${lines.join('')}`);
  });
}

test('predict --csv-safe disarms columns that are carried along, and is for CSV only', async (t) => {
  const cwd = tempFolder(t);
  writeFileSync(join(cwd, 'in.csv'), 'units,price,note\n-3,4,=cmd|x\n');
  const run = (...more: readonly string[]) => runCli(['predict', model, '--in', 'in.csv', ...more], { cwd });
  assert.match((await run('--format', 'csv')).stdout, /\n-3,4,=cmd\|x,/);
  assert.match((await run('--format', 'csv', '--csv-safe')).stdout, /\n-3,4,'=cmd\|x,/);
  const other = await run('--format', 'ndjson', '--csv-safe');
  assert.equal(other.code, 2);
  assert.match(other.stderr, /Only CSV can be made safe/);
});

test('csv_safe: a batch file is disarmed in all of its shards, under one header', async (t) => {
  const rows = trips(250).map((trip) => ({ ...trip, city: '=1+1' }));
  const project = await createProject({ folder: tempFolder(t), from: 'csv', to: 'csv', rows });
  const sink = { file: 'out/scores.csv', key: 'id', columns: ['city'], csv_safe: true };
  project.configure({ sink, shard_rows: 100 });
  await project.run();
  const lines = readFileSync(join(project.folder, 'out', 'scores.csv'), 'utf8')
    .trimEnd()
    .split('\n');
  assert.equal(lines.length, 251);
  assert.ok(lines.slice(1).every((line) => line.includes(",'=1+1,")));
  project.configure({ sink: { ...sink, file: 'out/scores.parquet' } });
  await assert.rejects(project.run(), /csv_safe.*only a CSV file/);
});
