import assert from 'node:assert/strict';
import { after, describe, it, type TestContext } from 'node:test';
import { openRecords } from '../../../src/monitor/records/open.ts';
import { openRollouts } from '../../../src/serving/rollouts/open.ts';
import { experimentOf, type Rollout } from '../../../src/serving/rollouts/rollout.ts';
import { parseSteps } from '../../../src/serving/rollouts/steps.ts';
import { openSql } from '../../../src/store/sql.ts';
import { type Place, stores } from '../../contracts/stores.ts';
import { samplePlan } from './samples.ts';

const ADA = { who: 'ada' };
const ERROR = { metric: 'absolute_error(minutes)', tolerance: 0.2 };
const COMPARE = [ERROR, { metric: 'wrong(late)', tolerance: 0.01 }];
const [STABLE, CANDIDATE, SHADOW] = ['stable', 'candidate', 'shadow'] as const;

for (const store of stores()) {
  describe(`what labels tell of a rollout in ${store.name}`, () => {
    after(() => store.remove());
    let now = Date.parse('2026-11-20T10:00:00.000Z');

    const open = async (t: TestContext, place: Place) => {
      const sql = await openSql(place.url);
      const records = openRecords(sql);
      t.after(() => sql.close());
      return { records, rollouts: openRollouts(sql, () => new Date(now)) };
    };
    type World = Awaited<ReturnType<typeof open>>;

    /** Minutes that a version has said of a row, as a record. */
    const keep = ({ records }: World, rollout: Rollout, variant: string, said: Readonly<Record<string, number>>) =>
      records.append(
        Object.entries(said).map(([id, minutes]) => ({
          id: variant === SHADOW ? `${id}.shadow` : id,
          at: new Date(now).toISOString(),
          deployment: rollout.deployment,
          model: rollout.model,
          ...(variant === STABLE ? rollout.stable : rollout.candidate),
          variant,
          experiment: experimentOf(rollout),
          input: '{}',
          coerced: false,
          output: JSON.stringify({ minutes, late: minutes > 10 }),
          ms: 1,
        })),
      );
    const tell = async ({ records }: World, truths: Readonly<Record<string, number>>): Promise<void> => {
      for (const [id, minutes] of Object.entries(truths)) {
        await records.label(id, { minutes, late: minutes > 10 }, new Date(now));
      }
    };

    it('is of pairs in the shadow and of rows of each beside the other after it, each once, whoever looks', async (t) => {
      const place = await store.empty();
      const [one, other] = [await open(t, place), await open(t, place)];
      const steps = parseSteps('shadow 10 rows, 50 %', 'USAGE');
      const started = await one.rollouts.start(samplePlan({ compare: COMPARE, steps }), ADA);
      await keep(one, started, STABLE, { a: 10, b: 12, c: 8 });
      await keep(one, started, SHADOW, { a: 11, b: 20 });
      await tell(one, { a: 11, b: 13 });
      await Promise.all([one.rollouts.measure(started), other.rollouts.measure(started)]);
      const { [ERROR.metric]: error, 'wrong(late)': wrong } = await other.rollouts.measure(started);
      assert.deepEqual(error.steps, {});
      assert.deepEqual(error.pairs.stable, { weight: 2, mean: 1, squares: 0 });
      assert.equal(error.pairs.candidate.mean, 3.5);
      assert.equal(error.pairs.apart.mean, 2.5);
      assert.equal(wrong.pairs.bets?.count, 2);

      await tell(one, { a: 99 });
      assert.equal(
        (await one.rollouts.measure(started))[ERROR.metric].pairs.stable.weight,
        2,
        'the first label counts',
      );

      now += 1000;
      const next = await one.rollouts.move(started, { action: 'advance', step: 1, who: 'millrace' });
      assert.ok(next);
      now += 1000;
      await keep(one, next, STABLE, { d: 10 });
      await keep(one, next, CANDIDATE, { e: 10, f: 14 });
      await tell(other, { d: 10, e: 12, f: 14 });
      const { steps: arms } = (await other.rollouts.measure(next))[ERROR.metric];
      assert.deepEqual(arms[1].stable, { weight: 1, mean: 0, squares: 0 });
      assert.deepEqual(arms[1].candidate, { weight: 2, mean: 1, squares: 2 });
      assert.deepEqual(await one.rollouts.measured(next.id), await other.rollouts.measure(next));
    });

    it('waits for the record of a shadow for a while, and then goes on without it', async (t) => {
      const world = await open(t, await store.empty());
      const started = await world.rollouts.start(samplePlan({ compare: [ERROR] }), ADA);
      await keep(world, started, STABLE, { a: 10, b: 10 });
      await keep(world, started, SHADOW, { b: 10 });
      await tell(world, { a: 10, b: 10 });
      assert.deepEqual(await world.rollouts.measure(started), {});
      now += 20_000;
      assert.equal((await world.rollouts.measure(started))[ERROR.metric].pairs.apart.weight, 1);
    });

    it('is nothing of what others were answered, or before', async (t) => {
      const world = await open(t, await store.empty());
      const before = await world.rollouts.start(samplePlan({ compare: [ERROR] }), ADA);
      await keep(world, before, STABLE, { a: 10 });
      await keep(world, before, SHADOW, { a: 10 });
      await tell(world, { a: 10 });
      await world.rollouts.move(before, { action: 'abort', status: 'aborted', ...ADA });
      const started = await world.rollouts.start(samplePlan({ compare: [ERROR] }), ADA);
      assert.deepEqual(await world.rollouts.measure(started), {});
      assert.deepEqual(await world.rollouts.measure({ ...started, compare: undefined }), {});
    });
  });
}
