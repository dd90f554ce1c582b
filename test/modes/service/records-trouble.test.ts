import assert from 'node:assert/strict';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it, type TestContext } from 'node:test';
import type { Worker } from 'node:worker_threads';
import { examplesOf, type RecorderOptions, record } from './recording.ts';
import { get, metric, models, openApp, post, until } from './serving.ts';

describe('records in trouble', () => {
  it('never hold up an answer: while the database is locked, the oldest that do not fit are dropped and counted', async (t) => {
    const app = await openApp(t);
    const { url, recorder } = await record(t, [models.trees], { bufferBytes: 5000 }, app);
    const [{ input }] = examplesOf(models.trees);
    const other = new DatabaseSync(join(app.home, 'registry.db'));
    other.exec('begin immediate');
    const ids: string[] = [];
    for (let call = 0; call < 100; call++) {
      const { status, json } = await post(`${url}/predict/trees-100x6`, input);
      assert.equal(status, 200);
      ids.push(json.id);
    }
    const { dropped, waitingBytes, written } = recorder.figures;
    assert.ok(dropped.full > 50 && waitingBytes <= 5000 && written === 0, JSON.stringify(recorder.figures));
    const metrics = await (await fetch(`${url}/metrics`)).text();
    assert.match(metrics, new RegExp(`^millrace_records_dropped_total\\{reason="full"\\} ${dropped.full}$`, 'm'));
    other.exec('rollback');
    other.close();
    const found = await Promise.all(ids.map((id) => recorder.find(id)));
    assert.equal(found.filter((kept) => kept !== undefined).length, 100 - dropped.full);
    // The thread holds the first of them; of those that waited, the last are there.
    assert.ok(found.slice(-3).every((kept) => kept !== undefined));
    assert.equal(recorder.figures.written, 100 - dropped.full);
    const large = await post(`${url}/predict/trees-100x6`, { ...input, note: 'x'.repeat(6000) });
    assert.equal(large.status, 200);
    assert.equal(recorder.figures.dropped.too_large, 1);
  });

  describe('when the thread that writes them ends', () => {
    /** The threads that are started from here on: Node tells of each. */
    const watchThreads = (t: TestContext): readonly Worker[] => {
      const threads: Worker[] = [];
      const watch = (thread: Worker): void => {
        threads.push(thread);
      };
      process.on('worker', watch);
      t.after(() => process.off('worker', watch));
      return threads;
    };
    const [{ input }] = examplesOf(models.trees);

    it('go to another that is started at once; what the one before still had is counted', async (t) => {
      const threads = watchThreads(t);
      const app = await openApp(t);
      const { url, recorder } = await record(t, [models.trees], {}, app);
      const ask = async () => (await post(`${url}/predict/trees-100x6`, input)).json.id;
      const before = await ask();
      assert.ok(await recorder.find(before));
      // It ends while it waits for the database, with two records to write and one to find.
      const other = new DatabaseSync(join(app.home, 'registry.db'));
      other.exec('begin immediate');
      const lost = [await ask(), await ask()];
      const asking = assert.rejects(recorder.find(lost[0]), { code: 'STORE_FAILED' });
      await threads[0].terminate();
      await asking;
      other.close();
      await until(() => recorder.figures.restarts === 1);
      const after = await ask();
      assert.equal((await recorder.find(after))?.id, after);
      assert.ok(await recorder.find(before));
      const { written, dropped, waitingBytes } = recorder.figures;
      assert.deepEqual([threads.length, written, dropped.failed, waitingBytes], [2, 2, 2, 0]);
      for (const id of lost) assert.equal(await recorder.find(id), undefined);
      assert.equal(await metric(url, 'millrace_records_restarts_total'), 1);
    });

    it('wait, and answers are given, until the store can be opened again', async (t) => {
      const threads = watchThreads(t);
      const told: (string | undefined)[] = [];
      const app = await openApp(t);
      const onTrouble: RecorderOptions['onTrouble'] = (problem) => told.push(problem?.message);
      const { url, recorder } = await record(t, [models.trees], { onTrouble }, app);
      const ask = async () => (await post(`${url}/predict/trees-100x6`, input)).json.id;
      const file = join(app.home, 'registry.db');
      for (const part of ['', '-wal', '-shm']) rmSync(`${file}${part}`, { force: true });
      mkdirSync(file);
      await threads[0].terminate();
      await until(() => told.length === 2);
      assert.match(`${told[0]}`, /the thread that writes them has ended/);
      assert.match(`${told[1]}`, /registry\.db/);

      const waiting = await ask();
      await assert.rejects(recorder.find(waiting), { code: 'STORE_FAILED' });
      assert.deepEqual([recorder.figures.dropped.failed, recorder.figures.restarts], [0, 0]);
      assert.ok(recorder.figures.waitingBytes > 0);
      assert.equal((await get(`${url}/predictions/${waiting}`)).status, 503);
      rmSync(file, { recursive: true });
      await until(() => recorder.figures.restarts === 1);
      assert.deepEqual(told.slice(2), [undefined]);
      assert.ok(await recorder.find(await ask()));
      assert.ok(await recorder.find(waiting));
      assert.deepEqual([recorder.figures.written, recorder.figures.dropped.failed], [2, 0]);
    });

    it('a recorder can be closed all the same', async (t) => {
      const threads = watchThreads(t);
      const app = await openApp(t);
      const { recorder } = await record(t, [models.trees], {}, app);
      const file = join(app.home, 'registry.db');
      for (const part of ['', '-wal', '-shm']) rmSync(`${file}${part}`, { force: true });
      mkdirSync(file);
      await threads[0].terminate();
      await until(() => threads.length > 1);
      await recorder.close();
      assert.equal(recorder.figures.restarts, 0);
    });
  });

  it('are not kept in a database that cannot be opened, and that is told at the start', async (t) => {
    const app = await openApp(t);
    const { createRecorder } = await import('../../../src/monitor/recorder.ts');
    const url = `sqlite:${app.home}`;
    await assert.rejects(createRecorder({ url, share: 1, days: 1, most: 1 }), { code: 'STORE_FAILED' });
  });
});
