import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { commands } from '../../src/cli/commands.ts';
import { runCli } from '../run-cli.ts';
import { tempFolder } from '../temp-folder.ts';

const root = join(import.meta.dirname, '..', '..');
const model = join(root, 'bench', 'models', 'trees-100x6');
const run = promisify(execFile);

const completing =
  (cwd: string) =>
  async (...words: readonly string[]): Promise<readonly string[]> => {
    const { code, stdout, stderr } = await runCli(['__complete', ...words], { cwd });
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
    return stdout.split('\n').filter((word) => word !== '');
  };

test('the first word is a command', async (t) => {
  const complete = completing(tempFolder(t));
  assert.deepEqual(await complete(''), [...Object.keys(commands), 'help']);
  assert.deepEqual(await complete('pro'), ['profile', 'promote']);
  assert.deepEqual(await complete('-f', 'millrace.yaml', 'pro'), ['profile', 'promote']);
});

test('options are those of the command, and the global ones', async (t) => {
  const complete = completing(tempFolder(t));
  assert.deepEqual(await complete('promote', 'a@1.0.0', '--w'), ['--why']);
  assert.deepEqual(await complete('promote', '--fi'), ['--file']);
});

test('values are completed where a list of them is known', async (t) => {
  const cwd = tempFolder(t);
  writeFileSync(join(cwd, 'millrace.yaml'), 'environments: [try, live]\n');
  const complete = completing(cwd);
  assert.deepEqual(await complete('completion', ''), ['bash', 'zsh', 'fish']);
  assert.deepEqual(await complete('promote', 'a@1.0.0', '--to', ''), ['try', 'live']);
  assert.deepEqual(await complete('promote', 'a@1.0.0', '--why', ''), []);
});

test('models are completed with their versions and the environments that point at them', async (t) => {
  const cwd = tempFolder(t);
  const complete = completing(cwd);
  assert.deepEqual(await complete('inspect', ''), []);
  assert.ok(!existsSync(join(cwd, '.millrace')), 'a keystroke made a registry');
  assert.equal((await runCli(['pack', model], { cwd })).code, 0);
  assert.equal((await runCli(['promote', 'trees-100x6@1.0.0', '--to', 'staging'], { cwd })).code, 0);
  assert.deepEqual(await complete('inspect', ''), ['trees-100x6', 'trees-100x6@staging', 'trees-100x6@1.0.0']);
  assert.deepEqual(await complete('promote', 'trees-100x6@1'), ['trees-100x6@1.0.0']);
  assert.deepEqual(await complete('history', 'tr'), ['trees-100x6']);
  assert.deepEqual(await complete('inspect', 'trees-100x6', ''), []);
});

test('a project that cannot be read completes nothing and says nothing', async (t) => {
  const cwd = tempFolder(t);
  writeFileSync(join(cwd, 'millrace.yaml'), '[');
  assert.deepEqual(await completing(cwd)('promote', '--to', ''), []);
});

test('bash completes with the script it is given, past the signs at which it splits words', async (t) => {
  const cwd = tempFolder(t);
  writeFileSync(join(cwd, 'millrace.yaml'), 'environments: [try, live]\n');
  const { stdout: script } = await runCli(['completion', 'bash'], { cwd });
  const asked = (line: string) => `COMP_LINE='${line}' COMP_POINT=${line.length} _millrace; echo "\${COMPREPLY[*]}"`;
  const text = [
    `millrace() { '${process.execPath}' '${join(root, 'bin', 'millrace.js')}' "$@"; }`,
    script,
    asked('millrace compl'),
    asked('millrace promote a@1.0.0 --to '),
    asked('millrace promote a@1.0.0 --to li'),
    `millrace() { [ "$3" = trees@st ] && echo trees@staging; }`,
    asked('millrace inspect trees@st'),
  ].join('\n');
  const { stdout } = await run('bash', ['-c', text], { cwd, env: { ...process.env, HOME: cwd, MILLRACE_HOME: '' } });
  assert.equal(stdout, 'completion\ntry live\nlive\nstaging\n');
});
