/** Records while their database is away: a real PostgreSQL that is stopped, started again, or held still. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it, type TestContext } from 'node:test';
import pg from 'pg';
import { createRecorder, type Recorder, type RecorderOptions } from '../../src/monitor/recorder.ts';
import { get, models, openApp, post, serveApp, until } from '../modes/service/serving.ts';
import { startPostgres, stopPostgres } from '../postgres.ts';

after(stopPostgres);

const [{ input }] = JSON.parse(readFileSync(join(models.trees, 'examples.json'), 'utf8'));

const start = async (t: TestContext, options: Partial<RecorderOptions> = {}) => {
  const server = await startPostgres();
  const url = await server.database();
  const told: (string | undefined)[] = [];
  const onTrouble: RecorderOptions['onTrouble'] = (problem) => told.push(problem?.code);
  const recorder = await createRecorder({ url, share: 1, days: 30, most: 1e6, onTrouble, ...options });
  let closed: Promise<void> | undefined;
  const close = () => {
    closed ??= recorder.close();
    return closed;
  };
  t.after(close);
  const served = await serveApp(t, await openApp(t), [models.trees], { recorder, recordsApi: true });
  const ask = (headers?: Record<string, string>) => post(`${served.url}/predict/trees-100x6`, input, headers);
  return { ...served, server, database: url, recorder, told, ask, close };
};

const lost = ({ figures }: Recorder): number => Object.values(figures.dropped).reduce((sum, count) => sum + count, 0);

describe('while the database is away', () => {
  it('records wait, and are written when it is there again', async (t) => {
    const { server, recorder, ask, told } = await start(t);
    const ids = [(await ask()).json.id];
    assert.ok(await recorder.find(ids[0]));
    await server.stop();
    for (let call = 0; call < 30; call++) ids.push((await ask()).json.id);
    await until(() => told.length === 1);
    assert.ok(recorder.figures.waitingBytes > 0);
    await server.start();
    await until(() => recorder.figures.written === ids.length);
    for (const id of ids) assert.ok(await recorder.find(id), id);
    assert.deepEqual([lost(recorder), recorder.figures.waitingBytes, told], [0, 0, ['STORE_FAILED', undefined]]);
  });

  it('what has no room is dropped, the oldest first, and counted', async (t) => {
    const { server, recorder, ask } = await start(t, { bufferBytes: 20_000 });
    await server.stop();
    const ids: string[] = [];
    for (let call = 0; call < 200; call++) ids.push((await ask()).json.id);
    const { dropped, waitingBytes } = recorder.figures;
    assert.ok(dropped.full > 50 && waitingBytes <= 20_000, JSON.stringify(recorder.figures));
    await server.start();
    await until(() => recorder.figures.waitingBytes === 0);
    assert.equal(recorder.figures.written + lost(recorder), ids.length);
    for (const id of ids.slice(-20)) assert.ok(await recorder.find(id), id);
    const found = await Promise.all(ids.slice(0, 100).map((id) => recorder.find(id)));
    assert.ok(found.filter((kept) => kept !== undefined).length < 50);
  });

  it('no answer is given that is not recorded, where answers wait for that', async (t) => {
    const { url, server, recorder, ask } = await start(t, { wait: true });
    const first = await ask();
    assert.equal(first.status, 200);
    assert.equal(recorder.figures.written, 1);
    assert.equal((await post(`${url}/predict/trees-100x6`, { rows: [] }, { 'x-request-timeout': '5' })).status, 200);
    await server.stop();
    const { status, json } = await ask({ 'x-request-timeout': '0.5' });
    assert.deepEqual([status, json.error.code, json.prediction], [503, 'STORE_FAILED', undefined]);
    assert.doesNotMatch(JSON.stringify(json), /127\.0\.0\.1|postgres|test_/);
    await server.start();
    await until(async () => (await ask({ 'x-request-timeout': '5' })).status === 200);
  });

  it('a reader is answered in its time, and is told of no host and no database', async (t) => {
    const { server, url, ask, recorder, database } = await start(t);
    const { json } = await ask();
    assert.equal((await get(`${url}/predictions/${json.id}`)).status, 200);
    // Held still, not gone: nothing tells its callers.
    const held = new pg.Client({ connectionString: database });
    await held.connect();
    const backends: readonly number[] = (
      await held.query(
        `select pid from pg_stat_activity where application_name = 'millrace' and datname = current_database()`,
      )
    ).rows.map(({ pid }) => pid);
    await held.end();
    const parent = /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${backends[0]}/status`, 'utf8'))?.[1];
    // The server too, so that nobody gets a new connection.
    const pids = [Number(parent), ...backends];
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    try {
      const address = `${url}/predictions/${json.id}`;
      const soon = { 'x-request-timeout': '250ms' };
      const read = await get(address, { headers: soon });
      assert.deepEqual([read.status, read.json.error.code], [504, 'DEADLINE_EXCEEDED']);
      const labelled = await post(`${address}/label`, { score: 1 }, soon);
      assert.deepEqual([labelled.status, labelled.json.error.code], [504, 'DEADLINE_EXCEEDED']);
      assert.equal((await ask()).status, 200);
    } finally {
      for (const pid of pids) process.kill(pid, 'SIGCONT');
    }
    await until(async () => (await recorder.find(json.id)) !== undefined);
    await server.stop();
    const gone = await get(`${url}/predictions/${json.id}`);
    assert.deepEqual([gone.status, gone.json.error.code], [503, 'STORE_FAILED']);
    assert.doesNotMatch(JSON.stringify(gone.json), /127\.0\.0\.1|postgres|test_/);
    await server.start();
  });

  it('a recorder ends all the same, and says how much it could not write', async (t) => {
    const { server, recorder, ask, told, close } = await start(t);
    await server.stop();
    await ask();
    await close();
    assert.equal(lost(recorder), 1);
    assert.deepEqual(new Set(told), new Set(['STORE_FAILED']));
    await server.start();
  });
});
