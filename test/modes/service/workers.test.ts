import assert from 'node:assert/strict';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { App } from '../../../src/app.ts';
import type { Row } from '../../../src/core/types.ts';
import type { ServiceOptions } from '../../../src/modes/service/service.ts';
import { createPool, type Pool } from '../../../src/workers/pool.ts';
import { runCli } from '../../run-cli.ts';
import { get, models, openApp, post, type Served, serveApp } from './serving.ts';

/** A copy of the trees whose rows take about as many milliseconds as their field `ms` says, or else `atLeast`. */
const slowModel = async (t: TestContext, atLeast: number): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-slow-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await cp(models.trees, folder, { recursive: true });
  const yaml = await readFile(join(folder, 'model.yaml'), 'utf8');
  const inputs = 'inputs:\n  ms: { kind: number, nullable: true }\n';
  await writeFile(
    join(folder, 'model.yaml'),
    `${yaml.replace('name: trees-100x6', 'name: slow').replace('inputs:\n', inputs)}transform: transform.ts\n`,
  );
  await writeFile(
    join(folder, 'transform.ts'),
    `export const prepare = (row: Record<string, unknown>) => {
  const ms = typeof row.ms === 'number' ? row.ms : ${atLeast};
  let state = 1;
  // About a nanosecond a turn on a fast machine.
  for (let turn = 0; turn < ms * 1e6; turn++) state = (Math.imul(state, 1664525) + 1013904223) | 0;
  return { ...row, ms: state };
};
`,
  );
  return folder;
};

const inputOf = async (): Promise<Row> =>
  JSON.parse(await readFile(join(models.trees, 'examples.json'), 'utf8'))[0].input;

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

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};
const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
  for (let turn = 0; turn < 500 && !(await holds()); turn++) await pause(20);
  assert.ok(await holds());
};

describe('a pool of workers', () => {
  const open = async (t: TestContext, folder: string, size: number): Promise<Pool & { readonly app: App }> => {
    const app = await openApp(t);
    const pool = await createPool({ found: await app.open(folder), size });
    t.after(() => pool.scorer.close());
    return Object.assign(pool, { app });
  };

  it('answers with the bits of the scorer, rows and columns, and refuses alike', async (t) => {
    const pool = await open(t, models.columns, 2);
    const scorer = await pool.app.scorer(models.columns);
    const { examples } = await pool.app.open(models.columns);
    const rows = [...examples.map(({ input }) => input), { age: 'old' }, 7, null];
    assert.deepEqual(await pool.scorer.score(rows), await scorer.score(rows));
    const columns = {
      age: Float64Array.of(30, Number.NaN, -1),
      income: [1000.5, 2000, 3000],
      visits: Int32Array.of(1, 2, 3),
      plan: ['basic', 'plus', 'gold'],
      region: ['north', 'south', ''],
      active: [true, false, true],
    };
    assert.deepEqual(await pool.scorer.scoreColumns(columns), await scorer.scoreColumns(columns));
    const texts = [{ ...examples[0].input, age: '41', active: 'true' }];
    assert.deepEqual(await pool.scorer.score(texts, { coerce: true }), await scorer.score(texts, { coerce: true }));
    await assert.rejects(pool.scorer.scoreColumns({ age: [1], income: [1, 2] }), { code: 'BAD_SHAPE' });
    const timings = { validate: 0, prepare: 0, run: 0, finish: 0 };
    await pool.scorer.score(rows, { timings });
    assert.ok(timings.run > 0);
    await scorer.close();
  });

  it('runs again what a killed worker had, and replaces it', async (t) => {
    const pool = await open(t, await slowModel(t, 0), 2);
    const input = await inputOf();
    await until(() => pool.ready === 2);
    const [right] = await pool.scorer.score([{ ...input, ms: 1 }]);
    const [first] = pool.pids;
    const calls = Array.from({ length: 4 }, () => pool.scorer.score([{ ...input, ms: 300 }]));
    await pause(50);
    process.kill(first, 'SIGKILL');
    for (const [answer] of await Promise.all(calls)) assert.deepEqual(answer, right);
    await until(() => pool.ready === 2);
    assert.equal(pool.restarts, 1);
    assert.ok(!pool.pids.includes(first));
  });

  it('goes on when every worker is killed at once, again and again', async (t) => {
    const pool = await open(t, models.trees, 2);
    const input = await inputOf();
    const [{ output }] = await pool.scorer.score([input]);
    await until(() => pool.ready === 2);
    for (let turn = 1; turn <= 3; turn++) {
      for (const pid of pool.pids) process.kill(pid, 'SIGKILL');
      await until(() => pool.ready === 0);
      // Nobody is there: it waits for the next worker.
      assert.deepEqual(await pool.scorer.score([input]), [{ output }]);
      await until(() => pool.ready === 2);
    }
    assert.equal(pool.restarts, 6);
  });

  it('leaves no process behind when it is closed', async (t) => {
    const pool = await open(t, models.trees, 2);
    await until(() => pool.ready === 2);
    const { pids } = pool;
    assert.ok(pids.every(isAlive));
    await pool.scorer.close();
    assert.ok(!pids.some(isAlive));
    await assert.rejects(pool.scorer.score([await inputOf()]), { code: 'UNAVAILABLE' });
  });

  it('is not made of a package that cannot be loaded, and says why', async (t) => {
    const app = await openApp(t);
    const found = await app.open(models.trees);
    const broken = { ...found, files: new Map([...found.files, ['model.onnx', Uint8Array.of(1, 2, 3)]]) };
    await assert.rejects(createPool({ found: broken, size: 2 }), { code: 'BAD_MODEL' });
  });
});

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
