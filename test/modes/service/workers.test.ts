import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { App } from '../../../src/app.ts';
import { createPool, type Pool } from '../../../src/workers/pool.ts';
import { isAlive } from '../../alive.ts';
import { inputOf, slowModel } from './isolated.ts';
import { models, openApp, until } from './serving.ts';

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
