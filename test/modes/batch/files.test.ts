/** What a run reads and writes is what the user meant, and nothing of theirs is lost. */
import assert from 'node:assert/strict';
import { existsSync, linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it, type TestContext } from 'node:test';
import { MillraceError } from '../../../src/core/errors.ts';
import { openDatabase } from '../../../src/databases/index.ts';
import type { BatchEvent } from '../../../src/modes/batch/batch.ts';
import { stopPostgres } from '../../postgres.ts';
import { tempFolder } from '../../temp-folder.ts';
import { createProject, fillFile, type ProjectOptions, type TestProject, trips } from './project.ts';

after(stopPostgres);

const projectIn = (t: TestContext, options: Omit<ProjectOptions, 'folder'> = {}): Promise<TestProject> =>
  createProject({ folder: tempFolder(t), rows: trips(20), from: 'csv', to: 'csv', ...options });

const refused =
  (code: string, part: RegExp) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof MillraceError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, part);
    return true;
  };

const rehearse = async (project: TestProject, force?: boolean) => {
  const app = project.app();
  try {
    return await (await app.batch()).rehearse({ deployment: 'trips', force });
  } finally {
    await app.close();
  }
};

/** Runs, and answers what was told on the way. */
const notesOf = async (project: TestProject): Promise<readonly string[]> => {
  const app = project.app();
  const notes: string[] = [];
  const onEvent = (event: BatchEvent): void => {
    if (event.what === 'noted') notes.push(event.message);
  };
  try {
    await (await app.batch()).run({ deployment: 'trips', signal: new AbortController().signal, onEvent });
    return notes;
  } finally {
    await app.close();
  }
};

describe('a sink that is among the sources is refused, dry or not', () => {
  for (const [what, files, file, prepare] of [
    ['the same file', 'trips.csv', 'trips.csv', () => {}],
    ['another spelling', 'trips.csv', 'out/../trips.csv', () => {}],
    ['a symbolic link', 'trips.csv', 'link.csv', (at: string) => symlinkSync('trips.csv', join(at, 'link.csv'))],
    ['a hard link', 'trips.csv', 'hard.csv', (at: string) => linkSync(join(at, 'trips.csv'), join(at, 'hard.csv'))],
    ['a linked folder', '*.csv', 'here/scores.csv', (at: string) => symlinkSync('.', join(at, 'here'))],
    ['what a glob will find', '*.csv', 'scores.csv', () => {}],
    ['what a glob will find below', '**/*.csv', 'out/deep/scores.csv', () => {}],
  ] as const) {
    it(what, async (t) => {
      const project = await projectIn(t);
      prepare(project.folder);
      const before = readFileSync(join(project.folder, 'trips.csv'), 'utf8');
      project.configure({ source: { files }, sink: { file, key: 'id' } });
      await assert.rejects(rehearse(project), refused('BAD_SINK', /would read what it writes/));
      await assert.rejects(project.run({ force: true }), refused('BAD_SINK', /would read what it writes/));
      assert.equal(readFileSync(join(project.folder, 'trips.csv'), 'utf8'), before);
    });
  }

  for (const kind of ['sqlite', 'postgres'] as const) {
    it(`${kind}: a table, by name, by a view of a view and by another connection`, async (t) => {
      const project = await projectIn(t, { from: kind, to: kind });
      const { url } = project.source;
      const database = await openDatabase(url);
      t.after(() => database.close());
      await database.run('create view near as select * from trips where f0 > -1000');
      await database.run('create view farther as select * from near');
      await database.run('create table apart as select * from trips');
      const sink = { connection: 'warehouse', table: 'trips', key: 'id' };
      for (const source of [
        { connection: 'warehouse', table: 'trips' },
        { connection: 'warehouse', table: 'farther' },
        { connection: 'warehouse', sql: 'select a.* from apart a join farther o on a.id = o.id' },
      ]) {
        project.configure({ source, sink });
        await assert.rejects(rehearse(project), refused('BAD_SINK', /would read what it writes/));
      }
      assert.equal(await database.reads('select * from apart', ['trips']), false);
      const again = await openDatabase(
        kind === 'sqlite' ? url.replace('sqlite:', 'sqlite://') : `${url}?application_name=x`,
      );
      t.after(() => again.close());
      assert.equal(await again.identity(), await database.identity());
    });
  }
});

describe('a file that the deployment did not make', () => {
  it('is refused and left alone, dry or not, unless it is to be replaced', async (t) => {
    const project = await projectIn(t);
    const path = join(project.folder, 'out', 'scores.csv');
    mkdirSync(join(project.folder, 'out'));
    writeFileSync(path, 'mine\n');
    await assert.rejects(rehearse(project), refused('FILE_EXISTS', /trips did not make it; --force/));
    await assert.rejects(project.run(), refused('FILE_EXISTS', /trips did not make it; --force/));
    assert.equal(readFileSync(path, 'utf8'), 'mine\n');
    await rehearse(project, true);
    assert.equal((await project.run({ force: true })).run.rows_out, 20);
    assert.equal((await project.run({ force: true })).run.rows_out, 20);
    writeFileSync(path, 'mine again\n');
    await assert.rejects(rehearse(project), refused('FILE_EXISTS', /scores\.csv exists already/));
  });

  it('may be another deployment’s, or lie where the manifest goes', async (t) => {
    const project = await projectIn(t);
    await project.run();
    const manifest = join(project.folder, 'out', 'scores.csv.manifest.json');
    const text = readFileSync(manifest, 'utf8');
    for (const other of [text.replace('"deployment": "trips"', '"deployment": "others"'), '{"mine": true}', 'mine']) {
      writeFileSync(manifest, other);
      await assert.rejects(rehearse(project), refused('FILE_EXISTS', /trips did not make it/));
    }
    writeFileSync(manifest, text);
    await rehearse(project);
  });
});

describe('names of files', () => {
  it('what is there under a name is meant, whatever its brackets', async (t) => {
    const project = await projectIn(t);
    for (const name of ['data[1].csv', 'a*b.csv', '{x}.csv']) {
      await fillFile(join(project.folder, name), trips(3));
      project.configure({ source: { files: name }, sink: { file: 'out/scores.csv', key: 'id' } });
      assert.equal((await rehearse(project)).looked_at, 3);
    }
  });

  for (const address of ['s3://bucket/x/*.parquet', 'gs://b/x.csv', 'abfs://c@a/x.csv', 'https://example.com/x.csv']) {
    it(`${address} is not read or written yet, and is said not to be`, async (t) => {
      const project = await projectIn(t);
      project.configure({ source: { files: address } });
      await assert.rejects(rehearse(project), refused('BAD_SOURCE', /:\/\/ is not read or written yet/));
      project.configure({ sink: { file: address } });
      await assert.rejects(rehearse(project), refused('BAD_SINK', /:\/\/ is not read or written yet/));
    });
  }
});

describe('many files', () => {
  it('parts without bytes or rows are stepped over, and told', async (t) => {
    const project = await projectIn(t);
    const at = (name: string) => join(project.folder, 'parts', name);
    mkdirSync(join(project.folder, 'parts'));
    writeFileSync(at('a.csv'), '');
    await fillFile(at('b.csv'), trips(3));
    writeFileSync(at('c.csv'), '');
    writeFileSync(at('d.csv'), 'id\n');
    await fillFile(at('e.csv'), trips(3, 3));
    writeFileSync(at('f.csv'), '');
    project.configure({ source: { files: 'parts/*.csv' } });
    const empty = (name: string) => `parts/${name}.csv is empty, and was stepped over`;
    assert.deepEqual(await notesOf(project), [empty('a'), empty('c'), 'parts/d.csv has no rows', empty('f')]);
    assert.equal((await project.read())?.length, 6);
  });

  it('nothing but empty files is no source', async (t) => {
    const project = await projectIn(t);
    mkdirSync(join(project.folder, 'parts'));
    for (const name of ['a', 'b']) writeFileSync(join(project.folder, 'parts', `${name}.csv`), '');
    project.configure({ source: { files: 'parts/*.csv' } });
    await assert.rejects(rehearse(project), refused('BAD_FILE', /a\.csv/));
  });

  for (const format of ['csv', 'parquet'] as const) {
    it(`${format}: a column that only later files have is refused, or missing in the earlier ones`, async (t) => {
      const project = await projectIn(t, { from: format, to: 'csv' });
      const cut = (name: string, without: string) => {
        const rows = trips(2, name === 'a' ? 0 : 2).map((trip) => ({ ...trip }) as Record<string, string | number>);
        for (const row of rows) delete row[without];
        const columns = Object.keys(rows[0]).map((one) => ({
          name: one,
          type: one.startsWith('f') ? 'DOUBLE' : 'VARCHAR',
        }));
        return { rows, columns };
      };
      const { createTableWriter } = await import('../../../src/files/index.ts');
      const put = async (name: string, without: string) => {
        const { rows, columns } = cut(name, without);
        const writer = await createTableWriter(join(project.folder, `part-${name}.${format}`), { columns });
        await writer.write({
          rows: rows.length,
          columns: Object.fromEntries(columns.map((one) => [one.name, rows.map((row) => row[one.name])])),
        });
        await writer.close();
      };
      await put('a', 'city');
      await put('b', 'none');
      const source = { files: `part-*.${format}` };
      project.configure({ source });
      await assert.rejects(project.run(), refused('BAD_SOURCE', /has no column city/));
      project.configure({ source: { ...source, missing_columns: null } });
      await project.run();
      assert.deepEqual(
        (await project.read())?.map(({ id, city }) => [id, city]),
        [
          ['trip-000000', null],
          ['trip-000001', null],
          ['trip-000002', 'Città 2'],
          ['trip-000003', 'Città 3'],
        ],
      );
      await put('b', 'f3');
      await assert.rejects(
        project.run({ force: true }),
        refused('BAD_SOURCE', /part-b.* has no column f3, which may not/),
      );
    });
  }

  it('a column of another type in a later file is carried as a value, or costs its row', async (t) => {
    const project = await projectIn(t, { from: 'parquet', to: 'parquet' });
    const { createTableWriter } = await import('../../../src/files/index.ts');
    const features = Array.from({ length: 16 }, (_, index) => `f${index}`);
    for (const [name, type, values] of [
      ['a', 'BIGINT', [1, 2]],
      ['b', 'DOUBLE', [3, 4.5]],
    ] as const) {
      const columns = [{ name: 'n', type }, ...features.map((one) => ({ name: one, type: 'DOUBLE' }))];
      const writer = await createTableWriter(join(project.folder, `part-${name}.parquet`), { columns });
      const zero = Object.fromEntries(features.map((one) => [one, [0, 0]]));
      await writer.write({ rows: 2, columns: { n: [...values], ...zero } });
      await writer.close();
    }
    project.configure({
      source: { files: 'part-*.parquet' },
      sink: { file: 'out/scores.parquet', columns: ['n'] },
      max_rejected: '50%',
    });
    const { run } = await project.run();
    assert.deepEqual([run.rows_out, run.rows_rejected], [3, 1]);
    assert.deepEqual((await project.read())?.map(({ n }) => n).sort(), [1, 2, 3]);
    assert.ok(existsSync(join(project.folder, 'out', 'scores.parquet')));
  });
});
