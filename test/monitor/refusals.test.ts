/** Records that a database does not take: a row that it refuses, a disk that is full. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it, type TestContext } from 'node:test';
import { CompiledQuery } from 'kysely';
import { createRecorder, type Recorder } from '../../src/monitor/recorder.ts';
import { openSql } from '../../src/store/sql.ts';
import { stores } from '../contracts/stores.ts';
import { onSmallDisk } from '../modes/batch/small-disk.ts';
import { models, openApp, post, serveApp, until } from '../modes/service/serving.ts';
import { tempFolder } from '../temp-folder.ts';

const [{ input }] = JSON.parse(readFileSync(join(models.trees, 'examples.json'), 'utf8'));

const serve = async (t: TestContext, url: string) => {
  const told: (string | undefined)[] = [];
  const onTrouble = (problem?: { readonly code: string }): void => void told.push(problem?.code);
  const recorder = await createRecorder({ url, share: 1, days: 30, most: 1e6, onTrouble });
  t.after(() => recorder.close());
  const served = await serveApp(t, await openApp(t), [models.trees], { recorder, recordsApi: true });
  const ask = async (body: unknown = input): Promise<string> => {
    const { status, json } = await post(`${served.url}/predict/trees-100x6`, body);
    assert.equal(status, 200);
    return json.id;
  };
  return { ...served, recorder, told, ask };
};

const idsOf = async (recorder: Recorder, ids: readonly string[]): Promise<readonly boolean[]> =>
  Promise.all(ids.map(async (id) => (await recorder.find(id)) !== undefined));

/** What makes the database refuse each row whose input has the word. */
const refusing = {
  sqlite: [
    `create trigger refuse before insert on recorded when new.input like '%refuse me%'
     begin select raise(abort, 'not this one'); end`,
  ],
  postgres: [`alter table millrace.recorded add constraint refuse check (input::text not like '%refuse me%')`],
};

for (const store of stores()) {
  describe(`in ${store.name}`, () => {
    after(() => store.remove());

    it('a row that is refused is counted, and holds up none of the rows that came with it', async (t) => {
      const { url } = await store.empty();
      const { recorder, ask, told } = await serve(t, url);
      await ask();
      await until(() => recorder.figures.written === 1);
      const sql = await openSql(url);
      for (const text of refusing[sql.kind]) await sql.db.executeQuery(CompiledQuery.raw(text));
      await sql.close();
      const rows = Array.from({ length: 41 }, (_, at) => (at % 20 === 7 ? { ...input, note: 'refuse me' } : input));
      const ids = await Promise.all(rows.map((row) => ask(row)));
      await until(() => recorder.figures.waitingBytes === 0);
      assert.deepEqual(
        await idsOf(recorder, ids),
        rows.map((row) => row === input),
      );
      const { written, dropped } = recorder.figures;
      assert.deepEqual([written, dropped.failed, dropped.full], [1 + 39, 2, 0]);
      assert.equal(told[0], 'STORE_FAILED');
    });
  });
}

describe('in SQLite', () => {
  it('a full disk lets records wait, and answers come; with room all of it is written', (t) => {
    const place = tempFolder(t);
    const worker = [
      '--disable-warning=ExperimentalWarning',
      join(import.meta.dirname, 'full-disk-worker.ts'),
      place,
    ] as const;
    const MB = 2 ** 20;
    const calls = [worker, [...worker, 'room']];
    const [full, room] = onSmallDisk({ place, size: 2 * MB, limit: MB / 2, calls }).map((line) => JSON.parse(line));
    assert.deepEqual([full.statuses, full.found], [[200], true], JSON.stringify(full));
    assert.ok(full.waitingBytes > 0 && full.lost > 0 && full.told.length > 0, JSON.stringify(full));
    assert.equal(full.written + full.lost, full.asked);
    assert.deepEqual([room.statuses, room.written, room.lost], [[200], room.asked, 0], JSON.stringify(room));
  });
});
