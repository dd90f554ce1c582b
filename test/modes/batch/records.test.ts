/** Runs may leave records of their rows, which can be made again, and never hold up a run. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, describe, it } from 'node:test';
import { replay } from '../../../src/monitor/replay.ts';
import { startPostgres, stopPostgres } from '../../postgres.ts';
import { runCli } from '../../run-cli.ts';
import { tempFolder } from '../../temp-folder.ts';
import { createProject, kinds, type TestProject, trips } from './project.ts';

after(stopPostgres);

const rows = [
  ...trips(200),
  { ...trips(1, 200)[0], f1: null },
  // Refused, as it is below what the model allows.
  { ...trips(1, 201)[0], f0: -1000 },
];

/** Ids of the records in the project's home. */
const idsOf = ({ folder }: TestProject): readonly string[] => {
  const database = new DatabaseSync(join(folder, '.millrace', 'registry.db'));
  try {
    return database
      .prepare('select id from recorded order by id')
      .all()
      .map(({ id }) => String(id));
  } finally {
    database.close();
  }
};

for (const from of kinds) {
  describe(`a run over ${from}`, () => {
    it('leaves a record of each row, by its key, and each can be made again', async (t) => {
      const settings = { record: 'all', max_rejected: 1 };
      const project = await createProject({ folder: tempFolder(t), from, to: 'csv', rows, settings });
      const { run } = await project.run();
      const app = project.app();
      t.after(() => app.close());
      const [records, scorer] = [await app.records(), await app.scorer(join(project.folder, 'model'))];
      for (const { id } of rows) {
        const kept = await records.find(`trips/${run.id}/${id}`);
        assert.ok(kept, `${id} is recorded`);
        assert.deepEqual([kept.deployment, kept.digest, kept.model], ['trips', run.digest, 'trees']);
        const replayed = await replay(kept, scorer);
        assert.ok(replayed.same, JSON.stringify(replayed));
      }
      assert.equal(idsOf(project).length, rows.length);
      await scorer.close();
    });
  });
}

it('what a run records can be made again on the command line, with the package of its deployment', async (t) => {
  const project = await createProject({ folder: tempFolder(t), rows, settings: { record: 1, max_rejected: 1 } });
  const { run } = await project.run();
  const env = { HOME: project.folder };
  const made = await runCli(['replay', `trips/${run.id}/trip-000003`], { cwd: project.folder, env });
  assert.match(made.stdout, /^same/, made.stderr);
});

it('rows without a key are recorded by their number, and a part of them where that is asked for', async (t) => {
  const sink = { file: 'out/scores.csv' };
  const settings = { record: 'sample=0.2', sink };
  const project = await createProject({ folder: tempFolder(t), from: 'csv', to: 'csv', rows: trips(2000), settings });
  const { run } = await project.run();
  const ids = idsOf(project);
  assert.ok(ids.length > 280 && ids.length < 530, `${ids.length} of 2000`);
  for (const id of ids) assert.match(id, new RegExp(`^trips/${run.id}/`));
});

it('nothing is recorded unless it is asked for', async (t) => {
  const project = await createProject({ folder: tempFolder(t), from: 'csv', to: 'csv' });
  await project.run();
  assert.deepEqual(idsOf(project), []);
});

it('records may be kept in PostgreSQL', async (t) => {
  const url = await (await startPostgres()).database();
  const env = { MILLRACE_REGISTRY: url };
  const project = await createProject({ folder: tempFolder(t), from: 'parquet', settings: { record: 'all' }, env });
  const { run } = await project.run();
  const app = project.app();
  t.after(() => app.close());
  assert.ok(await (await app.records()).find(`trips/${run.id}/trip-000299`));
});
