import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { openDatabase } from '../../../src/databases/index.ts';
import { stopPostgres } from '../../postgres.ts';
import { type TestProject, trips } from './project.ts';
import { projectIn, refused, withBad } from './runs-project.ts';

after(stopPostgres);

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
