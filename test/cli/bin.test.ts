import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { tempFolder } from '../temp-folder.ts';

const root = join(import.meta.dirname, '..', '..');
const bin = join(root, 'bin', 'millrace.js');
const model = join(root, 'bench', 'models', 'trees-100x6');

/** The bin as a process; with `old`, on a Node that says it is too old to run the sources. */
const start = (
  t: TestContext,
  argv: readonly string[],
  { old = false, env = {} }: { readonly old?: boolean; readonly env?: NodeJS.ProcessEnv } = {},
) => {
  const cwd = tempFolder(t);
  const pretend = join(cwd, 'old-node.cjs');
  writeFileSync(
    pretend,
    "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.1.0' } });\n",
  );
  const child = spawn(process.execPath, [...(old ? ['--require', pretend] : []), bin, ...argv], {
    cwd,
    env: { ...process.env, HOME: cwd, MILLRACE_HOME: join(cwd, 'home'), ...env },
  });
  const exit = new Promise<{ readonly code: number | null; readonly signal: string | null }>((resolve) =>
    child.on('exit', (code, signal) => resolve({ code, signal })),
  );
  return { child, exit, stderr: text(child.stderr) };
};

for (const old of [false, true]) {
  const where = old ? 'in a checkout on a Node that is too old' : 'in a checkout';

  test(`${where} the command line runs, and its output comes through`, async (t) => {
    const { child, exit, stderr } = start(t, ['models', '--json'], { old });
    const stdout = text(child.stdout);
    assert.deepEqual(await exit, { code: 0, signal: null });
    assert.deepEqual(JSON.parse(await stdout), []);
    assert.equal(await stderr, '');
  });

  test(`${where} the exit code of a failure comes through, and one block says why`, async (t) => {
    const { child, exit, stderr } = start(t, ['inspect', 'nothing@1.0.0'], { old });
    const stdout = text(child.stdout);
    assert.deepEqual(await exit, { code: 2, signal: null });
    assert.equal(await stdout, '');
    assert.match(await stderr, /^error UNKNOWN_MODEL: No model is named nothing.*\n {2}expected: .*\n {2}got: .*\n$/);
  });
}

for (const old of [false, true]) {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    test(`${signal} ends the service in order${old ? ', through the Node that is too old' : ''}`, async (t) => {
      const { child, exit, stderr } = start(t, ['serve', model, '--port', '0'], { old });
      t.after(() => child.kill('SIGKILL'));
      for await (const line of createInterface(child.stdout)) if (line.startsWith('ready on ')) break;
      child.kill(signal);
      assert.deepEqual(await exit, { code: 0, signal: null });
      assert.match(await stderr, /^stopping/);
    });
  }
}

test('Ctrl-C stops a command that waits for its input', async (t) => {
  const { child, exit } = start(t, ['predict', model, '--in-format', 'ndjson']);
  t.after(() => child.kill('SIGKILL'));
  const ended = exit.then(() => true);
  // Nobody knows when it listens to signals; so it is told again until it has ended.
  while (!(await Promise.race([ended, setTimeout(300, false)]))) child.kill('SIGINT');
  const { code, signal } = await exit;
  assert.ok(code === 130 || signal === 'SIGINT', `${code} ${signal}`);
});

/** Begins to count for ever as soon as the command line listens to signals, so that it never hears of any. */
const endless = `
const on = process.on;
process.on = function (name, listener) {
  on.call(this, name, listener);
  if (name !== 'SIGTERM' || process.execArgv.length > 0) return this;
  require('node:fs').writeSync(2, String(process.pid));
  for (;;);
};`;

test('a second Ctrl-C ends what never hears of the first, through the Node that is too old', async (t) => {
  const preload = join(tempFolder(t), 'endless.cjs');
  writeFileSync(preload, endless);
  const { child, exit } = start(t, ['models'], { old: true, env: { NODE_OPTIONS: `--require ${preload}` } });
  t.after(() => child.kill('SIGKILL'));
  const [pid] = await once(child.stderr, 'data');
  t.after(() => {
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It has gone, as it should.
    }
  });
  child.kill('SIGINT');
  assert.equal(await Promise.race([exit, setTimeout(400, 'still there')]), 'still there');
  child.kill('SIGINT');
  assert.deepEqual(await exit, { code: null, signal: 'SIGKILL' });
});

test('output that nobody reads to the end is no error', async (t) => {
  const { child, exit, stderr } = start(t, ['completion', 'bash']);
  child.stdout.destroy();
  assert.deepEqual(await exit, { code: 0, signal: null });
  assert.equal(await stderr, '');
});
