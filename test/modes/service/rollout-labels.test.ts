import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { rolloutActs } from '../../../src/deployments/rollouts/acts.ts';
import { registerRolled } from './rollout-models.ts';
import { get, openApp, post, serveApp, type Told, until } from './serving.ts';

const REF = 'model@production';
const ADA = { who: 'ada', why: 'a test' };
const COMPARE = [{ metric: 'absolute_error(y)', tolerance: 0.5 }];

interface Answered extends Told {
  readonly variant?: string;
}
interface Kept {
  readonly variant: string;
  readonly experiment?: string;
  readonly prediction: { readonly y: number };
}

/** A service that records, and a candidate whose `finish` is given; the stable version doubles x. */
const serveRecorded = async (t: TestContext, finish: string, share = 1) => {
  const app = await openApp(t);
  await registerRolled(app, { version: '1.0.0' });
  await registerRolled(app, { version: '2.0.0', finish });
  await app.promote('model@1.0.0', { to: 'production', who: 'ada' });
  const recorder = await app.recorder({ share, days: 30, most: 100_000 });
  t.after(() => recorder.close());
  const served = await serveApp(t, app, [REF], {
    followMs: 20,
    rollouts: rolloutActs(app),
    limits: { queueMs: 60_000 },
    recorder,
    recordsApi: true,
  });
  const ask = async (row: unknown) => (await post<Answered>(`${served.url}/predict/model`, row)).json;
  const labels = await app.labels();
  const join = { deployment: REF, key: [] };
  /** Rows are asked at once, and what came true of each is told. */
  const askAll = async (rows: readonly { readonly x: number; readonly rider?: string; readonly y: number }[]) => {
    const all = await Promise.all(rows.map(async ({ y, ...row }) => ({ ...(await ask(row)), y })));
    await labels.tell(
      join,
      all.map(({ id, y }) => ({ key: id, truth: { y } })),
      new Date(),
    );
    await labels.match(join, new Date());
    return all;
  };
  const kept = (id: string) => get<Kept>(`${served.url}/predictions/${id}`);
  const control = await app.rollout();
  const standing = async () => (await control.status(REF))[0];
  return { app, ask, askAll, kept, control, standing };
};

describe('a rollout of a service that records', () => {
  it('keeps what the shadow said beside what was answered, and is taken back by what labels tell of both', async (t) => {
    const { app, ask, askAll, kept, control, standing } = await serveRecorded(t, 'return { y: output.y + row.x % 3 }');
    const steps = 'shadow 100000 rows, 50 %';
    const { id } = await control.start(REF, { candidate: 'model@2.0.0', steps, compare: COMPARE }, ADA);
    await until(async () => (await ask({ x: 0 })).variant !== undefined);
    const { predictions } = await ask({ rows: [{ x: 1 }, { x: 2 }] });
    const [, { id: row }] = predictions;
    await until(async () => (await kept(`${row}.shadow`)).status === 200);
    const [{ json: answer }, { json: beside }] = [await kept(row), await kept(`${row}.shadow`)];
    assert.deepEqual([answer.variant, answer.experiment, answer.prediction], ['stable', `${id} (by call)`, { y: 4 }]);
    assert.deepEqual([beside.variant, beside.experiment, beside.prediction], ['shadow', `${id} (by call)`, { y: 6 }]);

    const records = await app.labels();
    const day = { from: '2000-01-01', to: '2100-01-01' };
    assert.deepEqual(
      (await records.served(REF, day)).map(({ version }) => version),
      ['1.0.0'],
    );

    let next = 0;
    await until(async () => {
      await askAll(Array.from({ length: 50 }, () => ({ x: next, y: 2 * next++ })));
      return (await standing()).rollout.status === 'rolled back';
    });
    const { moves, measures } = await standing();
    const verdict = moves.at(-1)?.verdicts.find(({ about }) => about === COMPARE[0].metric);
    assert.equal(verdict?.outcome, 'worse');
    assert.match(moves.at(-1)?.why ?? '', /^absolute_error\(y\): .* beside 0 of/);
    assert.ok(measures[COMPARE[0].metric].pairs.apart.weight >= 100);
  });

  it('records what is no part of it as if there were none', async (t) => {
    const { ask, kept, control } = await serveRecorded(t, "if (row.x > 10) throw new Error('no'); return output");
    const what = { candidate: 'model@2.0.0', steps: '100 % 1000 rows', unit: 'field:rider' };
    const { id } = await control.start(REF, what, ADA);
    await until(async () => (await ask({ x: 0, rider: 'r' })).variant === 'candidate');
    const experimentOf = async (row: unknown) => (await kept((await ask(row)).id)).json.experiment;
    assert.equal(await experimentOf({ x: 1, rider: 'r' }), id);
    assert.equal(await experimentOf({ x: 1 }), undefined, 'it has no unit');
    assert.equal(await experimentOf({ x: 11, rider: 'r' }), undefined, 'the candidate should have answered it');
  });

  it('records of a share of the calls what both have said', async (t) => {
    const { ask, kept, control } = await serveRecorded(t, 'return output', 0.5);
    await control.start(REF, { candidate: 'model@2.0.0', steps: 'shadow 100000 rows' }, ADA);
    await until(async () => (await ask({ x: 0 })).variant !== undefined);
    const ids: string[] = [];
    for (let x = 0; x < 40; x++) ids.push((await ask({ x })).id);
    await until(async () => (await control.status(REF))[0].counts[0]?.candidate.rows >= 40);
    const found = await Promise.all(
      ids.map(async (id) => [(await kept(id)).status, (await kept(`${id}.shadow`)).status]),
    );
    for (const [answer, beside] of found) assert.equal(answer, beside);
    assert.deepEqual([...new Set(found.flat())].sort(), [200, 404]);
  });

  it('takes no metric that its outputs do not have', async (t) => {
    const { control } = await serveRecorded(t, 'return output');
    const start = (metric: string) =>
      control.start(REF, { candidate: 'model@2.0.0', compare: [{ metric, tolerance: 1 }] }, ADA);
    await assert.rejects(start('absolute_error(yy)'), { code: 'USAGE', message: /did you mean y\?/ });
    await assert.rejects(start('error(y)'), { code: 'USAGE' });
    await assert.rejects(start('wrong'), { code: 'USAGE' });
  });
});
