import assert from 'node:assert/strict';
import { after, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startPostgres, stopPostgres } from '../../postgres.ts';
import { tempFolder } from '../../temp-folder.ts';
import { createProject, lasting, trips } from './project.ts';

after(stopPostgres);

const OUTAGE = 30_000;

it('PostgreSQL away for 30 s, with source, sink and ledger on it: the run waits and goes on', async (t) => {
  const server = await startPostgres();
  const ledger = await server.database();
  const rows = trips(30_000).map((trip, index) => (index % 1000 === 7 ? { ...trip, f0: -1000 } : trip));
  const project = await createProject({
    folder: tempFolder(t),
    from: 'postgres',
    to: 'postgres',
    rows,
    settings: { shard_rows: 2000 },
    env: { MILLRACE_REGISTRY: ledger },
  });
  const app = project.app();
  const batch = await app.batch();
  let outage: Promise<number> | undefined;
  const waits: string[] = [];
  const { run } = await batch.run({
    deployment: 'trips',
    signal: new AbortController().signal,
    onEvent(event) {
      if (event.what === 'waiting') waits.push(event.message);
      if (event.what !== 'progress' || event.rows < 9000) return;
      outage ??= (async () => {
        await server.stop();
        await sleep(OUTAGE);
        const before = waits.length;
        await server.start();
        return before;
      })();
    },
  });
  assert.ok(((await outage) ?? 0) > 0, 'it said that it waited');
  for (const message of waits) assert.match(message, /127\.0\.0\.1/);
  assert.doesNotMatch(waits.join(), /postgres:postgres|password/);
  assert.deepEqual([run.status, run.rows_in, run.rows_out, run.rows_rejected], ['finished', 30_000, 29_970, 30]);
  const output = lasting(await project.read());
  assert.equal(output?.length, 29_970);
  assert.equal(new Set(output?.map((row) => row.id)).size, 29_970);
  let rejects = 0;
  for await (const page of await batch.rejects(run.id, { unresolved: true })) rejects += page.length;
  assert.equal(rejects, 30);
  await app.close();
});
