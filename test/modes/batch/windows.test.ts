import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { MillraceError } from '../../../src/core/errors.ts';
import { stopPostgres } from '../../postgres.ts';
import { clockFrom, trips } from './project.ts';
import { projectIn, refused } from './runs-project.ts';

after(stopPostgres);

describe('windows', () => {
  const clock = clockFrom('2027-01-01T12:00:00Z');
  for (const kind of ['sqlite', 'postgres'] as const) {
    it(`${kind}: a day of 25 hours is a run of 25 hours, and days do not share rows`, async (t) => {
      const rows = trips(3 * 24 * 60);
      const project = await projectIn(t, { from: kind, to: kind, rows, clock });
      const at = kind === 'sqlite' ? `datetime(at, '-4 hours')` : 'at::timestamptz';
      // In SQLite local time is text; the clocks go back at 06:00 UTC.
      const local =
        kind === 'sqlite' ? `case when at < '2026-11-01T06:00' then ${at} else datetime(at, '-5 hours') end` : at;
      const sql =
        kind === 'sqlite'
          ? 'select * from trips where at >= :from_iso and at < :to_iso'
          : `select * from trips where ${local} >= :from and ${local} < :to`;
      project.configure({ window: 'day', zone: 'America/New_York', source: { connection: 'warehouse', sql } });
      const first = await project.run({ window: '2026-11-01' });
      assert.equal(first.run.rows_in, 25 * 60);
      assert.deepEqual(first.run.window, { from: '2026-11-01T04:00:00.000Z', to: '2026-11-02T05:00:00.000Z' });
      const second = await project.run({ window: '2026-11-02' });
      assert.equal(second.run.rows_in, 24 * 60);
      assert.equal((await project.read())?.length, 49 * 60);
      await project.run({ window: '2026-11-01', force: true });
      assert.equal((await project.read())?.length, 49 * 60, 'the other day is left alone');
    });
  }

  it('SQLite: :from and :to are local times as its own functions write them', async (t) => {
    const project = await projectIn(t, { rows: trips(2 * 24 * 60), clock });
    project.configure({
      window: 'day',
      source: {
        connection: 'warehouse',
        sql: 'select * from trips where datetime(at) >= :from and datetime(at) < :to',
      },
    });
    assert.equal((await project.run({ window: '2026-11-02' })).run.rows_in, 24 * 60);
  });

  it('dates of the window stand in paths', async (t) => {
    const project = await projectIn(t, { from: 'parquet', to: 'parquet', clock });
    const { fillFile } = await import('./project.ts');
    const { mkdirSync } = await import('node:fs');
    mkdirSync(join(project.folder, 'rides'));
    await fillFile(join(project.folder, 'rides', '2026-10.parquet'), trips(10));
    await fillFile(join(project.folder, 'rides', '2026-11.parquet'), trips(20));
    project.configure({
      window: 'month',
      source: { files: 'rides/{{ from | yyyy-MM }}.parquet' },
      sink: { file: 'scores/{{ from | yyyy }}/{{ from | MM }}.csv', key: 'id' },
    });
    await project.run({ window: '2026-10' });
    await project.run({ window: '2026-11' });
    assert.deepEqual(readdirSync(join(project.folder, 'scores', '2026')).sort(), [
      '10.csv',
      '10.csv.manifest.json',
      '11.csv',
      '11.csv.manifest.json',
    ]);
    assert.equal(
      readFileSync(join(project.folder, 'scores', '2026', '11.csv'), 'utf8')
        .trim()
        .split('\n').length,
      21,
    );
    await assert.rejects(project.run({ window: '2026-12' }), refused('FILE_NOT_FOUND', '2026-12.parquet'));
  });

  it('a range is filled, what is finished left alone', async (t) => {
    const project = await projectIn(t, { rows: trips(5 * 24 * 60), clock });
    const sql = 'select * from trips where at >= :from_iso and at < :to_iso';
    project.configure({ window: 'day', source: { connection: 'warehouse', sql } });
    await project.run({ window: '2026-11-02' });
    const fill = async (only: 'missing' | 'failed' | 'all', dryRun = false) => {
      const app = project.app();
      try {
        return await (await app.batch()).backfill({
          deployment: 'trips',
          from: '2026-11-01',
          to: '2026-11-04',
          only,
          concurrency: 2,
          dryRun,
          signal: new AbortController().signal,
        });
      } finally {
        await app.close();
      }
    };
    const missing = ['2026-11-01', '2026-11-03', '2026-11-04'];
    assert.deepEqual(
      (await fill('missing', true)).map(({ window }) => window),
      missing,
    );
    assert.deepEqual((await project.read())?.length, 24 * 60);
    const done = await fill('missing');
    assert.deepEqual(
      done.map(({ window, what }) => [window, what]),
      missing.map((window) => [window, 'finished']),
    );
    assert.equal((await project.read())?.length, 4 * 24 * 60);
    assert.deepEqual(await fill('missing'), []);
    assert.deepEqual(await fill('failed'), []);
    assert.equal((await fill('all')).length, 4);
    assert.equal((await project.read())?.length, 4 * 24 * 60);
  });

  it('one that is not over is refused, and left out of a range', async (t) => {
    let now = '2026-11-02T23:59:59.999Z';
    const project = await projectIn(t, { rows: trips(3 * 24 * 60), clock: () => new Date(now) });
    const sql = 'select * from trips where at >= :from_iso and at < :to_iso';
    project.configure({ window: 'day', source: { connection: 'warehouse', sql } });
    const lastWhole = (error: unknown): boolean =>
      refused('USAGE', 'is not over before 2026-11-0')(error) &&
      error instanceof MillraceError &&
      error.problem.expected === 'a window that is over; the last one is 2026-11-01';
    for (const force of [false, true]) {
      await assert.rejects(project.run({ window: '2026-11-02', force }), lastWhole);
      await assert.rejects(project.run({ window: '2026-11-03', force }), lastWhole);
    }
    const app = project.app();
    t.after(() => app.close());
    const batch = await app.batch();
    const fill = async (from: string, dryRun = false) => {
      const leftOut: string[] = [];
      const done = await batch.backfill({
        deployment: 'trips',
        from,
        to: '2026-11-03',
        only: 'missing',
        concurrency: 1,
        dryRun,
        signal: new AbortController().signal,
        onLeftOut: (windows) => leftOut.push(...windows.map(({ label }) => label)),
      });
      return [done.map(({ window }) => window), leftOut];
    };
    await assert.rejects(fill('2026-11-02'), lastWhole);
    assert.deepEqual(await batch.list({ limit: 9 }), [], 'nothing was begun');
    const { scope } = await batch.rehearse({ deployment: 'trips', window: '2026-11-03' });
    assert.equal(scope, '2026-11-03', 'a rehearsal finishes nothing');

    assert.deepEqual(await fill('2026-11-01', true), [['2026-11-01'], ['2026-11-02', '2026-11-03']]);
    assert.deepEqual(await fill('2026-11-01'), [['2026-11-01'], ['2026-11-02', '2026-11-03']]);
    now = '2026-11-03T00:00:00.000Z';
    assert.equal((await project.run({ window: '2026-11-02' })).run.rows_in, 24 * 60);
  });
});
