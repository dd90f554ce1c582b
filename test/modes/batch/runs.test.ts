import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it, type TestContext } from 'node:test';
import { type Code, MillraceError } from '../../../src/core/errors.ts';
import { openDatabase } from '../../../src/databases/index.ts';
import type { Reject } from '../../../src/modes/batch/types.ts';
import { stopPostgres } from '../../postgres.ts';
import { tempFolder } from '../../temp-folder.ts';
import {
  clockFrom,
  createProject,
  fillTable,
  kinds,
  lasting,
  type Output,
  type ProjectOptions,
  type TestProject,
  trips,
  writeModel,
} from './project.ts';

after(stopPostgres);

const projectIn = (t: TestContext, options: Omit<ProjectOptions, 'folder'> = {}): Promise<TestProject> =>
  createProject({ folder: tempFolder(t), ...options });

const refused =
  (code: Code, ...parts: readonly (string | RegExp)[]) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof MillraceError, String(error));
    assert.equal(error.code, code, error.message);
    for (const part of parts) {
      if (typeof part === 'string') assert.ok(error.message.includes(part), `${error.message}\nlacks: ${part}`);
      else assert.match(error.message, part);
    }
    return true;
  };

const allRejects = async (project: TestProject, run: string, unresolved = true): Promise<readonly Reject[]> => {
  const app = project.app();
  try {
    const found: Reject[] = [];
    for await (const page of await (await app.batch()).rejects(run, { unresolved })) found.push(...page);
    return found;
  } finally {
    await app.close();
  }
};

/** Rows that the model refuses: every `step`th, from the first. */
const withBad = (count: number, step: number) =>
  trips(count).map((trip, index) => (index % step === 0 ? { ...trip, f0: -1000 } : trip));

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

describe('rejected rows', () => {
  for (const from of ['sqlite', 'postgres', 'parquet', 'csv', 'ndjson'] as const) {
    it(`${from}: they are kept with reason and row, and their neighbours are predicted`, async (t) => {
      const project = await projectIn(t, {
        from,
        rows: withBad(1000, 100),
        settings: { max_rejected: '1%', shard_rows: 300 },
      });
      const { run } = await project.run();
      assert.deepEqual([run.rows_in, run.rows_out, run.rows_rejected], [1000, 990, 10]);
      assert.equal((await project.read())?.length, 990);
      const rejects = await allRejects(project, run.id);
      assert.deepEqual(
        rejects.map(({ key, problem }) => [key[0], problem.code, problem.field]),
        Array.from({ length: 10 }, (_, index) => [
          `trip-${String(index * 100).padStart(6, '0')}`,
          'OUT_OF_RANGE',
          'f0',
        ]),
      );
      assert.deepEqual(
        rejects.map(({ row }) => row),
        Array.from({ length: 10 }, (_, index) => index * 100 + 1),
      );
      assert.equal(Number((rejects[0]?.input as Record<string, unknown> | undefined)?.f0), -1000);
    });
  }

  it('more of them than max_rejected allows fail the run, and its output is incomplete', async (t) => {
    for (const to of ['sqlite', 'postgres', 'parquet'] as const) {
      const project = await projectIn(t, { from: 'parquet', to });
      const good = await project.run();
      await project.fill(withBad(300, 30));
      await assert.rejects(
        project.run({ force: true }),
        refused('TOO_MANY_REJECTS', '10 of 300 rows', '1 %', 'incomplete. See why: millrace batch rejects'),
      );
      assert.deepEqual(new Set((await project.read())?.map((row) => row.run_id)), new Set([good.run.id]));
      const app = project.app();
      const [failed] = await (await app.batch()).list({ limit: 1 });
      await app.close();
      assert.equal(failed?.status, 'failed');
      assert.equal(failed?.problem?.code, 'TOO_MANY_REJECTS');
      assert.match(failed?.summary?.sink ?? '', /incomplete/);
      const aside = to === 'parquet' ? 'scores.parquet.incomplete' : 'scores_incomplete';
      const where = `${aside}. See why: millrace batch rejects ${failed?.id}`;
      assert.ok(failed?.problem?.message.endsWith(where), failed?.problem?.message);
      assert.ok(existsSync(join(project.folder, '.millrace', 'runs', 'trips', failed?.id ?? '', 'report.html')));
      if (to === 'parquet') assert.ok(existsSync(join(project.folder, 'out', 'scores.parquet.incomplete')));
      else {
        const database = await openDatabase(project.sink.url);
        assert.ok(await database.table(['scores_incomplete']));
        const [status] = await database.query(`select status from millrace_runs where run_id = ?`, [failed?.id]);
        assert.equal(status?.status, 'incomplete');
        await database.close();
      }
      // Mended, the window is done anew.
      await project.fill(trips(300));
      const mended = await project.run();
      assert.deepEqual([mended.what, mended.run.rows_out], ['finished', 300]);
      assert.equal((await project.read())?.length, 300);
    }
  });

  it('rows of a table are retried as they are now', async (t) => {
    for (const kind of ['sqlite', 'postgres'] as const) {
      const project = await projectIn(t, { from: kind, to: kind, rows: withBad(500, 125) });
      const { run } = await project.run();
      assert.equal(run.rows_rejected, 4);
      // Three of four are mended.
      await fillTable(
        project.source.url,
        trips(500).map((trip, index) => (index === 250 ? { ...trip, f0: -999 } : trip)),
      );
      const retry = async () => {
        const app = project.app();
        try {
          return (await (await app.batch()).retryRejects(run.id, { signal: new AbortController().signal })).run;
        } finally {
          await app.close();
        }
      };
      const first = await retry();
      assert.deepEqual([first.rows_in, first.rows_out, first.rows_rejected], [4, 3, 1]);
      const output = await project.read();
      assert.equal(output?.length, 499);
      assert.deepEqual(
        output?.filter((row) => row.run_id === first.id).map((row) => row.id),
        ['trip-000000', 'trip-000125', 'trip-000375'],
      );
      assert.deepEqual(
        (await allRejects(project, run.id)).map(({ key }) => key[0]),
        ['trip-000250'],
      );
      assert.equal((await allRejects(project, run.id, false)).length, 4);
      await fillTable(project.source.url, trips(500));
      const second = await retry();
      assert.deepEqual([second.rows_in, second.rows_out], [1, 1]);
      assert.equal((await project.read())?.length, 500);
      assert.equal((await allRejects(project, run.id)).length, 0);
    }
  });

  it('rows of files are retried as they were, with the version that is deployed now', async (t) => {
    for (const from of ['parquet', 'csv', 'ndjson'] as const) {
      const project = await projectIn(t, { from, to: from, rows: withBad(500, 125) });
      const { run } = await project.run();
      writeModel(join(project.folder, 'model'), { version: '1.1.0', min: -2000 });
      const app = project.app();
      const retried = await (await app.batch()).retryRejects(run.id, { signal: new AbortController().signal });
      await app.close();
      assert.equal(retried.run.rows_out, 4);
      const output = await project.read();
      assert.equal(output?.length, 500);
      assert.deepEqual(
        output?.filter((row) => row.version === '1.1.0').map((row) => row.id),
        ['trip-000000', 'trip-000125', 'trip-000250', 'trip-000375'],
      );
    }
  });
});

describe('before anything is scored', () => {
  const nothing = async (project: TestProject): Promise<void> => {
    assert.equal(await project.read(), undefined);
  };

  for (const from of ['sqlite', 'postgres', 'parquet', 'csv'] as const) {
    it(`${from}: a column that has gone is named`, async (t) => {
      const project = await projectIn(t, { from });
      project.configure(
        from === 'sqlite' || from === 'postgres'
          ? { source: { connection: 'warehouse', sql: 'select id, city, f0, f1, f2, f3, f4, f5 from trips' } }
          : {},
      );
      if (from === 'parquet' || from === 'csv') {
        const { createTableWriter } = await import('../../../src/files/index.ts');
        const writer = await createTableWriter(join(project.folder, `trips.${from}`), {
          columns: ['id', 'city', 'f0', 'f1'].map((name) => ({ name, type: 'VARCHAR' })),
        });
        await writer.write({ rows: 1, columns: { id: ['a'], city: ['b'], f0: ['1'], f1: ['2'] } });
        await writer.close();
        await assert.rejects(project.run(), refused('BAD_SOURCE', /f[02]/));
      } else await assert.rejects(project.run(), refused('BAD_SOURCE', 'has no column f6'));
      await nothing(project);
    });
  }

  for (const from of ['sqlite', 'postgres'] as const) {
    it(`${from}: a column of another type is named, with both types`, async (t) => {
      const project = await projectIn(t, { from });
      const database = await openDatabase(project.source.url);
      await database.run('alter table trips rename column f7 to f7_old');
      await database.run('alter table trips add column f7 text');
      await database.close();
      await assert.rejects(project.run(), refused('BAD_SOURCE', 'f7 is VARCHAR', 'a number'));
      await nothing(project);
    });
  }

  it('a nullable column that the run before had, and this one has not, is no accident to pass over', async (t) => {
    const project = await projectIn(t, { from: 'parquet' });
    const path = join(project.folder, 'model', 'model.yaml');
    const { writeFileSync } = await import('node:fs');
    writeFileSync(path, readFileSync(path, 'utf8').replace('f9: {kind: number}', 'f9: {kind: number, nullable: true}'));
    await project.run();
    const { createTableWriter } = await import('../../../src/files/index.ts');
    const [trip] = trips(1);
    const columns = Object.keys(trip ?? {}).filter((name) => name !== 'f9');
    const writer = await createTableWriter(join(project.folder, 'trips.parquet'), {
      columns: columns.map((name) => ({ name, type: name.startsWith('f') ? 'DOUBLE' : 'VARCHAR' })),
    });
    await writer.write({ rows: 1, columns: Object.fromEntries(columns.map((name) => [name, [trip?.[name]]])) });
    await writer.close();
    await assert.rejects(project.run({ force: true }), refused('BAD_SOURCE', 'no column f9', 'The run before had it'));
  });

  it('a sink of another shape is refused', async (t) => {
    for (const to of ['sqlite', 'postgres'] as const) {
      const project = await projectIn(t, { to });
      const database = await openDatabase(project.sink.url);
      await database.run('create table scores (id text primary key, score text, city integer)');
      await database.close();
      await assert.rejects(project.run(), refused('BAD_SINK', 'city'));
    }
  });

  it('a file that is not there, and a folder that cannot be one, are named', async (t) => {
    const project = await projectIn(t, { from: 'parquet', to: 'parquet' });
    rmSync(join(project.folder, 'trips.parquet'));
    await assert.rejects(project.run(), refused('FILE_NOT_FOUND', 'trips.parquet'));
    await project.fill(trips(10));
    project.configure({ source: { files: 'rides-*.parquet' } });
    await assert.rejects(project.run(), refused('BAD_SOURCE', 'rides-*.parquet'));
    project.configure({ sink: { file: 'trips.parquet/scores.csv' } });
    await assert.rejects(project.run(), refused('BAD_SINK', 'is not a folder'));
  });

  it('two rows of one key are refused, at once where rows come in the order of their key', async (t) => {
    const rows = [...trips(50), ...trips(1, 7)];
    for (const from of ['sqlite', 'postgres', 'csv'] as const) {
      const project = await projectIn(t, { from, rows });
      await assert.rejects(project.run(), refused('DUPLICATE_KEY', 'trip-000007'));
      assert.deepEqual((await project.read()) ?? [], []);
    }
  });

  it('a rehearsal says what would come out, and writes nothing', async (t) => {
    const project = await projectIn(t, { rows: withBad(300, 100) });
    const app = project.app();
    const would = await (await app.batch()).rehearse({ deployment: 'trips' });
    assert.deepEqual((await (await app.batch()).list({ limit: 9 })).length, 0);
    await app.close();
    assert.equal(would.looked_at, 300);
    assert.equal(would.rejects.length, 3);
    assert.equal(would.rows.rows, 297);
    await nothing(project);
    assert.ok(!existsSync(join(project.folder, 'predictions.db')));
  });
});

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
