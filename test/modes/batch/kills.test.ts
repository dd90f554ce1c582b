import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openDatabase } from '../../../src/databases/index.ts';
import { stopPostgres } from '../../postgres.ts';
import { tempFolder } from '../../temp-folder.ts';
import { createProject, kinds, lasting, type TestProject, trips } from './project.ts';

/** A hundred processes start here. */
const cache = mkdtempSync(join(tmpdir(), 'millrace-compiled-'));
after(async () => {
  rmSync(cache, { recursive: true, force: true });
  await stopPostgres();
});

const KILLS = 20;
const ROWS = 12_000;
const worker = join(import.meta.dirname, 'run-worker.ts');

/** Runs the project in a process that is killed after `life` ms; resolves to what it said. */
const runFor = async (
  folder: string,
  life: number,
  force: boolean,
): Promise<{ readonly killed: boolean; readonly said: string }> => {
  const flags = ['--disable-warning=ExperimentalWarning', worker, folder, ...(force ? ['force'] : [])];
  const env = { ...process.env, NODE_COMPILE_CACHE: cache };
  const child = spawn(process.execPath, flags, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  let complaint = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk;
  });
  child.stderr.on('data', (chunk: Buffer) => {
    complaint += chunk;
  });
  const exited = once(child, 'exit') as Promise<[number | null, string | null]>;
  const kill = async (): Promise<void> => {
    // The start of a process is no moment of a run.
    while (said === '' && child.exitCode === null && child.signalCode === null) await sleep(5);
    await sleep(life);
    child.kill('SIGKILL');
  };
  if (Number.isFinite(life)) await Promise.race([kill(), exited]);
  const [code, signal] = await exited;
  assert.ok(signal === 'SIGKILL' || code === 0, complaint);
  return { killed: signal === 'SIGKILL', said };
};

const leftovers = async (project: TestProject): Promise<readonly string[]> => {
  if (project.sink.kind === 'sqlite' || project.sink.kind === 'postgres') {
    const database = await openDatabase(project.sink.url);
    const tables = await database.query(
      project.sink.kind === 'sqlite'
        ? `select name from sqlite_master where type = 'table' and name like 'millrace_stage%'`
        : `select tablename as name from pg_tables where tablename like 'millrace_stage%'`,
    );
    const shards = await database.query('select * from millrace_shards');
    await database.close();
    return [...tables, ...shards].map((row) => JSON.stringify(row));
  }
  // What a killed process had half written lies in the staging folder, which goes as a whole.
  return readdirSync(join(project.folder, 'out')).filter(
    (name) => !name.startsWith('scores.') && !name.endsWith('.part'),
  );
};

describe(`killed at ${KILLS} random moments`, { concurrency: 2 }, () => {
  for (const to of kinds) {
    it(`${to}: the run goes on each time, and ends with what an uninterrupted one gives, row for row`, async (t) => {
      const rows = trips(ROWS).map((trip, index) => (index % 200 === 7 ? { ...trip, f0: -1000 } : trip));
      const settings = { shard_rows: 200, max_rejected: '1%' };
      const from = to === 'parquet' ? 'sqlite' : 'ndjson';
      const whole = await createProject({ folder: tempFolder(t), from, to, rows, settings });
      await whole.run();
      const expected = lasting(await whole.read());
      assert.equal(expected?.length, ROWS - ROWS / 200);

      const project = await createProject({ folder: tempFolder(t), from, to, rows, settings });
      let killed = 0;
      let continued = 0;
      let published: string | undefined;
      while (killed < KILLS) {
        // A run that had ended meanwhile is done anew: so replacing is killed, too.
        const result = await runFor(project.folder, Math.random() * 500, published !== undefined && killed % 3 === 0);
        if (result.killed) killed++;
        if (result.said.startsWith('continued')) continued++;
        if (/finished|done/.test(result.said)) published = result.said;
        if (killed % 3 !== 0) continue;
        const seen = await project.read();
        const runs = new Set(seen?.map((row) => row.run_id));
        if (seen !== undefined && seen.length > 0) {
          assert.equal(runs.size, 1, 'a reader sees one run');
          assert.deepEqual(lasting(seen), expected, 'and all of it');
        }
      }
      const last = await runFor(project.folder, Number.POSITIVE_INFINITY, false);
      assert.match(last.said, /finished|done/);
      assert.deepEqual(lasting(await project.read()), expected);
      assert.deepEqual(await leftovers(project), []);
      assert.ok(continued > 0, 'it went on where it was');

      const app = project.app();
      const [run] = await (await app.batch()).list({ limit: 1, status: 'finished' });
      assert.deepEqual([run?.rows_in, run?.rows_out, run?.rows_rejected], [ROWS, ROWS - 60, 60]);
      let rejects = 0;
      for await (const page of await (await app.batch()).rejects(run?.id ?? '', { unresolved: true }))
        rejects += page.length;
      assert.equal(rejects, 60);
      const sums = run?.summary?.outputs.score;
      assert.equal(sums?.count, ROWS - 60, 'what is told of the run is of every row once');
      await app.close();
    });
  }
});
