import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { openDatabase } from '../../../src/databases/index.ts';
import type { Reject } from '../../../src/modes/batch/types.ts';
import { stopPostgres } from '../../postgres.ts';
import { fillTable, type TestProject, trips, writeModel } from './project.ts';
import { projectIn, refused, withBad } from './runs-project.ts';

after(stopPostgres);

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
