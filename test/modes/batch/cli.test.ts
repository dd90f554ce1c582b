/** The commands as a person or a script calls them. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { main } from '../../../src/cli/main.ts';
import { runCli } from '../../run-cli.ts';
import { tempFolder } from '../../temp-folder.ts';
import { createProject, trips, until } from './project.ts';

const withBad = trips(400).map((trip, index) => (index % 200 === 0 ? { ...trip, f0: -1000 } : trip));

test('a run, what it left, its rejects, and their retry', async (t) => {
  const project = await createProject({ folder: tempFolder(t), rows: withBad });
  const call = (...words: readonly string[]) => runCli(['batch', ...words], { cwd: project.folder });

  const rehearsal = await call('run', 'trips', '--dry-run');
  assert.equal(rehearsal.code, 0, rehearsal.stderr);
  assert.match(rehearsal.stderr, /nothing was written/);
  assert.equal(await project.read(), undefined);

  const first = await call('run', 'trips');
  assert.equal(first.code, 0, first.stderr);
  assert.match(first.stdout, /^trips finished: 400 rows, 398 predictions, 2 rejected \(0\.5 %\)/);
  const report = /report: (.*)/.exec(first.stderr)?.[1] ?? '';
  assert.match(readFileSync(join(project.folder, report), 'utf8'), /^<!doctype html>/);

  const again = await call('run', 'trips');
  assert.match(again.stdout, /was finished before, by run .*; --force replaces it/);

  const list = JSON.parse((await call('list', '--json')).stdout);
  assert.deepEqual([list.length, list[0].rows_out, list[0].status], [1, 398, 'finished']);
  const id: string = list[0].id;
  const show = await call('show', id.slice(0, 12));
  assert.match(show.stdout, new RegExp(`run\\s+${id}`));
  assert.match(show.stdout, /OUT_OF_RANGE 2/);

  const rejects = (await call('rejects', id)).stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    rejects.map(({ key, code, field }) => [key[0], code, field]),
    [
      ['trip-000000', 'OUT_OF_RANGE', 'f0'],
      ['trip-000200', 'OUT_OF_RANGE', 'f0'],
    ],
  );
  for (const how of [[], ['--json']]) assert.equal((await call('retry-rejects', id, ...how)).code, 1, 'rejected still');
  await project.fill(trips(400));
  const retry = await call('retry-rejects', id);
  assert.equal(retry.code, 0, retry.stderr);
  assert.match(retry.stdout, /2 of 2 rejected rows are predicted now/);
  assert.match((await call('rejects', id)).stderr, /no rejected rows left/);
  assert.equal((await project.read())?.length, 400);
});

test('a range of windows, and which of them there are to do', async (t) => {
  const sql = 'select * from trips where at >= :from_iso and at < :to_iso';
  const settings = { window: 'day', source: { connection: 'warehouse', sql } };
  // Long over, whatever the machine takes the time to be.
  const rows = trips(3 * 24 * 60).map((trip) => ({ ...trip, at: trip.at.replace('2026', '2020') }));
  const project = await createProject({ folder: tempFolder(t), rows, settings });
  const fill = (...words: readonly string[]) =>
    runCli(['batch', 'backfill', 'trips', '--from', '2020-11-01', '--to', '2020-11-03', ...words], {
      cwd: project.folder,
    });
  assert.equal((await fill('--dry-run')).stdout, '2020-11-01 to do\n2020-11-02 to do\n2020-11-03 to do\n');
  const done = await fill('--json');
  assert.equal(done.code, 0, done.stderr);
  assert.deepEqual(
    JSON.parse(done.stdout).map(({ window, what }: { window: string; what: string }) => [window, what]),
    [
      ['2020-11-01', 'finished'],
      ['2020-11-02', 'finished'],
      ['2020-11-03', 'finished'],
    ],
  );
  assert.match((await fill()).stderr, /nothing to do/);

  const ahead = ['--from', '2999-01-01', '--to', '2999-01-02'];
  const { code, stderr } = await runCli(['batch', 'backfill', 'trips', ...ahead], { cwd: project.folder });
  assert.equal(code, 2);
  assert.match(stderr, /error USAGE: trips 2999-01-01 is not over before 2999-01-02T00:00:00Z/);
  assert.match(stderr, /expected: a window that is over; the last one is /);
  assert.match(stderr, /try: millrace batch backfill --help\n$/);
});

test('what cannot be done says why, and ends with 2', async (t) => {
  const project = await createProject({ folder: tempFolder(t), rows: trips(20) });
  const cases: readonly (readonly [words: readonly string[], said: RegExp])[] = [
    [['run', 'tripz'], /no deployment 'tripz', did you mean 'trips'/],
    [['run', 'trips', '--window', '2026-11-01'], /has no windows/],
    [['show', '2099'], /UNKNOWN_RUN/],
    [['backfill', 'trips', '--from', '2026-11-01', '--to', '2026-11-02'], /has no windows to fill/],
  ];
  for (const [words, said] of cases) {
    const { code, stderr } = await runCli(['batch', ...words], { cwd: project.folder });
    assert.equal(code, 2);
    assert.match(stderr, said);
  }
});

test('up keeps the schedules of a project until it is stopped', async (t) => {
  const project = await createProject({
    folder: tempFolder(t),
    rows: trips(50),
    settings: { schedule: '* * * * * *' },
  });
  const stop = new AbortController();
  const running = runCli(['up'], { cwd: project.folder, signal: stop.signal });
  const app = project.app();
  const batch = await app.batch();
  for (let look = 0; look < 600; look++) {
    if ((await batch.list({ status: 'finished', limit: 1 })).length > 0) break;
    await sleep(50);
  }
  await app.close();
  stop.abort();
  const { stdout, stderr } = await running;
  assert.match(stderr, /trips {2}\.\/model {2}all of its source, next at/);
  assert.match(stdout, /trips finished: 50 rows/);
});

test('up says of a tick whose window is done that it is', async (t) => {
  const project = await createProject({
    folder: tempFolder(t),
    rows: trips(50),
    settings: { schedule: '* * * * * *', window: 'month' },
  });
  const stop = new AbortController();
  const stdout = new PassThrough().resume();
  const stderr = new PassThrough();
  let said = '';
  stderr.on('data', (chunk: Buffer) => {
    said += chunk;
  });
  const { folder: cwd } = project;
  const io = { stdin: Readable.from([]), stdout, stderr, cwd, env: { HOME: cwd }, signal: stop.signal };
  const running = main(['up'], io);
  const line = /^trips \d{4}-\d\d was finished before; next at \d{4}-/m;
  try {
    await until(() => line.test(said));
  } finally {
    stop.abort();
    await running;
  }
});
