/** `millrace predict` as its user meets it: exit codes, what is said, and where. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { readAll, rowsOf } from '../contracts/tables.ts';
import { runCli } from '../run-cli.ts';
import { tempFolder } from '../temp-folder.ts';

const root = join(import.meta.dirname, '..', '..');
const model = join(root, 'test', 'fixtures', 'models', 'int-inputs');

const folderWith = (t: TestContext, files: Readonly<Record<string, string>>): string => {
  const folder = tempFolder(t);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
};

const csv = 'units,price\n1,2\n3,4\n';
const scored = 'units,price,total,over\n1,2,2,false\n3,4,12,false\n';

test('a file to a file: exit 0, the count and the digest on stderr, nothing on stdout', async (t) => {
  const cwd = folderWith(t, { 'in.csv': csv });
  const { code, stdout, stderr } = await runCli(['predict', model, '--in', 'in.csv', '--out', 'out.csv'], { cwd });
  assert.deepEqual([code, stdout], [0, '']);
  assert.equal(readFileSync(join(cwd, 'out.csv'), 'utf8'), scored);
  assert.match(stderr, /^2 rows in, 2 out → out\.csv, 0 rejected, [\d.]+ s\nint-inputs@1\.0\.0 sha256:[0-9a-f]{64}\n$/);
});

test('a pipe: rows from stdin, predictions on stdout and nothing else', async (t) => {
  const cwd = tempFolder(t);
  const { code, stdout } = await runCli(['predict', model, '--format', 'csv'], { cwd, stdin: csv });
  assert.deepEqual([code, stdout], [0, scored]);
  const mixed = await runCli(['predict', model, '--in-format', 'csv', '--format', 'ndjson', '--only-predictions'], {
    cwd,
    stdin: csv,
  });
  assert.equal(mixed.stdout, '{"total":2,"over":false}\n{"total":12,"over":false}\n');
});

test('rejected rows: exit 1, told by code with the first few, and where to get all of them', async (t) => {
  const cwd = folderWith(t, { 'in.csv': `${csv}x,1\n5\n${'1.5,1\n'.repeat(1200)}` });
  const { code, stderr } = await runCli(['predict', model, '--in', 'in.csv', '--out', 'out.csv'], { cwd });
  assert.equal(code, 1);
  assert.equal(readFileSync(join(cwd, 'out.csv'), 'utf8'), scored);
  assert.match(stderr, /^1,204 rows in, 2 out → out\.csv, 1,202 rejected/);
  assert.match(stderr, /\nrejected: NOT_INTEGER 1,200, WRONG_TYPE 1, BAD_LINE 1\n/);
  assert.match(stderr, /\n {2}row 3 \(line 4\): WRONG_TYPE units: expected an integer, got "x"\.\n/);
  assert.match(stderr, /\n {2}row 4 \(line 5\): BAD_LINE Expected 2 cells, as in the first line, got 1\.\n/);
  assert.match(stderr, /\n {2}and 1,197 more\n--rejects <file> /);
});

test('--rejects: each rejected row with its reason in the file, and stderr says which file', async (t) => {
  const cwd = folderWith(t, { 'in.csv': `${csv}x,1\n` });
  const argv = ['predict', model, '--in', 'in.csv', '--out', 'out.csv', '--rejects', 'bad.ndjson'];
  const { code, stderr } = await runCli(argv, { cwd });
  assert.equal(code, 1);
  assert.match(stderr, /rejected: WRONG_TYPE 1\neach with its reason: bad\.ndjson\n$/);
  assert.deepEqual(JSON.parse(readFileSync(join(cwd, 'bad.ndjson'), 'utf8')), {
    row: 3,
    line: 4,
    code: 'WRONG_TYPE',
    field: 'units',
    expected: 'an integer',
    got: '"x"',
    message: 'units: expected an integer, got "x".',
    input: { units: 'x', price: '1' },
  });
});

test('--json: the summary for programs, on stdout unless the rows stand there', async (t) => {
  const cwd = folderWith(t, { 'in.csv': `${csv}x,1\n` });
  const file = await runCli(['predict', model, '--in', 'in.csv', '--out', 'out.csv', '--json'], { cwd });
  const { digest, seconds, ...summary } = JSON.parse(file.stdout);
  assert.match(digest, /^sha256:/);
  assert.equal(typeof seconds, 'number');
  assert.deepEqual(summary, {
    model: 'int-inputs',
    version: '1.0.0',
    rows_in: 3,
    rows_out: 2,
    rows_rejected: 1,
    rejected: { WRONG_TYPE: 1 },
    absent_fields: [],
  });
  assert.equal(file.stderr, '');
  const pipe = await runCli(['predict', model, '--in', 'in.csv', '--json'], { cwd });
  assert.equal(pipe.stdout, scored);
  assert.equal(JSON.parse(pipe.stderr).rows_in, 3);
});

test('--row: one prediction to read, or as JSON', async (t) => {
  const cwd = tempFolder(t);
  const row = '{"units": 3, "price": 4}';
  const read = await runCli(['predict', model, '--row', row], { cwd });
  assert.equal(read.code, 0);
  assert.match(read.stdout, /total +12\n/);
  assert.match(read.stdout, /over +false\n/);
  assert.match(read.stderr, /^int-inputs@1\.0\.0 sha256:[0-9a-f]{64}\n$/);
  const json = await runCli(['predict', model, '--row', row, '--json'], { cwd });
  const { digest: _, ...answer } = JSON.parse(json.stdout);
  assert.deepEqual(answer, { model: 'int-inputs', version: '1.0.0', prediction: { total: 12, over: false } });
});

test('--row: a row that is refused exits with 1 and its reason, one that is no JSON with 2', async (t) => {
  const cwd = tempFolder(t);
  const refused = await runCli(['predict', model, '--row', '{"units": 0.5, "price": 4}'], { cwd });
  assert.deepEqual([refused.code, refused.stdout], [1, '']);
  assert.equal(refused.stderr, 'rejected NOT_INTEGER: units: expected an integer, got 0.5.\n');
  const json = await runCli(['predict', model, '--row', '[]', '--json'], { cwd });
  assert.equal(json.code, 1);
  assert.equal(JSON.parse(json.stdout).error.code, 'NOT_A_ROW');
  const broken = await runCli(['predict', model, '--row', '{units: 1}'], { cwd });
  assert.equal(broken.code, 2);
  assert.match(broken.stderr, /^error BAD_JSON: --row is not valid JSON/);
});

const refusals: readonly (readonly [what: string, argv: readonly string[], told: RegExp])[] = [
  ['a file that is not there', ['--in', 'none.csv'], /error FILE_NOT_FOUND: Cannot read .*none\.csv/],
  [
    'an output in a folder that is not there',
    ['--in', 'in.csv', '--out', 'nodir/x.csv'],
    /error FILE_NOT_FOUND: Cannot write .*x\.csv: there is no folder \S*nodir\.\n/,
  ],
  ['a format that nobody knows', ['--in', 'in.csv', '--format', 'xlsx'], /error USAGE: .*Allowed choices are csv/],
  ['stdin without a format', [], /error USAGE: The format of .* is not known/],
  ['an output that exists', ['--in', 'in.csv', '--out', 'old.csv'], /error FILE_EXISTS: .*--force replaces it/],
  ['an output that is the input', ['--in', 'in.csv', '--out', 'in.csv', '--force'], /error USAGE: .*read and written/],
  ['a column that is not there', ['--in', 'in.csv', '--columns', 'unit'], /Is it units\?/],
  ['no column between commas', ['--in', 'in.csv', '--columns', 'units,,price'], /error USAGE: .*commas between/],
  ['an output of a format that nobody knows', ['--in', 'in.csv', '--out', 'out.xlsx'], /error USAGE: .*out\.xlsx/],
  ['an output that would not be compressed', ['--in', 'in.csv', '--out', 'out.csv.gz'], /error USAGE: .*out\.csv\.gz/],
  ['rejects to stdout', ['--in', 'in.csv', '--rejects', '-'], /error USAGE: Rejects go to a file/],
  ['rejects as CSV', ['--in', 'in.csv', '--rejects', 'bad.csv'], /error USAGE: Rejects are written as NDJSON/],
  ['--row with an output', ['--row', '{}', '--out', 'out.json'], /error USAGE: .*--row <json>.*--out <file>/],
  ['--row with an input', ['--row', '{}', '--in', 'in.csv'], /error USAGE: .*--row <json>.*--in <file>/],
  ['a file of another model', ['--in', 'other.csv'], /error BAD_FILE: .*has no column units/],
];
for (const [what, argv, told] of refusals) {
  test(`${what} is told on stderr, with exit code 2`, async (t) => {
    const cwd = folderWith(t, { 'in.csv': csv, 'old.csv': 'old', 'other.csv': 'a,b\n1,2\n' });
    const before = readdirSync(cwd);
    const { code, stdout, stderr } = await runCli(['predict', model, ...argv], { cwd });
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, told);
    assert.deepEqual(readdirSync(cwd), before);
    assert.equal(readFileSync(join(cwd, 'old.csv'), 'utf8'), 'old');
  });
}

test('a device or a pipe has no name that tells, and gets the format of the input', async (t) => {
  const cwd = folderWith(t, { 'in.csv': csv });
  assert.equal((await runCli(['predict', model, '--in', 'in.csv', '--out', '/dev/null'], { cwd })).code, 0);
});

test('a column that may be absent, and is, is told of: to people and to programs', async (t) => {
  const churn = join(root, 'examples', 'churn', 'models', 'churn');
  const [{ input }] = JSON.parse(readFileSync(join(churn, 'examples.json'), 'utf8'));
  const { TotalCharges: _, ...row } = input;
  const lines = (more: object): string => `${JSON.stringify({ ...row, ...more })}\n`.repeat(2);
  const cwd = folderWith(t, { 'in.ndjson': lines({}), 'some.ndjson': lines({}) + lines({ TotalCharges: 5 }) });
  const argv = (name: string) => ['predict', churn, '--in', name, '--out', 'out.ndjson', '--force'];
  const told = await runCli(argv('in.ndjson'), { cwd });
  assert.equal(told.code, 0);
  assert.match(told.stderr, /\nwarning: TotalCharges is not in in\.ndjson: every row was scored without it\n$/);
  const json = await runCli([...argv('in.ndjson'), '--json'], { cwd });
  assert.deepEqual(JSON.parse(json.stdout).absent_fields, ['TotalCharges']);
  assert.doesNotMatch((await runCli(argv('some.ndjson'), { cwd })).stderr, /warning/);
});

test('--force replaces an output, --columns keeps some of the input', async (t) => {
  const cwd = folderWith(t, { 'in.csv': csv, 'out.csv': 'old' });
  const argv = ['predict', model, '--in', 'in.csv', '--out', 'out.csv', '--force', '--columns', 'price'];
  assert.equal((await runCli(argv, { cwd })).code, 0);
  assert.equal(readFileSync(join(cwd, 'out.csv'), 'utf8'), 'price,total,over\n2,2,false\n4,12,false\n');
});

/** The command as a process of its own. */
const start = (cwd: string, ...argv: readonly string[]) =>
  spawn(process.execPath, [join(root, 'bin', 'millrace.js'), 'predict', model, ...argv], {
    cwd,
    env: { ...process.env, MILLRACE_HOME: join(cwd, '.home') },
  });

test('Parquet goes through a pipe in both directions', async (t) => {
  const cwd = folderWith(t, { 'in.csv': csv });
  await runCli(
    ['predict', model, '--in', 'in.csv', '--out', 'in.parquet', '--only-predictions', '--columns', 'units,price'],
    {
      cwd,
    },
  );
  const child = start(cwd, '--format', 'parquet');
  const out = createWriteStream(join(cwd, 'piped.parquet'));
  child.stdout.pipe(out);
  child.stdin.end(readFileSync(join(cwd, 'in.parquet')));
  await Promise.all([once(child, 'exit'), once(out, 'close')]);
  assert.equal(child.exitCode, 0);
  const rows = rowsOf(await readAll(join(cwd, 'piped.parquet')));
  assert.deepEqual(
    rows.map(({ total, predicted_total }) => [total, predicted_total]),
    [
      [2, 2],
      [12, 12],
    ],
  );
});

test('Ctrl-C in the middle: exit code 130, no output and no temporary file', async (t) => {
  const cwd = tempFolder(t);
  for (const format of ['csv', 'parquet']) {
    const child = start(cwd, '--in-format', 'ndjson', '--out', `out.${format}`, '--rejects', 'bad.ndjson');
    let stderr = '';
    child.stderr.on('data', (text) => {
      stderr += text;
    });
    const rows = '{"units":1,"price":2}\n'.repeat(10_000);
    child.stdin.on('error', () => {});
    const feed = (): void => {
      while (child.exitCode === null && child.stdin.writable && child.stdin.write(rows));
    };
    child.stdin.on('drain', feed);
    feed();
    const writes = (): boolean => readdirSync(cwd).some((name) => name.startsWith(`.out.${format}`));
    for (let tries = 0; tries < 1000 && !writes(); tries++) {
      assert.equal(child.exitCode, null);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.ok(writes());
    child.kill('SIGINT');
    await once(child, 'close');
    assert.equal(child.exitCode, 130);
    assert.equal(stderr, 'stopped; nothing was written\n');
    assert.deepEqual(
      readdirSync(cwd).filter((name) => name !== '.home'),
      [],
    );
  }
});

test('what a killed run left behind is gone after the next one to the same file', async (t) => {
  const cwd = folderWith(t, { 'in.csv': csv });
  const child = start(cwd, '--in-format', 'ndjson', '--out', 'out.csv');
  child.stdin.on('error', () => {});
  child.stdin.write('{"units":1,"price":2}\n'.repeat(50_000));
  const parts = (): readonly string[] => readdirSync(cwd).filter((name) => name.endsWith('.part'));
  for (let tries = 0; tries < 1000 && parts().length === 0; tries++) {
    assert.equal(child.exitCode, null);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.equal(parts().length, 1);
  const argv = ['predict', model, '--in', 'in.csv', '--out', 'out.csv', '--force'];
  assert.equal((await runCli(argv, { cwd })).code, 0);
  assert.equal(parts().length, 1, 'a run that is still at work keeps its file');
  child.kill('SIGKILL');
  await once(child, 'exit');
  assert.equal((await runCli(argv, { cwd })).code, 0);
  assert.deepEqual(parts(), []);
  assert.equal(readFileSync(join(cwd, 'out.csv'), 'utf8'), scored);
});

test('a reader that has seen enough ends the command without an error', async (t) => {
  const cwd = folderWith(t, { 'in.csv': `units,price\n${'1,2\n'.repeat(300_000)}` });
  const child = start(cwd, '--in', 'in.csv');
  let stderr = '';
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  await once(child.stdout, 'data');
  child.stdout.destroy();
  await once(child, 'exit');
  assert.deepEqual([child.exitCode, stderr], [0, '']);
  assert.equal(existsSync(join(cwd, 'in.csv')), true);
});
