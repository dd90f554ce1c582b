import assert from 'node:assert/strict';
import { after, describe, it, type TestContext } from 'node:test';
import { openRollouts } from '../../../src/serving/rollouts/open.ts';
import { NO_COUNTS } from '../../../src/serving/rollouts/rollout.ts';
import type { Rollouts } from '../../../src/serving/rollouts/rollouts.ts';
import { openSql } from '../../../src/store/sql.ts';
import { type Place, stores } from '../../contracts/stores.ts';
import { samplePlan } from './samples.ts';

const ADA = { who: 'ada', why: 'new data' };

for (const store of stores()) {
  describe(`rollouts in ${store.name}`, () => {
    after(() => store.remove());
    /** As one process opens them. */
    const open = async (t: TestContext, place: Place): Promise<Rollouts> => {
      const sql = await openSql(place.url);
      t.after(() => sql.close());
      return openRollouts(sql, () => new Date());
    };

    it('are seen by every process, with their history', async (t) => {
      const place = await store.empty();
      const [one, other] = [await open(t, place), await open(t, place)];
      const started = await one.start(samplePlan(), ADA);
      assert.deepEqual(await other.atWork(), [started]);
      assert.deepEqual(await other.find(started.id), started);
      const paused = await other.move(started, { action: 'pause', status: 'paused', who: 'bob', why: 'lunch' });
      assert.equal(paused?.status, 'paused');
      assert.deepEqual(await one.atWork(), [paused]);
      const moves = (await one.moves(started.id)).map(({ action, who, why }) => ({ action, who, why }));
      assert.deepEqual(moves, [
        { action: 'start', who: 'ada', why: 'new data' },
        { action: 'pause', who: 'bob', why: 'lunch' },
      ]);
    });

    it('are moved once by those who have read the same, and not at all once they are over', async (t) => {
      const place = await store.empty();
      const all = await Promise.all([open(t, place), open(t, place), open(t, place)]);
      const started = await all[0].start(samplePlan(), ADA);
      const advance = { action: 'advance', step: 1, who: 'millrace' } as const;
      const moved = await Promise.all(all.map((one) => one.move(started, advance)));
      assert.equal(moved.filter((one) => one !== undefined).length, 1);
      assert.equal((await all[1].moves(started.id)).length, 2);
      const now = await all[1].find(started.id);
      assert.ok(now);
      assert.ok(await all[1].move(now, { action: 'abort', status: 'aborted', ...ADA }));
      const over = await all[1].find(started.id);
      assert.ok(over);
      assert.equal(await all[2].move(over, { action: 'resume', status: 'running', ...ADA }), undefined);
    });

    it('are one a deployment at a time, and one that is over may be started again', async (t) => {
      const place = await store.empty();
      const [one, other] = [await open(t, place), await open(t, place)];
      const plan = samplePlan();
      const tries = await Promise.allSettled([one.start(plan, ADA), other.start(plan, ADA)]);
      assert.deepEqual(tries.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
      await assert.rejects(one.start(plan, ADA), { code: 'ROLLOUT_RUNS' });
      await one.start(samplePlan({ deployment: 'tips' }), ADA);
      const [first] = await one.list('rides');
      await one.move(first, { action: 'abort', status: 'aborted', ...ADA });
      const again = await other.start(plan, ADA);
      assert.notEqual(again.id, first.id);
      assert.deepEqual((await one.list('rides')).map(({ status }) => status).sort(), ['aborted', 'running']);
    });

    it('add up what processes count, step by step', async (t) => {
      const place = await store.empty();
      const all = await Promise.all([open(t, place), open(t, place)]);
      const { id } = await all[0].start(samplePlan(), ADA);
      const counts = {
        stable: { ...NO_COUNTS, rows: 10, calls: 9, timed: 9, slow: 1 },
        candidate: { ...NO_COUNTS, rows: 2, calls: 2, errors: 1, failed: 1 },
      };
      await Promise.all(all.flatMap((one) => [one.count(id, 1, counts), one.count(id, 1, counts)]));
      const [shadow, five] = await all[1].counts(id);
      assert.deepEqual(shadow, { stable: NO_COUNTS, candidate: NO_COUNTS, bets: undefined });
      assert.deepEqual(five.stable, { ...NO_COUNTS, rows: 40, calls: 36, timed: 36, slow: 4 });
      assert.deepEqual(five.candidate, { ...NO_COUNTS, rows: 8, calls: 8, errors: 4, failed: 4 });
    });

    it('know from which time on a call is slow, as it was first said for a step', async (t) => {
      const rollouts = await open(t, await store.empty());
      const started = await rollouts.start(samplePlan(), ADA);
      await rollouts.setSlow(started, 12.5);
      await rollouts.setSlow(started, 99);
      const now = await rollouts.find(started.id);
      assert.equal(now?.slowMs, 12.5);
      const next = now && (await rollouts.move(now, { action: 'advance', step: 1, who: 'millrace' }));
      assert.equal(next?.slowMs, undefined);
      await rollouts.setSlow(started, 7);
      assert.equal((await rollouts.find(started.id))?.slowMs, undefined);
    });
  });
}
