import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { runCli } from '../run-cli.ts';
import { tempFolder } from '../temp-folder.ts';

const root = join(import.meta.dirname, '..', '..');
const model = join(root, 'bench', 'models', 'trees-100x6');

/** A version of the model that was changed in nothing but its name, in a folder. */
const versioned = (t: TestContext, version: string): string => {
  const folder = join(tempFolder(t), 'model');
  cpSync(model, folder, { recursive: true });
  const manifest = join(folder, 'model.yaml');
  writeFileSync(manifest, readFileSync(manifest, 'utf8').replace(/^version: .*$/m, `version: ${version}`));
  return folder;
};

/** What a service prints until it is ready, and what it then answers for the bare name. */
const startAndAsk = async (t: TestContext, refs: readonly string[]): Promise<{ told: string; version: string }> => {
  const argv = ['serve', ...refs, '--port', '0', '--no-grpc'];
  const child = spawn(process.execPath, [join(root, 'bin', 'millrace.js'), ...argv], { cwd: tempFolder(t) });
  t.after(() => child.kill('SIGKILL'));
  let told = '';
  for await (const part of child.stdout) {
    told += part;
    if (/^ready on/m.test(told)) break;
  }
  const [, url] = /^ready on (\S+);/m.exec(told) ?? assert.fail(told);
  const [{ input }] = JSON.parse(readFileSync(join(model, 'examples.json'), 'utf8'));
  const body = JSON.stringify(input);
  const ask = { method: 'POST', headers: { 'content-type': 'application/json' }, body };
  const { version } = await (await fetch(`${url}/predict/trees-100x6`, ask)).json();
  return { told, version };
};

test('of two versions the first that was named answers for the bare name, and the start says so', async (t) => {
  const [low, high] = [versioned(t, '1.4.0'), versioned(t, '2.0.0')];
  const one = await startAndAsk(t, [low, high]);
  assert.match(one.told, /^\/predict\/trees-100x6 is answered by 1\.4\.0, the first that was named$/m);
  assert.match(one.told, /^trees-100x6@2\.0\.0 .*\/predict\/trees-100x6\/versions\/2\.0\.0$/m);
  const other = await startAndAsk(t, [high, low]);
  assert.match(other.told, /is answered by 2\.0\.0, the first that was named$/m);
  assert.deepEqual([one.version, other.version], ['1.4.0', '2.0.0']);
  assert.doesNotMatch((await startAndAsk(t, [low])).told, /is answered by/);
});

/** A port that another listener has. */
const takenPort = async (t: TestContext): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
};

test('a port that is taken is told by a service of several processes too', async (t) => {
  const port = await takenPort(t);
  const argv = ['serve', model, '--port', `${port}`, '--workers', '2'];
  const child = spawn(process.execPath, [join(root, 'bin', 'millrace.js'), ...argv], { cwd: tempFolder(t) });
  t.after(() => child.kill('SIGKILL'));
  const stderr = text(child.stderr);
  assert.deepEqual(await once(child, 'exit'), [2, null]);
  assert.match(await stderr, /^error CANNOT_LISTEN: .* another process has that port\. .*--port \(0 takes any/);
});

const refusals: readonly (readonly [what: string, argv: (port: number) => readonly string[], told: RegExp])[] = [
  [
    'a port that is taken',
    (port) => ['--port', `${port}`],
    /^error CANNOT_LISTEN: Cannot listen on 127\.0\.0\.1:\d+: another process has that port\. .*--port \(0 takes any/,
  ],
  [
    'a port of gRPC that is taken',
    (port) => ['--port', '0', '--grpc-port', `${port}`],
    /^error CANNOT_LISTEN: Cannot listen on 127\.0\.0\.1:\d+: another process has that port\. .*--grpc-port/,
  ],
  [
    'an address of another machine',
    () => ['--port', '0', '--host', '192.0.2.1', '--no-auth'],
    /^error CANNOT_LISTEN: Cannot listen on 192\.0\.2\.1:0: that address is not of this machine\. .*--host/,
  ],
];
for (const [what, argv, told] of refusals) {
  test(`${what} is told with what to do, and the service ends`, async (t) => {
    const port = await takenPort(t);
    const { code, stdout, stderr } = await runCli(['serve', model, ...argv(port)], { cwd: tempFolder(t) });
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, told);
  });
}
