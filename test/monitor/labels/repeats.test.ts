/** Rows whose id came before: counted exactly, by any process, within a window and against the days before it. */
import assert from 'node:assert/strict';
import { after, describe, it, type TestContext } from 'node:test';
import type { LabelJoin } from '../../../src/monitor/labels/labels.ts';
import { openLabels } from '../../../src/monitor/labels/open.ts';
import { repeatFindings } from '../../../src/monitor/quality/repeats.ts';
import { openRecords } from '../../../src/monitor/records/open.ts';
import { watchDeployment } from '../../../src/monitor/watch/watch.ts';
import { openSql } from '../../../src/store/sql.ts';
import { stores } from '../../contracts/stores.ts';
import { answered, createWatched, dayOf, seenIn } from '../watch/world.ts';
import { NOW, ride } from './samples.ts';

const byKey: LabelJoin = { deployment: 'rides', key: ['ride_id'] };
const spanOf = (day: string) => ({ from: `2026-11-${day}T00:00:00.000Z`, to: `2026-11-${day}T23:59:59.999Z` });

for (const store of stores()) {
  describe(`ids that come twice, in ${store.name}`, () => {
    after(() => store.remove());
    const open = async (t: TestContext) => {
      const sql = await openSql((await store.empty()).url);
      t.after(() => sql.close());
      return { sql, records: openRecords(sql), labels: openLabels(sql) };
    };
    /** A ride of that number at noon of a day, and the how many-th time. */
    const at = (n: number, day: string, time = 0, more = {}) =>
      ride(n, { id: `p-${n}-${day}-${time}`, at: `2026-11-${day}T12:00:0${time}.000Z`, ...more });

    it('are counted within a window, and against the seven days before it', async (t) => {
      const { records, labels } = await open(t);
      const first = Array.from({ length: 2500 }, (_, n) => at(n, '01'));
      await records.append([...first, at(7, '01', 1), at(7, '01', 2), at(8, '01', 1)]);
      await records.append([at(1, '02'), at(9000, '02'), at(9001, '02', 0, { input: '{"distance":1}' })]);
      await records.append([at(9000, '02', 1, { deployment: 'tips' }), at(2, '20'), at(9100, '20')]);
      await labels.match(byKey, NOW);
      assert.deepEqual(await labels.repeats(byKey, spanOf('01')), { of: ['ride_id'], rows: 2503, repeated: 3 });
      assert.deepEqual(await labels.repeats(byKey, spanOf('02')), { of: ['ride_id'], rows: 2, repeated: 1 });
      assert.deepEqual(await labels.repeats(byKey, spanOf('20')), { of: ['ride_id'], rows: 2, repeated: 0 });
      assert.deepEqual(await labels.repeats(byKey, spanOf('21')), { of: ['ride_id'], rows: 0, repeated: 0 });
    });

    it('are judged beside windows before, raise one alert, and are kept with the window', async (t) => {
      const { sql } = await open(t);
      const watched = createWatched(sql);
      await watched.profiles.add(Array.from({ length: 6 }, (_, n) => answered(n)));
      const look = (n: number) =>
        watchDeployment(
          { deployment: 'rides', window: 'day', compareWith: 'training', hearers: { channelsOf: () => [] } },
          {
            ...watched,
            referenceOf: async () => undefined,
            repeatsIn: async ({ from }) => ({
              of: ['ride_id'],
              rows: 1000,
              repeated: from >= dayOf(4).toISOString() ? 60 : 2,
            }),
          },
          new Date(dayOf(n).getTime() + 600_000),
        );
      for (const n of [1, 2, 3, 4])
        assert.deepEqual(
          (await look(n)).flatMap(({ findings }) => findings),
          [],
        );
      const [fifth] = await look(5);
      assert.deepEqual(
        fifth.findings.map(({ concern, what, sentence }) => [concern, what, sentence]),
        [['quality', 'repeated', '6 % of rows have the ride_id of a row that came before, where 0.2 % had']],
      );
      assert.deepEqual(seenIn(fifth).ids, { of: ['ride_id'], rows: 1000, repeated: 60 });
      await look(6);
      assert.equal((await watched.alerts.list()).length, 1);
    });
  });
}

describe('ids that come twice', () => {
  it('are no news where they have always come, in the first window, and where they are few', () => {
    const found = (repeated: number, before: number, rows = 1000) =>
      repeatFindings(['id'], { rows, repeated }, { rows: 5000, repeated: before }, 1e-4).length;
    assert.equal(found(300, 1500), 0);
    assert.equal(found(9, 0), 0);
    assert.equal(found(1, 0, 20), 0);
    assert.equal(found(60, 5), 1);
    assert.deepEqual(repeatFindings(['id'], { rows: 1000, repeated: 500 }, { rows: 0, repeated: 0 }, 1e-4), []);
  });
});
