import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import type { Problem } from '../../../src/core/errors.ts';
import { checkRoom } from '../../../src/sinks/room.ts';
import { tempFolder } from '../../temp-folder.ts';
import { createProject, type Kind, lasting, type Output, type TestProject, trips } from './project.ts';
import { isDisk, onSmallDisk, way } from './small-disk.ts';

const ROWS = 9600;
const SHARDS = 12;
const MB = 2 ** 20;
/** A run is not begun with less than 16 MB. */
const SIZE = 20 * MB;
const worker = join(import.meta.dirname, 'full-disk-worker.ts');
interface Case {
  readonly moment: 'staging' | 'publishing';
  readonly shards: number;
  /** What stays free of the disk, in sizes of the output. */
  readonly left: number;
}
/** Too little room to stage rows, and too little to join or move them. Where no file may be long, the ledger is kept short. */
const cases: Readonly<Record<'file' | 'table', readonly Case[]>> = {
  file: [
    { moment: 'staging', shards: isDisk ? SHARDS : 1, left: 0.5 },
    { moment: 'publishing', shards: isDisk ? SHARDS : 3, left: 1.5 },
  ],
  table: [
    { moment: 'staging', shards: isDisk ? SHARDS : 1, left: 0.2 },
    { moment: 'publishing', shards: isDisk ? SHARDS : 3, left: 0.8 },
  ],
};

interface Said {
  readonly what?: string;
  readonly problem?: Problem;
  readonly status?: string;
  /** Scored. */
  readonly rows: number;
  readonly files: readonly string[];
}

/** Rows whose output no format can make small. */
const rows = trips(ROWS).map((trip, index) => ({ ...trip, city: `${Math.sin(index)} ${Math.cos(index)}` }));

const placeOf = (project: TestProject): string => join(project.folder, 'out');
const make = async (folder: string, to: Kind, shards = SHARDS): Promise<TestProject> => {
  mkdirSync(join(folder, 'out'), { recursive: true });
  return createProject({ folder, from: 'csv', to, rows, settings: { shard_rows: ROWS / shards }, databases: 'out' });
};
const call = (project: TestProject, left?: number): readonly string[] => [
  '--disable-warning=ExperimentalWarning',
  worker,
  project.folder,
  placeOf(project),
  ...(left === undefined ? [] : [String(Math.round(left))]),
];
const said = (line: string): Said => JSON.parse(line) as Said;
const runs = (place: string, project: TestProject, left: number, limit: number): readonly Said[] =>
  onSmallDisk({ place, size: SIZE, limit, calls: [call(project, left), call(project)] }).map(said);

const kinds = ['parquet', 'csv', 'ndjson', 'sqlite'] as const;
const nameOf = (to: Kind): string => (to === 'sqlite' ? 'predictions.db' : `scores.${to}`);

describe('a disk that is full', () => {
  before(() => process.stdout.write(`a full disk is ${way}\n`));

  for (const to of kinds) {
    it(`${to}: the run fails and says where; with room it goes on, and ends as an uninterrupted one`, async (t) => {
      const whole = await make(tempFolder(t), to);
      await whole.run();
      const expected = lasting(await whole.read());
      assert.equal(expected?.length, ROWS);
      const { size } = statSync(join(placeOf(whole), nameOf(to)));
      // SQLite tells of a file that may not grow as of any failure of its disk.
      const code = !isDisk && to === 'sqlite' ? 'STORE_FAILED' : 'DISK_FULL';

      for (const { moment, shards, left } of cases[to === 'sqlite' ? 'table' : 'file']) {
        const project = await make(tempFolder(t), to, shards);
        const limit = size * (moment === 'staging' ? 0.5 : 0.8);
        const [full, after] = runs(placeOf(project), project, size * left, limit);
        assert.ok(full && after);
        const what = `${moment} ${shards}: ${JSON.stringify(full)}`;
        assert.deepEqual([full.problem?.code, full.status], [code, 'failed'], what);
        if (isDisk) assert.equal(full.rows === ROWS, moment === 'publishing', what);
        assert.match(full.problem?.message ?? '', new RegExp(`${nameOf(to)}(?: is full|: disk I/O error)`));
        assert.ok(!full.files.includes(`scores.${to}`), 'nothing is published');
        assert.equal(after.what, 'finished', JSON.stringify(after));
        await holds(project, expected);
      }
    });
  }

  it('csv: nothing is published of which only a part was written, be it that the last write was cut short', async (t) => {
    const whole = await make(tempFolder(t), 'csv', 2);
    await whole.run();
    const { size } = statSync(join(placeOf(whole), 'scores.csv'));
    const project = await make(tempFolder(t), 'csv', 2);
    // Both shards may be as long as they are, and each is joined by one write.
    assert.ok(size < 4 * MB);
    const stay = { place: placeOf(project), size: SIZE, limit: 0.8 * size, isLimit: true };
    const [full, after] = onSmallDisk({ ...stay, calls: [call(project), call(project)] }).map(said);
    assert.equal(full?.problem?.code, 'DISK_FULL', JSON.stringify(full));
    assert.equal(after?.what, 'finished', JSON.stringify(after));
    await holds(project, lasting(await whole.read()));
  });

  it('tells of its failure, and goes on, where the ledger lies on the same disk', async (t) => {
    const whole = await make(tempFolder(t), 'csv');
    await whole.run();
    const expected = lasting(await whole.read());
    const { size } = statSync(join(placeOf(whole), 'scores.csv'));
    const project = await make(tempFolder(t), 'csv', isDisk ? SHARDS : 1);
    const [full, after] = runs(project.folder, project, size / 2, size / 2);
    assert.equal(full?.problem?.code, 'DISK_FULL', JSON.stringify(full));
    assert.equal(after?.what, 'finished', JSON.stringify(after));
    await holds(project, expected);
  });

  it('is seen before anything is scored, where there is hardly any room', async (t) => {
    const folder = tempFolder(t);
    await assert.rejects(checkRoom(folder, 'scores.csv', Number.MAX_SAFE_INTEGER), /scores\.csv cannot be written/);
    if (!isDisk) return;
    for (const to of kinds) {
      const project = await make(tempFolder(t), to);
      const calls = [call(project), call(project)];
      for (const line of onSmallDisk({ place: placeOf(project), size: 8 * MB, limit: 0, calls })) {
        const { problem, rows: scored } = said(line);
        assert.equal(problem?.code, 'DISK_FULL', line);
        assert.match(problem.message, /cannot be written: the disk under .*out has [0-8] MB left/);
        assert.equal(scored, 0, 'nothing was scored');
      }
    }
  });
});

/** The output is whole, and nothing else is left of the runs. */
const holds = async (project: TestProject, expected: Output | undefined): Promise<void> => {
  assert.deepEqual(lasting(await project.read()), expected);
  const others = readdirSync(placeOf(project)).filter((name) => !/^(scores\.|predictions\.db)/.test(name));
  assert.deepEqual(others, []);
  const app = project.app();
  try {
    const listed = await (await app.batch()).list({ limit: 10 });
    assert.deepEqual(
      listed.map(({ status, rows_out }) => [status, rows_out]),
      [['finished', ROWS]],
    );
  } finally {
    await app.close();
  }
};
