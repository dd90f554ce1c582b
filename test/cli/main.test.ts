import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { commands } from '../../src/cli/commands.ts';
import { main } from '../../src/cli/main.ts';
import { runCli } from '../run-cli.ts';
import { tempFolder } from '../temp-folder.ts';

const model = join(import.meta.dirname, '..', '..', 'bench', 'models', 'trees-100x6');

const packageVersion = (): string =>
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;

test('--version prints the version of the package', async (t) => {
  const cwd = tempFolder(t);
  const { code, stdout, stderr } = await runCli(['--version'], { cwd });
  assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: `${packageVersion()}\n`, stderr: '' });
});

test('without a command, help lists every command', async (t) => {
  const { code, stdout } = await runCli([], { cwd: tempFolder(t) });
  assert.equal(code, 0);
  for (const [name, { summary }] of Object.entries(commands)) {
    assert.match(stdout.replaceAll(/\s+/g, ' '), new RegExp(`${name}[^.]* ${summary.replaceAll(/[^\w ]/g, '.')}`));
  }
});

for (const name of Object.keys(commands)) {
  test(`${name} --help says what it does and gives examples that call it`, async (t) => {
    const { code, stdout, stderr } = await runCli([name, '--help'], { cwd: tempFolder(t) });
    assert.equal(code, 0);
    assert.equal(stderr, '');
    assert.match(stdout, new RegExp(`^Usage: millrace ${name} `));
    assert.match(stdout, new RegExp(`Examples:\n(?:.*\n)*.*millrace ${name}`));
    assert.deepEqual(await runCli(['help', name], { cwd: tempFolder(t) }), { code, stdout, stderr });
  });

  test(`${name} refuses an option that it does not have`, async (t) => {
    const { code, stdout, stderr } = await runCli([name, '--no-such-option'], { cwd: tempFolder(t) });
    assert.equal(code, 2);
    assert.equal(stdout, '');
    assert.match(stderr, /^error USAGE: unknown option '--no-such-option'/);
    assert.match(stderr, new RegExp(`try: millrace ${name} --help\n$`));
  });
}

test('a call that is not understood is pointed to the help of the command that it called, however deep', async (t) => {
  const cwd = tempFolder(t);
  const cases: readonly (readonly [argv: readonly string[], help: string])[] = [
    [['batch', 'backfill', 'nightly'], 'millrace batch backfill'],
    [['-f', 'p.yaml', 'batch', 'run', 'list', '--no-such-option'], 'millrace batch run'],
    [['stream', 'tail', '--no-such-option', 'dead-letters'], 'millrace stream tail'],
    [['batch', 'bakfill'], 'millrace batch'],
  ];
  for (const [argv, help] of cases) {
    const { code, stderr } = await runCli(argv, { cwd });
    assert.equal(code, 2);
    assert.match(stderr, /^error USAGE: /);
    assert.ok(stderr.endsWith(`try: ${help} --help\n`), stderr);
  }
});

test('a mistyped command is refused with a suggestion', async (t) => {
  for (const argv of [['completon'], ['help', 'completon']]) {
    const { code, stdout, stderr } = await runCli(argv, { cwd: tempFolder(t) });
    assert.deepEqual({ code, stdout }, { code: 2, stdout: '' });
    assert.equal(
      stderr,
      "error USAGE: unknown command 'completon' (Did you mean completion?)\n  try: millrace --help\n",
    );
  }
});

test('with --json an error is one JSON object on stderr', async (t) => {
  const { code, stdout, stderr } = await runCli(['completion', 'tcsh', '--json'], { cwd: tempFolder(t) });
  assert.equal(code, 2);
  assert.equal(stdout, '');
  assert.equal(JSON.parse(stderr).error.code, 'USAGE');
});

test('a project that is not as it should be is told with its place, whatever the command', async (t) => {
  const cwd = tempFolder(t);
  writeFileSync(join(cwd, 'millrace.yaml'), 'environments: [a]\nstrem: x\n');
  const { code, stderr } = await runCli(['models'], { cwd });
  assert.equal(code, 2);
  assert.match(stderr, /^error BAD_PROJECT: millrace\.yaml:2:1: unknown key 'strem', did you mean 'stream'\?\n/);
  assert.doesNotMatch(stderr, /\n\s+at /);
});

test('-f names the project, before the command and after it', async (t) => {
  const cwd = tempFolder(t);
  mkdirSync(join(cwd, 'elsewhere'));
  writeFileSync(join(cwd, 'elsewhere', 'p.yaml'), 'bad: 1\n');
  for (const argv of [
    ['-f', 'elsewhere/p.yaml', 'models'],
    ['models', '--file', 'elsewhere/p.yaml'],
  ]) {
    const { code, stderr } = await runCli(argv, { cwd });
    assert.equal(code, 2);
    assert.match(stderr, /^error BAD_PROJECT: elsewhere\/p\.yaml:1:1: unknown key 'bad'/);
  }
  const { code, stderr } = await runCli(['models', '-f', 'absent.yaml'], { cwd });
  assert.equal(code, 2);
  assert.match(stderr, /^error FILE_NOT_FOUND: absent\.yaml cannot be read/);
});

test('a reader that goes away is no error', async (t) => {
  const cwd = tempFolder(t);
  const stdout = new Writable({
    write: (_chunk, _encoding, callback) => callback(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })),
  });
  const stderr = new PassThrough();
  const errors = text(stderr);
  const code = await main(['completion', 'bash'], {
    stdin: Readable.from([]),
    stdout,
    stderr,
    cwd,
    env: { HOME: cwd },
  });
  await setImmediate();
  stderr.end();
  assert.deepEqual(
    { code, errors: await errors, failed: stdout.errored?.message },
    { code: 0, errors: '', failed: 'write EPIPE' },
  );
});

test('a pipe to somebody else that breaks is an error all the same', async (t) => {
  const cwd = tempFolder(t);
  const stdin = new Readable({
    read() {
      this.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    },
  });
  const [stdout, stderr] = [new PassThrough().resume(), new PassThrough()];
  const errors = text(stderr);
  const code = await main(['predict', model, '--in-format', 'json'], {
    stdin,
    stdout,
    stderr,
    cwd,
    env: { HOME: cwd },
  });
  stderr.end();
  assert.equal(code, 2);
  assert.match(await errors, /^error /);
});

test('a call that is stopped while it works is interrupted, not failed', async (t) => {
  const cwd = tempFolder(t);
  const controller = new AbortController();
  // Rows without end; the call is stopped when it has begun to read them.
  const stdin = new Readable({
    read() {
      this.push('{"f0": 1}\n');
      controller.abort();
    },
  });
  const [stdout, stderr] = [new PassThrough().resume(), new PassThrough()];
  const errors = text(stderr);
  const argv = ['predict', model, '--in-format', 'ndjson'];
  const code = await main(argv, { stdin, stdout, stderr, cwd, env: { HOME: cwd }, signal: controller.signal });
  stderr.end();
  assert.deepEqual({ code, errors: await errors }, { code: 130, errors: 'stopped; the output is not whole\n' });
});
