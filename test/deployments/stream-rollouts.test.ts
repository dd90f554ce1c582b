import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { type App, createApp } from '../../src/app.ts';
import { bucketOf } from '../../src/serving/bucket.ts';
import { registerRolled } from '../modes/service/rollout-models.ts';
import { tempFolder } from '../temp-folder.ts';
import { until } from '../until.ts';

const ADA = { who: 'ada', why: 'a test' };
const ADDS = 'return { y: output.y + 100 }';

const yaml = `environments: [production]
deployments:
  rides: { mode: stream, model: model@production, from: rides, to: predicted, partitions: 4, batch: { size: 20 } }
`;

interface Predicted {
  readonly id: string;
  readonly variant: string;
  readonly experiment?: string;
  readonly data: { readonly key: string; readonly version: string; readonly prediction: { readonly y: number } };
}

/** Two consumers of one stream, a stable version and a candidate. */
const openWorld = async (t: TestContext, finish?: string) => {
  const cwd = tempFolder(t);
  writeFileSync(join(cwd, 'millrace.yaml'), yaml);
  const open = (): App => {
    const app = createApp({ cwd, env: { MILLRACE_HOME: join(cwd, 'home') } });
    t.after(() => app.close());
    return app;
  };
  const app = open();
  await registerRolled(app, { version: '1.0.0' });
  await registerRolled(app, finish === undefined ? { version: '2.0.0' } : { version: '2.0.0', finish });
  await app.promote('model@1.0.0', { to: 'production', who: 'ada' });
  const broker = await app.broker();
  await broker.ensureTopic('rides', { partitions: 4 });
  for (const one of [app, open()]) {
    const deployed = await one.start('rides');
    t.after(() => deployed.stop());
  }
  let sent = 0;
  const seen = new Set<string>();
  const read = async (topic: string): Promise<Predicted[]> => {
    const found: Predicted[] = [];
    for await (const { events } of broker.read(topic, { from: 'earliest', untilEnd: true })) {
      for (const { value } of events) found.push(JSON.parse(Buffer.from(value ?? []).toString()));
    }
    return found;
  };
  return {
    app,
    control: await app.rollout(),
    read,
    /** Events with keys `k0` to `k39`, and their predictions once all of them are there. */
    async send(count: number): Promise<readonly Predicted[]> {
      const events = Array.from({ length: count }, () => {
        const x = sent++;
        const value = Buffer.from(JSON.stringify({ x, rider: `rider ${x % 7}` }));
        return { topic: 'rides', key: Buffer.from(`k${x % 40}`), value };
      });
      await broker.produce(events);
      let all: readonly Predicted[] = [];
      await until(`${sent} events are predicted`, async () => {
        all = await read('predicted');
        return all.length >= sent;
      });
      assert.equal(all.length, sent, 'none twice');
      const fresh = all.filter(({ id }) => !seen.has(id));
      for (const { id } of fresh) seen.add(id);
      assert.equal(seen.size, sent);
      return fresh;
    },
  };
};

describe('a rollout of a stream', { timeout: 200_000 }, () => {
  it('answers the events of a key by one version in all consumers, until it is aborted', async (t) => {
    const { control, send } = await openWorld(t, ADDS);
    await control.start('rides', { candidate: 'model@2.0.0', steps: '50 % 100000 rows', unit: 'key' }, ADA);
    const [{ rollout }] = await control.status('rides');
    const isFollowed = async (share: number): Promise<boolean> => {
      const told = await send(80);
      return told.every(({ variant, data }) => (variant === 'candidate') === bucketOf(rollout.id, data.key) < share);
    };
    await until('all consumers follow', () => isFollowed(5000));
    for (const { variant, experiment, data } of await send(80)) {
      const isCandidate = variant === 'candidate';
      assert.equal(experiment, rollout.id);
      assert.equal(data.version, isCandidate ? '2.0.0' : '1.0.0');
      assert.equal(data.prediction.y % 2, 0);
    }
    await until('both are counted', async () => {
      const [{ counts }] = await control.status('rides');
      return (counts[0]?.candidate.rows ?? 0) > 0 && (counts[0]?.stable.units ?? 0) > 0;
    });
    await control.abort('rides', ADA);
    await until('all consumers follow', () => isFollowed(0));
    assert.ok((await send(40)).every(({ experiment }) => experiment === undefined));
  });

  it('is rolled back where the candidate errs, and the stable version answers in its place', async (t) => {
    const { control, send, read } = await openWorld(t, `if (row.x % 3 === 0) throw new Error('no'); ${ADDS}`);
    await control.start('rides', { candidate: 'model@2.0.0', steps: '50 % 100000 rows', unit: 'field:rider' }, ADA);
    await until('it is rolled back', async () => {
      await send(40);
      return (await control.status('rides'))[0].rollout.status === 'rolled back';
    });
    const [{ moves }] = await control.status('rides');
    assert.match(moves.at(-1)?.why ?? '', /error/);
    await until('nobody is answered by it', async () => (await send(40)).every(({ variant }) => variant === 'stable'));
    assert.deepEqual(await read('rides.dead-letters'), []);
  });

  it('goes from the shadow to the environment when the candidate is not worse', async (t) => {
    const { app, control, send, read } = await openWorld(t);
    const steps = 'shadow 450 rows, 50 % 350 rows, 100 % 100 rows';
    await control.start('rides', { candidate: 'model@2.0.0', steps }, ADA);
    await until('it is finished', async () => {
      await send(400);
      return (await control.status('rides'))[0].rollout.status === 'finished';
    });
    const [{ counts, moves }] = await control.status('rides');
    assert.deepEqual(
      moves.map(({ action }) => action),
      ['start', 'advance', 'advance', 'finish'],
    );
    assert.deepEqual([counts[0].candidate.differing, counts[0].candidate.rows], [0, counts[0].stable.rows]);
    const shadowed = await read('predicted.shadow');
    assert.ok(shadowed.length >= 450);
    assert.ok(shadowed.every(({ variant, data }) => variant === 'candidate' && data.version === '2.0.0'));
    assert.equal((await (await app.registry()).resolve('model@production')).version, '2.0.0');
    await until('it is the stable one', async () =>
      (await send(40)).every(({ variant, data }) => variant === 'stable' && data.version === '2.0.0'),
    );
  });

  it('goes by what is known of events alone', async (t) => {
    const { control } = await openWorld(t, ADDS);
    const what = { candidate: 'model@2.0.0', unit: 'cookie:sid' };
    await assert.rejects(control.start('rides', what, ADA), {
      code: 'USAGE',
      message: /what the unit of a row is/,
    });
  });
});
