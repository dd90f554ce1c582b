import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { App } from '../../../src/app.ts';
import type { ServiceOptions } from '../../../src/modes/service/service.ts';
import type { Pool } from '../../../src/workers/pool.ts';
import { isAlive } from '../../alive.ts';
import { runCli } from '../../run-cli.ts';
import { inputOf, slowModel } from './isolated.ts';
import { get, models, openApp, post, type Served, serveApp, until } from './serving.ts';

interface Isolated extends Served {
  readonly pools: readonly Pool[];
}

/** Serves, and keeps the pools that the service makes. */
const serveIsolated = async (
  t: TestContext,
  refs: readonly string[],
  options: Partial<ServiceOptions>,
): Promise<Isolated> => {
  const app = await openApp(t);
  const pools: Pool[] = [];
  const isolate: App['isolate'] = async (given) => {
    const pool = await app.isolate(given);
    pools.push(pool);
    return pool;
  };
  // On a machine that is busy with other things nobody shall be refused for it.
  const limits = { queueMs: 60_000 };
  return { ...(await serveApp(t, app, refs, { source: { ...app, isolate }, limits, ...options })), pools };
};

interface Ready {
  readonly ready: boolean;
  readonly reason?: string;
}

interface Metadata {
  readonly parameters: { readonly isolation: string; readonly row_ms: number; readonly workers?: number };
}

describe('isolation', () => {
  it('is decided by how long a row takes', async (t) => {
    const { url, pools } = await serveIsolated(t, [models.trees, await slowModel(t, 10)], { modelWorkers: 2 });
    const parameters = async (name: string) => (await get<Metadata>(`${url}/v2/models/${name}`)).json.parameters;
    const [fast, slow] = [await parameters('trees-100x6'), await parameters('slow')];
    assert.deepEqual([fast.isolation, fast.workers], ['inline', undefined]);
    assert.deepEqual([slow.isolation, slow.workers, pools.length], ['workers', 2, 1]);
    assert.ok(slow.row_ms > fast.row_ms);
    const metrics = await (await fetch(`${url}/metrics`)).text();
    assert.match(metrics, /^millrace_workers_ready\{model="slow",version="1.0.0",variant="stable"\} 2$/m);
  });

  it('can be said', async (t) => {
    const inline = await serveIsolated(t, [await slowModel(t, 10)], { isolation: 'inline' });
    assert.equal(inline.pools.length, 0);
    const workers = await serveIsolated(t, [models.trees], { isolation: 'workers' });
    assert.equal(workers.pools.length, 1);
    const input = await inputOf();
    const { json } = await post(`${workers.url}/predict/trees-100x6`, input);
    const scorer = await workers.app.scorer(models.trees);
    const [{ output }] = await scorer.score([input]);
    await scorer.close();
    assert.deepEqual(json.prediction, output);
  });

  it('keeps everything else answering while a row takes long', async (t) => {
    const { url } = await serveIsolated(t, [models.trees, await slowModel(t, 10)], {});
    const input = await inputOf();
    let finished = false;
    const slow = post(`${url}/predict/slow`, { ...input, ms: 1500 }).finally(() => {
      finished = true;
    });
    for (let call = 0; call < 20; call++) {
      assert.equal((await post(`${url}/predict/trees-100x6`, input)).status, 200);
    }
    assert.equal(finished, false, 'the others were answered first');
    assert.equal((await slow).status, 200);
  });

  it('readiness tells the truth while a killed worker has not been replaced, and its requests are answered', async (t) => {
    const { url, pools } = await serveIsolated(t, [await slowModel(t, 10)], { modelWorkers: 1 });
    const [pool] = pools;
    const input = await inputOf();
    const ready = async () => (await get<Ready>(`${url}/readyz`)).json;
    assert.deepEqual(await ready(), { ready: true });
    const long = post(`${url}/predict/slow`, { ...input, ms: 500 });
    await pause(100);
    const [pid] = pool.pids;
    process.kill(pid, 'SIGKILL');
    await until(() => pool.ready === 0);
    // The next one takes a while to start.
    assert.deepEqual(await ready(), { ready: false, reason: 'slow has none of its 1 workers at the moment' });
    assert.equal((await fetch(`${url}/livez`)).status, 200);
    assert.equal((await long).status, 200);
    await until(async () => (await ready()).ready);
    const metrics = await (await fetch(`${url}/metrics`)).text();
    assert.match(metrics, /^millrace_worker_restarts_total\{model="slow",version="1.0.0",variant="stable"\} 1$/m);
  });

  it('loses no answer while workers are killed under load', async (t) => {
    const { url, pools } = await serveIsolated(t, [await slowModel(t, 3)], { modelWorkers: 2 });
    const input = await inputOf();
    const { json: right } = await post(`${url}/predict/slow`, input);
    let stop = false;
    let answered = 0;
    const callers = Array.from({ length: 8 }, async () => {
      while (!stop) {
        const { status, json } = await post(`${url}/predict/slow`, input);
        assert.deepEqual([status, json.prediction], [200, right.prediction]);
        answered++;
      }
    });
    const [pool] = pools;
    for (let turn = 0; turn < 5; turn++) {
      await pause(300);
      await until(() => pool.ready === 2);
      process.kill(pool.pids[0], 'SIGKILL');
    }
    await until(() => pool.ready === 2);
    stop = true;
    await Promise.all(callers);
    assert.ok(answered > 8, `${answered}`);
  });

  it('takes its workers along when the model or the service goes', async (t) => {
    const { url, pools, service } = await serveIsolated(t, [models.trees], {
      isolation: 'workers',
      modelControl: true,
    });
    const { pids } = pools[0];
    await post(`${url}/v2/repository/models/trees-100x6/unload`, {});
    await until(() => !pids.some(isAlive));
    await post(`${url}/v2/repository/models/trees-100x6/load`, {});
    const again = pools[1].pids;
    assert.ok(again.every(isAlive));
    await service.close();
    assert.ok(!again.some(isAlive));
  });

  it('leaves no worker behind when the service itself is killed', async (t) => {
    const home = await mkdtemp(join(tmpdir(), 'millrace-killed-'));
    t.after(() => rm(home, { recursive: true, force: true }));
    const { spawn } = await import('node:child_process');
    const { createInterface } = await import('node:readline');
    const words = ['serve', models.trees, '--port', '0', '--no-grpc', '--isolation', 'workers'];
    const bin = join(import.meta.dirname, '../../../bin/millrace.js');
    const child = spawn(process.execPath, [bin, ...words], {
      env: { ...process.env, MILLRACE_HOME: home },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let url = '';
    for await (const line of createInterface({ input: child.stdout })) {
      url = /^ready on (http:[^;]+);/.exec(line)?.[1] ?? '';
      if (url !== '') break;
    }
    const children = async (): Promise<readonly number[]> => {
      const tree = await readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').catch(() => '');
      return tree.trim().split(' ').filter(Boolean).map(Number);
    };
    const pids = await children();
    assert.equal((await post(`${url}/predict/trees-100x6`, await inputOf())).status, 200);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await until(() => !pids.some(isAlive));
  });
});

describe('millrace inspect', () => {
  it('shows how long a row takes, and where the model would run', async (t) => {
    const app = await openApp(t);
    const cli = (...words: readonly string[]) => runCli(words, { cwd: app.home, env: { MILLRACE_HOME: app.home } });
    const fast = await cli('inspect', models.trees);
    assert.match(fast.stdout, /one row takes +\d.* (?:µs|ms), so a service runs it inline/);
    const slow = await cli('inspect', await slowModel(t, 10));
    assert.match(slow.stdout, /one row takes +\d.* ms, so a service runs it in processes of its own/);
    const { serving } = JSON.parse((await cli('inspect', models.trees, '--json')).stdout);
    assert.deepEqual([serving.isolation, serving.rowMs > 0], ['inline', true]);
  });
});
