import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { App } from '../../../src/app.ts';
import { rolloutActs } from '../../../src/deployments/rollouts/acts.ts';
import { bucketOf } from '../../../src/serving/bucket.ts';
import { type RolledModel, registerRolled } from './rollout-models.ts';
import { openApp, post, register, serveApp, type Told, until } from './serving.ts';

const REF = 'model@production';
const ADA = { who: 'ada', why: 'a test' };
const ADDS = 'return { y: output.y + 100 }';

interface Rolled extends Told {
  readonly variant?: string;
  readonly experiment?: string;
  readonly candidate?: { readonly version: string };
}

/** A service of version 1.0.0 that follows rollouts, and a candidate that is registered. */
const serveRolled = async (t: TestContext, candidate: RolledModel, stable: Partial<RolledModel> = {}) => {
  const app = await openApp(t);
  await registerRolled(app, { version: '1.0.0', ...stable });
  await registerRolled(app, candidate);
  await app.promote('model@1.0.0', { to: 'production', who: 'ada' });
  const served = await serveApp(t, app, [REF], {
    followMs: 20,
    rollouts: rolloutActs(app),
    limits: { queueMs: 60_000 },
  });
  const ask = async (row: unknown, headers?: Record<string, string>) =>
    (await post<Rolled>(`${served.url}/predict/model`, row, headers)).json;
  return { ...served, ask };
};

/** Waits until the service routes. */
const routed = async (app: App, ask: (row: unknown) => Promise<Rolled>): Promise<string> => {
  await until(async () => (await ask({ x: 1, rider: 'r' })).experiment !== undefined);
  const [{ rollout }] = await (await app.rollout()).status(REF);
  return rollout.id;
};

describe('a rollout in a service', () => {
  it('answers each unit by one version, by its bucket, and says so', async (t) => {
    const { app, ask } = await serveRolled(t, { version: '2.0.0', finish: ADDS });
    const control = await app.rollout();
    await control.start(REF, { candidate: 'model@2.0.0', steps: '30 %', unit: 'field:rider' }, ADA);
    const id = await routed(app, ask);
    for (let rider = 0; rider < 60; rider++) {
      const isCandidate = bucketOf(id, `rider ${rider}`) < 3000;
      for (let times = 0; times < 2; times++) {
        const { version, variant, experiment, prediction } = await ask({ x: 1, rider: `rider ${rider}` });
        assert.equal(variant, isCandidate ? 'candidate' : 'stable');
        assert.equal(version, isCandidate ? '2.0.0' : '1.0.0');
        assert.equal(experiment, id);
        assert.deepEqual(prediction, { y: isCandidate ? 102 : 2 });
      }
    }
    const without = await ask({ x: 1 });
    assert.equal(without.variant, 'stable', 'a row without a unit is answered by the stable version');
  });

  it('answers the rows of one call by the versions of their units', async (t) => {
    const { app, ask } = await serveRolled(t, { version: '2.0.0', finish: ADDS });
    const control = await app.rollout();
    await control.start(REF, { candidate: 'model@2.0.0', steps: '50 %', unit: 'field:rider' }, ADA);
    const id = await routed(app, ask);
    const rows = Array.from({ length: 40 }, (_, rider) => ({ x: rider, rider: `${rider}` }));
    const { version, candidate, predictions } = await ask({ rows });
    assert.equal(version, '1.0.0');
    assert.equal(candidate?.version, '2.0.0');
    for (const [at, one] of (predictions as readonly Rolled[]).entries()) {
      const isCandidate = bucketOf(id, `${at}`) < 5000;
      assert.equal(one.variant, isCandidate ? 'candidate' : 'stable');
      assert.deepEqual(one.prediction, { y: 2 * at + (isCandidate ? 100 : 0) });
    }
  });

  it('has the stable version answer what the candidate cannot', async (t) => {
    const { app, ask } = await serveRolled(t, {
      version: '2.0.0',
      finish: `if (row.x > 10) throw new Error('no'); ${ADDS}`,
    });
    const control = await app.rollout();
    await control.start(REF, { candidate: 'model@2.0.0', steps: '100 %' }, ADA);
    await routed(app, ask);
    const { predictions } = await ask({ rows: [{ x: 1 }, { x: 11 }, { x: 2 }] });
    const told = (predictions as readonly Rolled[]).map(({ variant, prediction }) => [variant, prediction?.y]);
    assert.deepEqual(told, [
      ['candidate', 102],
      ['stable', 22],
      ['candidate', 104],
    ]);
    await until(async () => ((await control.status(REF))[0].counts[0]?.candidate.errors ?? 0) === 1);
  });

  it('goes by a header, and by the call where there is no unit', async (t) => {
    const { app, ask } = await serveRolled(t, { version: '2.0.0', finish: ADDS });
    const control = await app.rollout();
    await control.start(REF, { candidate: 'model@2.0.0', steps: '50 %', unit: 'header:X-Rider' }, ADA);
    const id = await routed(app, ask);
    for (let rider = 0; rider < 10; rider++) {
      const { variant } = await ask({ x: 1 }, { 'x-rider': `${rider}` });
      assert.equal(variant, bucketOf(id, `${rider}`) < 5000 ? 'candidate' : 'stable');
    }
    await control.abort(REF, ADA);
    await until(async () => (await ask({ x: 1 })).experiment === undefined);
    await control.start(REF, { candidate: 'model@2.0.0', steps: '50 %' }, ADA);
    await routed(app, ask);
    const variants = new Set<string | undefined>();
    for (let call = 0; call < 40; call++) {
      const told = await ask({ x: 1 });
      variants.add(told.variant);
      assert.match(told.experiment ?? '', /^r-[0-9a-f]{12} \(by call\)$/);
    }
    assert.deepEqual([...variants].sort(), ['candidate', 'stable']);
  });

  it('ends when it is aborted, and with the candidate in the environment when it is finished', async (t) => {
    const { app, ask } = await serveRolled(t, { version: '2.0.0', finish: ADDS });
    const control = await app.rollout();
    const what = { candidate: 'model@2.0.0', steps: '100 %' };
    await control.start(REF, what, ADA);
    await routed(app, ask);
    await control.pause(REF, ADA);
    await control.resume(REF, ADA);
    await control.finish(REF, ADA);
    let wasStable = false;
    await until(async () => {
      const { version, experiment } = await ask({ x: 1 });
      wasStable ||= version === '1.0.0';
      return experiment === undefined && version === '2.0.0';
    });
    assert.ok(!wasStable, 'the candidate goes on until the environment is followed');
    await assert.rejects(control.abort(REF, ADA), { code: 'NO_ROLLOUT' });
    await assert.rejects(control.start(REF, what, ADA), { code: 'BAD_ROLLOUT' });
  });

  it('is taken back when the candidate cannot be opened, and the stable version goes on', async (t) => {
    const { app, ask } = await serveRolled(t, { version: '2.0.0', finish: ADDS });
    await register(app, join(app.cwd, 'model-1.0.0'), { version: '3.0.0' }, [{ input: { x: 1 }, output: { y: 7 } }]);
    const control = await app.rollout();
    await control.start(REF, { candidate: 'model@3.0.0', steps: '100 %' }, ADA);
    await until(async () => {
      assert.equal((await ask({ x: 1 })).version, '1.0.0');
      return (await control.status(REF))[0].rollout.status === 'rolled back';
    });
    const [{ moves }] = await control.status(REF);
    assert.match(moves.at(-1)?.why ?? '', /the candidate cannot answer/);
  });

  it('goes from the shadow to the environment when the candidate is not worse', async (t) => {
    // Both in processes of their own, so that both take as long.
    const { app, ask } = await serveRolled(t, { version: '2.0.0', finish: ADDS }, { finish: 'return output' });
    const control = await app.rollout();
    const steps = 'shadow 450 rows, 50 % 100 rows, 100 % 20 rows';
    await control.start(REF, { candidate: 'model@2.0.0', steps, unit: 'field:rider' }, ADA);
    let asked = 0;
    await until(async () => {
      const told = await Promise.all(Array.from({ length: 20 }, () => ask({ x: 1, rider: `${asked++}` })));
      for (const { prediction, variant, error } of told) {
        assert.equal(error, undefined);
        assert.equal(prediction.y, variant === 'candidate' ? 102 : variant === 'stable' ? 2 : prediction.y);
      }
      return (await control.status(REF))[0].rollout.status === 'finished';
    });
    const [{ rollout, counts, moves }] = await control.status(REF);
    assert.deepEqual(
      moves.map(({ action }) => action),
      ['start', 'advance', 'advance', 'finish'],
    );
    assert.ok(moves.slice(1).every(({ verdicts }) => verdicts.every(({ outcome }) => outcome === 'better')));
    assert.equal(counts[0].candidate.rows, counts[0].stable.rows);
    assert.equal(counts[0].candidate.differing, counts[0].candidate.rows);
    const registry = await app.registry();
    assert.equal((await registry.resolve(REF)).version, '2.0.0');
    const [kept] = await registry.comparisons({ name: 'model', version: '2.0.0' });
    assert.equal(kept.comparison, rollout.id);
  });

  it('is taken back when the candidate errs more, with its verdict as the reason', async (t) => {
    const { app, ask } = await serveRolled(t, {
      version: '2.0.0',
      finish: `if (row.x % 3 === 0) throw new Error('no'); ${ADDS}`,
    });
    const control = await app.rollout();
    await control.start(REF, { candidate: 'model@2.0.0', steps: '50 % 100000 rows', unit: 'field:rider' }, ADA);
    await routed(app, ask);
    let asked = 1;
    await until(async () => {
      const x = asked++;
      const { prediction, variant } = await ask({ x, rider: `${x}` });
      assert.equal(prediction.y, 2 * x + (variant === 'candidate' ? 100 : 0));
      return (await control.status(REF))[0].rollout.status === 'rolled back';
    });
    const [{ moves }] = await control.status(REF);
    const last = moves.at(-1);
    assert.equal(last?.who, 'millrace rollout');
    assert.equal(last?.verdicts[0].outcome, 'worse');
    assert.equal(last?.verdicts[0].about, 'errors');
    await until(async () => (await ask({ x: 3 })).experiment === undefined);
    await control.start(REF, { candidate: 'model@2.0.0', steps: '50 %' }, ADA);
  });

  it('is no success without traffic, and a breach acts during a pause', async (t) => {
    const { app, ask } = await serveRolled(t, { version: '2.0.0', finish: `throw new Error('no')` });
    const control = await app.rollout();
    await control.start(REF, { candidate: 'model@2.0.0', steps: '50 % 1 rows, 100 %' }, ADA);
    await control.pause(REF, ADA);
    await until(async () => (await ask({ x: 1 })).experiment !== undefined);
    await until(async () => {
      await ask({ x: 1 });
      return (await control.status(REF))[0].rollout.status === 'rolled back';
    });
  });

  it('answers tensors as a whole, by the version of their unit', async (t) => {
    const { app, ask, url } = await serveRolled(t, {
      version: '2.0.0',
      finish: `if (row.x > 10) throw new Error('no'); ${ADDS}`,
    });
    const control = await app.rollout();
    await control.start(REF, { candidate: 'model@2.0.0', steps: '50 %', unit: 'header:x-rider' }, ADA);
    const id = await routed(app, () => ask({ x: 1 }));
    interface Inferred {
      readonly parameters: { readonly variant: string; readonly experiment: string };
      readonly outputs: readonly { readonly data: readonly number[] }[];
    }
    const infer = async (data: readonly number[], rider: string) => {
      const inputs = [{ name: 'x', datatype: 'FP64', shape: [data.length], data }];
      return (await post<Inferred>(`${url}/v2/models/model/infer`, { inputs }, { 'x-rider': rider })).json;
    };
    for (let rider = 0; rider < 8; rider++) {
      const isCandidate = bucketOf(id, `${rider}`) < 5000;
      const { parameters, outputs } = await infer([1, 2], `${rider}`);
      assert.deepEqual([parameters.variant, parameters.experiment], [isCandidate ? 'candidate' : 'stable', id]);
      assert.deepEqual(outputs[0].data, isCandidate ? [102, 104] : [2, 4]);
      const other = await infer([1, 11], `${rider}`);
      assert.equal(other.parameters.variant, 'stable', 'what the candidate refuses is answered by the stable version');
      assert.deepEqual(other.outputs[0].data, [2, 22]);
    }
  });
});
