import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { get, metric, models, post } from '../modes/service/serving.ts';

const bin = join(import.meta.dirname, '../../bin/millrace.js');
const idle = join(import.meta.dirname, 'idle.ts');
const CONNECTIONS = 10_000;
/** What a connection that is open may keep: far more than it does, and far less than a caller could wish. */
const MOST_BYTES = 64 * 1024;

const memoryOf = async ({ pid }: ChildProcess): Promise<number> =>
  Number(/^VmRSS:\s+(\d+) kB/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;

/** The first thing that its lines say which is asked for. */
const said = async ({ stdout }: ChildProcess, what: RegExp): Promise<string> => {
  for await (const line of createInterface({ input: stdout as NodeJS.ReadableStream })) {
    const found = what.exec(line);
    if (found) return found[1] ?? found[0];
  }
  throw new Error(`it never said ${what}`);
};

test('10,000 connections that say nothing leave room for others, take little memory, and end with the service', async (t) => {
  const home = await mkdtemp(join(tmpdir(), 'millrace-idle-'));
  const stdio = ['ignore', 'pipe', 'inherit'] as const;
  // Node itself takes as many open files as a process may have.
  const service = spawn(process.execPath, [bin, 'serve', models.ride, '--port', '0', '--max-connections', '12000'], {
    env: { ...process.env, MILLRACE_HOME: home },
    stdio: [...stdio],
  });
  t.after(async () => {
    service.kill('SIGKILL');
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  });
  const url = await said(service, /^ready on (http:[^;]+);/);
  const row = { pickup: '2019-03-05T08:30:00', distance: 2.5, passengers: 1 };
  const first = await post(`${url}/predict/ride-duration`, row);
  assert.equal(first.status, 200, JSON.stringify(first.json));
  const before = await memoryOf(service);

  const callers = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', idle, new URL(url).port, `${CONNECTIONS}`],
    {
      stdio: [...stdio],
    },
  );
  t.after(() => callers.kill('SIGKILL'));
  await said(callers, /^open$/);
  assert.ok((await metric(url, 'millrace_connections{door="http"}')) >= CONNECTIONS);
  const grown = (await memoryOf(service)) - before;
  assert.ok(grown < CONNECTIONS * MOST_BYTES, `${Math.round(grown / CONNECTIONS)} bytes a connection`);

  assert.equal((await get(`${url}/livez`)).status, 200);
  assert.equal((await get(`${url}/readyz`)).status, 200);
  assert.deepEqual((await post(`${url}/predict/ride-duration`, row)).json.prediction, first.json.prediction);
  assert.ok((await metric(url, 'millrace_connections{door="http"}')) >= CONNECTIONS);

  const ends = [once(service, 'exit'), once(callers, 'exit')];
  service.kill('SIGTERM');
  for (const end of ends) assert.equal((await end)[0], 0);
});
