/** What `serve` does, as a process of its own, with a model that loops. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, it, type TestContext } from 'node:test';
import { isAlive } from '../alive.ts';
import { post, until } from '../modes/service/serving.ts';
import { tempFolder } from '../temp-folder.ts';
import { packageOf } from './models.ts';
import { envOf, register } from './registered.ts';

const bin = join(import.meta.dirname, '../../bin/millrace.js');

const start = async (t: TestContext, ...words: readonly string[]) => {
  const cwd = tempFolder(t);
  await register(cwd, await packageOf('loops in the transform'));
  const child = spawn(process.execPath, [bin, 'serve', 'hostile@production', '--port', '0', '--no-grpc', ...words], {
    cwd,
    env: { ...process.env, ...envOf(cwd) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  t.after(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  let url: string | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    url = /^ready on (http:[^;]+);/.exec(line)?.[1];
    if (url !== undefined) break;
  }
  assert.ok(url);
  const base = url;
  const predict = (x: number, headers = {}) => post(`${base}/predict/hostile`, { x }, headers);
  return { url, child, exited, predict };
};

const childrenOf = async ({ pid }: ChildProcess): Promise<readonly number[]> =>
  (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ').filter(Boolean).map(Number);
describe('serve', () => {
  it('ends on SIGTERM while a worker loops and a caller waits, and leaves no worker behind', async (t) => {
    const { url, child, exited, predict } = await start(t, '--timeout', '2');
    assert.equal((await predict(1)).status, 200);
    const workers = await childrenOf(child);
    assert.ok(workers.length > 0);
    // It would wait for an hour.
    const patient = predict(6, { 'x-request-timeout': '3600' }).catch(() => undefined);
    await until(async () => /^millrace_in_flight\{.*\} 1$/m.test(await (await fetch(`${url}/metrics`)).text()));
    child.kill('SIGTERM');
    assert.equal((await exited)[0], 0);
    await patient;
    await until(() => !workers.some(isAlive));
  });

  it('refuses a time that is none, and keeps one that is longer than its own', async (t) => {
    const { predict } = await start(t, '--timeout', '0');
    for (const header of ['soon', '-1', '1e3', '5 minutes', 'NaN', 'Infinity']) {
      const { status, json } = await predict(1, { 'x-request-timeout': header });
      assert.deepEqual([status, json.error.code], [400, 'BAD_REQUEST'], header);
    }
    assert.equal((await predict(1)).status, 504);
    assert.equal((await predict(1, { 'x-request-timeout': '60' })).status, 200);
  });
});
