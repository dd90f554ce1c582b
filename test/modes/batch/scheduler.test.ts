import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { MillraceError } from '../../../src/core/errors.ts';
import { readSchedule } from '../../../src/modes/batch/schedule.ts';
import { type ScheduleEvent, startScheduler } from '../../../src/modes/batch/scheduler.ts';
import type { BatchSettings } from '../../../src/project/deployments/batch.ts';
import { startPostgres, stopPostgres } from '../../postgres.ts';
import { tempFolder } from '../../temp-folder.ts';
import { openBatch } from './host.ts';
import { clockFrom, createProject, type TestProject, trips, until } from './project.ts';

after(stopPostgres);

const iso = (ms: number): string => new Date(ms).toISOString();

describe('a schedule', () => {
  it('is in its time zone, on days of 23 and 25 hours too', () => {
    const { between } = readSchedule('0 2 * * *', 'America/New_York', 'schedule');
    assert.deepEqual(between(Date.parse('2026-10-31T12:00Z'), Date.parse('2026-11-03T12:00Z'), 10).map(iso), [
      '2026-11-01T07:00:00.000Z',
      '2026-11-02T07:00:00.000Z',
      '2026-11-03T07:00:00.000Z',
    ]);
    // Two o'clock does not exist on this day, and comes at three.
    assert.deepEqual(between(Date.parse('2026-03-07T12:00Z'), Date.parse('2026-03-09T12:00Z'), 10).map(iso), [
      '2026-03-08T07:00:00.000Z',
      '2026-03-09T06:00:00.000Z',
    ]);
  });

  it('gives the last ticks of many', () => {
    const { between } = readSchedule('0 * * * *', 'UTC', 'schedule');
    assert.deepEqual(between(0, Date.parse('1970-01-03T00:30Z'), 2).map(iso), [
      '1970-01-02T23:00:00.000Z',
      '1970-01-03T00:00:00.000Z',
    ]);
  });

  it('that is none, or that never comes, is refused', () => {
    for (const text of ['every day', '99 * * * *', '0 0 31 2 *', '* * *']) {
      assert.throws(
        () => readSchedule(text, 'UTC', 'deployments.a.schedule'),
        (error: unknown) =>
          error instanceof MillraceError &&
          error.code === 'BAD_PROJECT' &&
          error.message.startsWith('deployments.a.schedule'),
      );
    }
  });
});

/** Runs a scheduler until `enough` of what it said. */
const schedule = async (
  project: TestProject,
  settings: Partial<BatchSettings>,
  clock: () => Date,
  enough: (events: readonly ScheduleEvent[]) => boolean,
) => {
  const { batch, close } = openBatch(project, settings, clock);
  const stop = new AbortController();
  const events: ScheduleEvent[] = [];
  const { ended } = startScheduler({
    batch,
    deployment: batch.deployment('trips'),
    clock,
    signal: stop.signal,
    onEvent: (event) => events.push(event),
  });
  try {
    await until(() => enough(events));
  } finally {
    stop.abort();
    await ended;
  }
  const runs = (await batch.list({ limit: 1000 })).toReversed();
  await close();
  return { runs, events };
};

const finished = (events: readonly ScheduleEvent[]): number => events.filter(({ what }) => what === 'finished').length;

const days = 'select * from trips where at >= :from_iso and at < :to_iso';
const daily = (t: TestContext): Promise<TestProject> =>
  createProject({
    folder: tempFolder(t),
    rows: trips(600),
    settings: { window: 'day', source: { connection: 'warehouse', sql: days } },
  });

describe('a scheduler', () => {
  it('scores the last window that is over when its time comes', async (t) => {
    const project = await daily(t);
    const { runs } = await schedule(
      project,
      { schedule: '0 2 * * *' },
      clockFrom('2026-11-02T01:59:58Z'),
      (events) => finished(events) === 1,
    );
    assert.deepEqual(
      runs.map(({ scope, cause, rows_out }) => [scope, cause, rows_out]),
      [['2026-11-01', 'schedule', 600]],
    );
  });

  it('makes up for windows that were missed only when asked, and for the last ones', async (t) => {
    const project = await daily(t);
    const first = { schedule: '0 2 * * *' };
    await schedule(project, first, clockFrom('2026-11-02T01:59:59Z'), (events) => finished(events) === 1);
    // Five nights later.
    const none = await schedule(project, first, clockFrom('2026-11-07T01:59:59Z'), (events) => finished(events) === 1);
    assert.deepEqual(
      none.runs.map(({ scope }) => scope),
      ['2026-11-01', '2026-11-06'],
    );
    const some = await schedule(
      project,
      { ...first, catch_up: 3 },
      clockFrom('2026-11-12T01:00:00Z'),
      (events) => finished(events) === 3,
    );
    assert.deepEqual(
      some.runs.slice(2).map(({ scope, cause }) => [scope, cause]),
      [
        ['2026-11-08', 'catch-up'],
        ['2026-11-09', 'catch-up'],
        ['2026-11-10', 'catch-up'],
      ],
    );
  });

  it('says at a tick whose window is done that it is, and when the next comes', async (t) => {
    const project = await daily(t);
    const hourly = { schedule: '0 * * * *' };
    await schedule(project, hourly, clockFrom('2026-11-02T00:59:59Z'), (events) => finished(events) === 1);
    const { runs, events } = await schedule(project, hourly, clockFrom('2026-11-02T01:59:59Z'), (list) =>
      list.some(({ what }) => what === 'done'),
    );
    assert.equal(runs.length, 1);
    assert.deepEqual(events, [{ what: 'done', scope: '2026-11-01', next: Date.parse('2026-11-02T03:00:00Z') }]);
  });

  it('scores all of a source at each tick, and replaces what was there', async (t) => {
    const project = await createProject({ folder: tempFolder(t), rows: trips(100) });
    const { runs } = await schedule(
      project,
      { schedule: '* * * * * *' },
      () => new Date(),
      (events) => finished(events) >= 2,
    );
    const done = runs.filter(({ status }) => status === 'finished');
    assert.ok(done.length >= 2);
    assert.equal(new Set(done.map(({ slot }) => slot)).size, done.length);
    const output = await project.read();
    assert.equal(output?.length, 100);
    assert.equal(new Set(output?.map((row) => row.run_id)).size, 1);
  });

  it('waits for the run before, or skips, as its overlap policy says', async (t) => {
    for (const overlap of ['wait', 'skip'] as const) {
      const project = await createProject({ folder: tempFolder(t), rows: trips(50) });
      const { batch, close } = openBatch(project, { schedule: '* * * * * *', overlap });
      let isRunning = 0;
      let most = 0;
      const slow = {
        ...batch,
        async perform(...given: Parameters<typeof batch.perform>) {
          most = Math.max(most, ++isRunning);
          await sleep(2500);
          isRunning--;
          return batch.perform(...given);
        },
      };
      const stop = new AbortController();
      const events: ScheduleEvent[] = [];
      const { ended } = startScheduler({
        batch: slow,
        deployment: batch.deployment('trips'),
        clock: () => new Date(),
        signal: stop.signal,
        onEvent: (event) => events.push(event),
      });
      await until(() => finished(events) >= 2);
      stop.abort();
      await ended;
      await close();
      assert.equal(most, 1, 'never two at once');
      assert.equal(
        events.some(({ what }) => what === 'skipped'),
        overlap === 'skip',
      );
    }
  });

  it('goes on with what a process that is no more has left', async (t) => {
    const project = await createProject({ folder: tempFolder(t), rows: trips(3000), settings: { shard_rows: 100 } });
    const { batch, close } = openBatch(project, { schedule: '0 0 1 1 *' });
    const stop = new AbortController();
    await assert.rejects(
      batch.perform(batch.deployment('trips'), undefined, {
        slot: '2026-01-01T00:00:00Z',
        cause: 'schedule',
        signal: stop.signal,
        onEvent: (event) => {
          if (event.what === 'progress' && event.rows >= 500) stop.abort();
        },
      }),
    );
    await close();
    const { runs, events } = await schedule(
      project,
      { schedule: '0 0 1 1 *' },
      () => new Date(),
      (list) => finished(list) === 1,
    );
    assert.equal(events[0]?.what, 'continued');
    assert.deepEqual(
      runs.map(({ status, rows_out }) => [status, rows_out]),
      [['finished', 3000]],
    );
  });
});

describe('two schedulers on one store', () => {
  for (const store of ['SQLite', 'PostgreSQL'] as const) {
    it(`${store}: each tick is run once, by one of them`, async (t) => {
      const project = await createProject({
        folder: tempFolder(t),
        rows: trips(200),
        settings: { schedule: '* * * * * *' },
      });
      const url = store === 'SQLite' ? undefined : await (await startPostgres()).database();
      const processes = [1, 2].map(() => {
        const flags = [
          '--disable-warning=ExperimentalWarning',
          join(import.meta.dirname, 'schedule-worker.ts'),
          project.folder,
        ];
        const child = spawn(process.execPath, flags, {
          stdio: ['pipe', 'pipe', 'inherit'],
          env: { ...process.env, ...(url && { MILLRACE_REGISTRY: url }) },
        });
        let said = '';
        child.stdout.on('data', (chunk: Buffer) => {
          said += chunk;
        });
        return { child, exited: once(child, 'exit'), said: () => said };
      });
      const ticks = (): number =>
        processes.reduce((count, { said }) => count + said().split('"what":"finished"').length - 1, 0);
      try {
        await until(() => processes.every(({ said }) => said().startsWith('ready')));
        await until(() => ticks() >= 5);
      } finally {
        for (const { child } of processes) child.stdin?.end();
        await Promise.all(processes.map(({ exited }) => exited));
      }
      const told = processes.map(({ said }) =>
        said()
          .split('\n')
          .slice(1, -1)
          .map((line) => JSON.parse(line)),
      );
      assert.deepEqual(
        told.flat().filter(({ what }) => what === 'failed'),
        [],
      );
      const { batch, close } = openBatch(
        project,
        {},
        undefined,
        url ?? `sqlite:${join(project.folder, '.millrace', 'registry.db')}`,
      );
      const runs = await batch.list({ limit: 1000 });
      await close();
      const done = runs.filter(({ status }) => status === 'finished');
      assert.ok(done.length >= 5, `${done.length} ticks were run`);
      assert.equal(new Set(runs.map(({ slot }) => slot)).size, runs.length, 'no tick has two runs');
      const both = told.flat().filter(({ what }) => what === 'finished');
      assert.equal(new Set(both.map(({ run }) => run.id)).size, both.length, 'no run was done twice');
      const output = await project.read();
      assert.equal(output?.length, 200);
      assert.equal(new Set(output?.map((row) => row.run_id)).size, 1);
    });
  }
});
