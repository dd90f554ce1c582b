import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { stopPostgres } from '../../postgres.ts';
import { kinds, lasting, type Output, trips, writeModel } from './project.ts';
import { projectIn, refused } from './runs-project.ts';

after(stopPostgres);

describe('any source with any sink', () => {
  let expected: Output | undefined;
  for (const from of kinds) {
    for (const to of kinds) {
      it(`${from} → ${to}: every row is predicted, with its key, its columns and where it comes from`, async (t) => {
        const project = await projectIn(t, { from, to, settings: { shard_rows: 100 } });
        const { what, run } = await project.run();
        assert.equal(what, 'finished');
        const output = await project.read();
        assert.equal(output?.length, 300);
        const rows = lasting(output)?.map((row) => ({ ...row, score: Number(row.score) }));
        expected ??= rows;
        assert.deepEqual(rows, expected);
        assert.deepEqual(Object.keys(rows?.[0] ?? {}).sort(), ['city', 'id', 'model', 'score', 'version']);
        for (const row of output ?? []) {
          assert.equal(row.run_id, run.id);
          assert.equal(row.digest, run.digest);
          assert.ok(Math.abs(Date.parse(String(row.scored_at)) - Date.now()) < 600_000);
        }
      });
    }
  }
});

describe('a finished window', () => {
  for (const to of kinds) {
    it(`${to}: run again, it changes nothing; --force replaces it`, async (t) => {
      const project = await projectIn(t, { to, from: 'parquet' });
      const first = await project.run();
      const before = await project.read();
      const again = await project.run();
      assert.equal(again.what, 'done');
      assert.equal(again.run.id, first.run.id);
      assert.deepEqual(await project.read(), before);

      await project.fill(trips(200, 50));
      const forced = await project.run({ force: true });
      assert.equal(forced.what, 'finished');
      const output = await project.read();
      assert.deepEqual(new Set(output?.map((row) => row.run_id)), new Set([forced.run.id]));
      assert.deepEqual(
        output?.map((row) => row.id),
        trips(200, 50).map((trip) => trip.id),
        'rows that are gone from the source are gone from the output',
      );
    });
  }
});

describe('rows without a key', () => {
  for (const from of ['sqlite', 'postgres', 'parquet', 'csv'] as const) {
    it(`${from}: they are numbered, and a rerun gives the same names`, async (t) => {
      const rows = [...trips(40), ...trips(3)];
      const project = await projectIn(t, { from, rows });
      project.configure({ sink: { file: 'out/scores.csv', columns: ['id'] } });
      await project.run();
      const path = join(project.folder, 'out', 'scores.csv');
      const names = () =>
        readFileSync(path, 'utf8')
          .split('\n')
          .map((line) => line.split(',').slice(0, 3).join());
      const first = names();
      assert.equal(new Set(first).size, 45, 'a header, 43 rows, an end');
      await project.run({ force: true });
      assert.deepEqual(names(), first);
    });
  }
});

describe('versions', () => {
  it('a run that was left goes on with the version that it began with', async (t) => {
    const project = await projectIn(t, { rows: trips(2000), settings: { model: 'trees@production', shard_rows: 100 } });
    const app = project.app();
    const register = async (version: string) => {
      writeModel(join(project.folder, 'model'), { version });
      const { package: packed } = await app.pack('model');
      const registry = await app.registry();
      await registry.register({ ...packed });
      await registry.promote({ name: 'trees', version, to: 'production' });
    };
    await register('1.0.0');
    const batch = await app.batch();
    const stop = new AbortController();
    await assert.rejects(
      batch.run({
        deployment: 'trips',
        signal: stop.signal,
        onEvent: (event) => {
          if (event.what === 'progress' && event.rows >= 500) stop.abort();
        },
      }),
      { name: 'AbortError' },
    );
    const [left] = await batch.list({ limit: 1 });
    assert.equal(left?.status, 'running');
    assert.ok(left.rows_in >= 100 && left.rows_in < 2000);
    await register('2.0.0');
    const events: string[] = [];
    const { run } = await batch.run({
      deployment: 'trips',
      signal: new AbortController().signal,
      onEvent: ({ what }) => events.push(what),
    });
    assert.equal(events[0], 'continued');
    assert.deepEqual([run.id, run.version, run.rows_in, run.rows_out], [left.id, '1.0.0', 2000, 2000]);
    assert.deepEqual(new Set((await project.read())?.map((row) => row.version)), new Set(['1.0.0']));
    const next = await batch.run({ deployment: 'trips', force: true, signal: new AbortController().signal });
    assert.equal(next.run.version, '2.0.0');
    await app.close();
  });

  it('two workers give the same bits as one', async (t) => {
    const project = await projectIn(t, { rows: trips(20_000), from: 'parquet', to: 'parquet' });
    await project.run();
    const one = lasting(await project.read());
    project.configure({ workers: 2 });
    await project.run({ force: true });
    assert.deepEqual(lasting(await project.read()), one);
  });
});

describe('a run that somebody else has', () => {
  it('is left to them; cancelled, it stops and publishes nothing', async (t) => {
    const project = await projectIn(t, { rows: trips(20_000), settings: { shard_rows: 500 } });
    const [mine, theirs] = [project.app(), project.app()];
    const [a, b] = [await mine.batch(), await theirs.batch()];
    const signal = new AbortController().signal;
    let id = '';
    let meanwhile: Promise<unknown> | undefined;
    await assert.rejects(
      a.run({
        deployment: 'trips',
        signal,
        onEvent: (event) => {
          if ('run' in event) id = event.run.id;
          if (event.what !== 'progress' || meanwhile) return;
          meanwhile = (async () => {
            await assert.rejects(b.run({ deployment: 'trips', signal }), refused('RUN_BUSY', id));
            assert.equal((await b.cancel(id)).at, 'its next step');
          })();
        },
      }),
      refused('CANCELLED'),
    );
    await meanwhile;
    assert.deepEqual((await project.read()) ?? [], []);
    assert.equal((await b.find(id)).status, 'cancelled');
    const { what, run } = await b.run({ deployment: 'trips', signal });
    assert.deepEqual([what, run.id === id], ['finished', false]);
    assert.equal((await project.read())?.length, 20_000);
    await mine.close();
    await theirs.close();
  });
});
