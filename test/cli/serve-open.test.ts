/** What the start of a service says of who may reach what. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { tempFolder } from '../temp-folder.ts';

const root = join(import.meta.dirname, '..', '..');
const model = join(root, 'bench', 'models', 'trees-100x6');

/** The lines about what is open, of a service in a project with these deployments. */
const toldOpen = async (t: TestContext, words: readonly string[], deployments?: string): Promise<readonly string[]> => {
  const cwd = tempFolder(t);
  if (deployments !== undefined) writeFileSync(join(cwd, 'millrace.yaml'), `deployments:\n${deployments}`);
  const refs = deployments === undefined ? [model] : [];
  const argv = ['serve', ...refs, '--port', '0', ...words];
  const child = spawn(process.execPath, [join(root, 'bin', 'millrace.js'), ...argv], { cwd });
  t.after(() => child.kill('SIGKILL'));
  let told = '';
  for await (const part of child.stdout) {
    told += part;
    if (/^ready on/m.test(told)) break;
  }
  assert.match(told, /^ready on/m);
  return told.split('\n').filter((line) => line.startsWith('open to'));
};

const everywhere = ['--no-auth', '--host', '0.0.0.0'];
const all = 'predictions, metadata and reflection, /docs, metrics';

test('on loopback nothing is said of what is open', async (t) => {
  for (const host of ['127.0.0.1', 'localhost']) {
    assert.deepEqual(await toldOpen(t, ['--host', host, '--model-control', '--records-api']), []);
  }
});

test('beyond loopback the start says what whoever reaches it may do', async (t) => {
  const line = (what: string) => [`open to whoever reaches 0.0.0.0, without a key: ${what}`];
  assert.deepEqual(await toldOpen(t, everywhere), line(all));
  const more = ['--model-control', '--records-api'];
  assert.deepEqual(await toldOpen(t, [...everywhere, ...more]), line(`${all}, model control, records`));
  assert.deepEqual(await toldOpen(t, [...everywhere, '--no-grpc']), line('predictions, metadata, /docs, metrics'));
});

test('an admin port is told for itself', async (t) => {
  const admin = ['--admin-port', '0', '--model-control'];
  const callers = 'open to whoever reaches 0.0.0.0, without a key: predictions, metadata and reflection, /docs';
  const own = 'open to whoever reaches 0.0.0.0, without a key: metrics, model control';
  assert.deepEqual(await toldOpen(t, [...everywhere, ...admin]), [callers]);
  assert.deepEqual(await toldOpen(t, [...admin, '--no-auth', '--admin-host', '0.0.0.0']), [own]);
});

test('what millrace.yaml opens is told too, unless the command line closes it', async (t) => {
  const deployments = `  open: { mode: service, model: ${JSON.stringify(model)}, records_api: true, model_control: true }\n`;
  const opened = await toldOpen(t, everywhere, deployments);
  assert.deepEqual(opened, [
    `open to whoever reaches 0.0.0.0, without a key: ${all}, model control of open, records of open`,
  ]);
  const closed = await toldOpen(t, [...everywhere, '--no-records-api', '--no-model-control'], deployments);
  assert.deepEqual(closed, [`open to whoever reaches 0.0.0.0, without a key: ${all}`]);
});

test('beyond loopback it does not start before somebody has said with or without keys', async (t) => {
  for (const [words, where] of [
    [['--host', '0.0.0.0'], '0.0.0.0'],
    [['--admin-port', '0', '--admin-host', '::'], '::'],
  ] as const) {
    const argv = ['serve', model, '--port', '0', ...words];
    const child = spawn(process.execPath, [join(root, 'bin', 'millrace.js'), ...argv], { cwd: tempFolder(t) });
    t.after(() => child.kill('SIGKILL'));
    const told = await text(child.stderr);
    assert.match(told, new RegExp(`USAGE.*whoever reaches ${where}.*`, 'is'));
    assert.match(told, /--auth.*--no-auth/s);
  }
});
