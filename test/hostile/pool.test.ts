import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { Answer, Scorer } from '../../src/core/types.ts';
import { createPool, type Pool, type PoolOptions } from '../../src/workers/pool.ts';
import { until } from '../modes/service/serving.ts';
import { type Deed, packageOf } from './models.ts';

const open = async (t: TestContext, deed: Deed, options: Partial<PoolOptions> = {}): Promise<Pool> => {
  const pool = await createPool({
    found: await packageOf(deed),
    size: 2,
    limits: { memoryBytes: 2 ** 30 },
    ...options,
  });
  t.after(() => pool.scorer.close());
  return pool;
};

/** Rows of 1, 2, 3 … up to 5, those at these places above 5. */
const rowsOf = (count: number, ...bad: readonly number[]) =>
  Array.from({ length: count }, (_, at) => ({ x: bad.includes(at) ? 6 : (at % 5) + 1 }));
const right = (rows: readonly { readonly x: number }[]) => rows.map(({ x }) => ({ output: { y: x * 2 } }));

const check = (answers: readonly Answer[], rows: readonly { readonly x: number }[], how: RegExp): void => {
  const expected = right(rows);
  for (const [at, { x }] of rows.entries()) {
    const { error } = answers[at];
    if (x <= 5) assert.deepEqual(answers[at], expected[at]);
    else {
      assert.equal(error?.code, 'MODEL_FAILED');
      assert.match(error?.got ?? '', how);
    }
  }
};

const deadly: readonly (readonly [Deed, RegExp])[] = [
  ['crashes natively', /^SIGFPE/],
  ['ends its process', /^exit code 0/],
  ['takes memory without end', /^it took more than 1024 MiB of memory/],
];

describe('a pool', () => {
  for (const [deed, how] of deadly) {
    it(`refuses alone the row whose model ${deed}`, async (t) => {
      const pool = await open(t, deed);
      const rows = rowsOf(100, 37);
      check(await pool.scorer.score(rows), rows, how);
      // An eighth, an eighth of it, and the row.
      assert.ok(pool.restarts <= 4, `${pool.restarts} restarts`);
    });
  }

  it('refuses alone several such rows, and all of a few', async (t) => {
    const pool = await open(t, 'crashes natively');
    const several = rowsOf(64, 0, 9, 10, 63);
    check(await pool.scorer.score(several), several, /^SIGFPE/);
    const all = rowsOf(3, 0, 1, 2);
    check(await pool.scorer.score(all), all, /^SIGFPE/);
    const one = rowsOf(1, 0);
    check(await pool.scorer.score(one), one, /^SIGFPE/);
  });

  it('does so in columns, with nothing in the place of the refused row', async (t) => {
    const pool = await open(t, 'crashes natively');
    const rows = rowsOf(20, 7);
    const {
      columns,
      errors,
      rows: count,
    } = await pool.scorer.scoreColumns({ x: Float64Array.from(rows, ({ x }) => x) });
    assert.equal(count, 20);
    assert.deepEqual([...errors.keys()], [7]);
    assert.equal(errors.get(7)?.code, 'MODEL_FAILED');
    assert.deepEqual(
      columns.y,
      Float64Array.from(rows, ({ x }) => (x > 5 ? Number.NaN : x * 2)),
    );
  });

  for (const deed of ['loops in the graph', 'loops in the transform'] as const) {
    it(`refuses alone the row whose model ${deed}, once its time is over`, async (t) => {
      const pool = await open(t, deed, { limits: { runMs: 3000 } });
      await pool.scorer.score(rowsOf(1));
      const rows = rowsOf(10, 4);
      check(await pool.scorer.score(rows), rows, /^it took longer than/);
    });

    it(`tells in time that the time for a row whose model ${deed} is over`, async (t) => {
      const pool = await open(t, deed);
      await pool.scorer.score(rowsOf(1));
      const call = pool.scorer.score(rowsOf(1, 0), { deadline: performance.now() + 500 });
      await assert.rejects(call, { code: 'DEADLINE_EXCEEDED' });
    });
  }

  it('answers the neighbours of a row that loops before the deadline, by one worker alone', async (t) => {
    const pool = await open(t, 'loops in the transform', { size: 1 });
    await pool.scorer.score(rowsOf(1));
    const rows = rowsOf(20, 11);
    check(await pool.scorer.score(rows, { deadline: performance.now() + 40_000 }), rows, /^it took longer than/);
  });

  it('gives up a call whose every row ends a worker, and is there for the next', async (t) => {
    const pool = await open(t, 'crashes natively');
    const rows = rowsOf(300);
    await assert.rejects(pool.scorer.score(rows.map(() => ({ x: 9 }))), { code: 'WORKER_LOST' });
    assert.ok(pool.restarts <= 16, `${pool.restarts} restarts`);
    assert.deepEqual(await pool.scorer.score(rows), right(rows));
  });

  it('fails a call that finds out by itself which row it is', async (t) => {
    const pool = await open(t, 'crashes natively');
    await assert.rejects(pool.scorer.score(rowsOf(4, 1), { undivided: true }), { code: 'WORKER_LOST' });
    await until(() => pool.ready === 2);
    const [{ error }] = await pool.scorer.score(rowsOf(1, 0), { suspected: true });
    assert.equal(error?.code, 'MODEL_FAILED');
    assert.equal(pool.restarts + (2 - pool.ready), 2, 'once was enough');
  });

  it('is closed in time while a worker loops, and what waits is told', async (t) => {
    const pool = await open(t, 'loops in the graph', { size: 1 });
    const ask = (scorer: Scorer) => assert.rejects(scorer.score(rowsOf(1, 0)), { code: 'UNAVAILABLE' });
    const calls = [ask(pool.scorer), ask(pool.scorer)];
    await pool.scorer.close();
    await Promise.all(calls);
    assert.deepEqual(pool.pids, []);
  });
});
