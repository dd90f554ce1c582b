import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import type { LabelJoin, Labelling, ToldLabel } from '../../../src/monitor/labels/labels.ts';
import { openLabels } from '../../../src/monitor/labels/open.ts';
import { openRecords } from '../../../src/monitor/records/open.ts';
import type { Records } from '../../../src/monitor/records/records.ts';
import { openSql, type Sql } from '../../../src/store/sql.ts';
import { stores } from '../../contracts/stores.ts';
import { NOW, ride, rides } from './samples.ts';

const byKey: LabelJoin = { deployment: 'rides', key: ['ride_id'] };
const byId: LabelJoin = { deployment: 'rides', key: [] };
const minutes = (key: string, value: unknown): ToldLabel => ({ key, truth: { minutes: value } });

for (const store of stores()) {
  describe(`labels in ${store.name}`, () => {
    after(() => store.remove());
    const open = async (t: { after(cleanup: () => Promise<void>): void }) => {
      const sql = await openSql((await store.empty()).url);
      t.after(() => sql.close());
      return { sql, records: openRecords(sql), labels: openLabels(sql) };
    };
    const truthOf = async (records: Records, id: string): Promise<string | undefined> =>
      (await records.find(id))?.label?.truth;
    const history = async (sql: Sql, id: string): Promise<readonly string[]> => {
      const rows = await sql.db.selectFrom('labels').select('truth').where('id', '=', id).orderBy('seq').execute();
      return rows.map(({ truth }) => truth);
    };
    const tell = async (labels: Labelling, join: LabelJoin, told: readonly ToldLabel[]) => {
      await labels.match(join, NOW);
      return labels.tell(join, told, NOW);
    };

    it('finds predictions by a field of what was asked', async (t) => {
      const { records, labels } = await open(t);
      await records.append(rides(0, 100));
      const counts = await tell(labels, byKey, [minutes('7', 8.5), minutes('42', '41.25'), minutes('1000', 3)]);
      const { told, matched, waiting, labelled, severally } = counts;
      assert.deepEqual(
        { told, matched, waiting, labelled, severally },
        { told: 3, matched: 2, waiting: 1, labelled: 2, severally: 0 },
      );
      assert.equal(await truthOf(records, 'p-7'), '{"minutes":8.5}');
      assert.equal(await truthOf(records, 'p-42'), '{"minutes":41.25}');
      assert.equal(await truthOf(records, 'p-8'), undefined);
    });

    it('finds predictions by their ids, with or without the place of a single row', async (t) => {
      const { records, labels } = await open(t);
      await records.append([
        ride(1),
        ride(2, { id: 'one.0' }),
        ride(3, { id: 'many.3' }),
        ride(4, { deployment: 'tips' }),
      ]);
      const counts = await tell(labels, byId, [
        minutes('p-1.0', 2),
        minutes('one', 3),
        minutes('many.3', 4),
        minutes('p-4', 5),
      ]);
      assert.deepEqual([counts.matched, counts.waiting], [3, 1]);
      assert.equal(await truthOf(records, 'one'), '{"minutes":3}');
      assert.equal(await truthOf(records, 'p-4'), undefined, 'it is another deployment’s');
    });

    it('gives a label to all predictions of its key, and says that there are several', async (t) => {
      const { records, labels } = await open(t);
      await records.append([ride(1), ride(2, { input: '{"ride_id":"1"}' }), ride(3)]);
      const counts = await tell(labels, byKey, [minutes('1', 9)]);
      assert.deepEqual([counts.matched, counts.severally, counts.labelled], [1, 1, 2]);
      assert.equal(await truthOf(records, 'p-2'), '{"minutes":9}');
    });

    it('keeps labels that come before their predictions, by key and by id', async (t) => {
      const { records, labels } = await open(t);
      const early = await tell(labels, byKey, [minutes('5', 1), minutes('5', 6), minutes('6', 7)]);
      assert.deepEqual([early.matched, early.waiting], [0, 3]);
      assert.equal((await tell(labels, byId, [minutes('p-9.0', 10)])).waiting, 1);
      await records.append(rides(5, 10));
      assert.equal((await labels.match(byKey, NOW)).labelled, 3);
      assert.equal((await labels.match(byId, NOW)).labelled, 1);
      assert.deepEqual(
        [await truthOf(records, 'p-5'), await truthOf(records, 'p-6'), await truthOf(records, 'p-9')],
        ['{"minutes":6}', '{"minutes":7}', '{"minutes":10}'],
      );
      await records.append([ride(50, { input: '{"ride_id":5}' })]);
      await labels.match(byKey, NOW);
      assert.equal(await truthOf(records, 'p-50'), '{"minutes":6}', 'what is predicted again gets the label too');
    });

    it('lets labels wait for as long as is said, those of a key alone', async (t) => {
      const { records, labels } = await open(t);
      const day = 86_400_000;
      const byTrip: LabelJoin = { deployment: 'rides', key: ['trip'] };
      await tell(labels, byKey, [minutes('5', 1)]);
      await tell(labels, byTrip, [minutes('6', 1)]);
      await labels.match({ ...byKey, waitMs: 90 * day }, new Date(NOW.getTime() + 80 * day));
      await labels.match({ ...byTrip, waitMs: 30 * day }, new Date(NOW.getTime() + 31 * day));
      await records.append([ride(5), ride(6, { input: '{"trip":6}' })]);
      assert.equal((await labels.match(byTrip, NOW)).labelled, 0);
      assert.equal((await labels.match(byKey, NOW)).labelled, 1);
    });

    it('changes nothing when the same is told again, and keeps the history when another truth is', async (t) => {
      const { sql, records, labels } = await open(t);
      await records.append(rides(0, 3));
      const told = [minutes('1', 4), minutes('2', 5), minutes('99', 1)];
      await tell(labels, byKey, told);
      const again = await tell(labels, byKey, told);
      assert.deepEqual([again.labelled, again.same], [0, 2]);
      assert.deepEqual(await history(sql, 'p-1'), ['{"minutes":4}']);
      assert.equal((await sql.db.selectFrom('told_labels').select('seq').execute()).length, 3);
      await tell(labels, byKey, [minutes('1', 6)]);
      assert.deepEqual(await history(sql, 'p-1'), ['{"minutes":4}', '{"minutes":6}']);
    });

    it('reads numbers and booleans of tables as the output has them, and counts what cannot be its truth', async (t) => {
      const { records, labels } = await open(t);
      await records.append([ride(1), ride(2), ride(3), ride(4, { output: undefined, error: '{"code":"WRONG_TYPE"}' })]);
      const counts = await tell(labels, byKey, [
        { key: '1', truth: { late: 'yes' } },
        { key: '2', truth: { late: 0, minutes: '3' } },
        { key: '3', truth: { minutes: 'soon' } },
        minutes('4', 1),
      ]);
      assert.equal(await truthOf(records, 'p-1'), '{"late":true}');
      assert.equal(await truthOf(records, 'p-2'), '{"late":false,"minutes":3}');
      assert.deepEqual([counts.labelled, counts.unfit], [2, 2]);
      assert.match(counts.firstUnfit ?? '', /p-3: minutes: the output is a number/);
    });

    it('only counts in a dry run', async (t) => {
      const { sql, records, labels } = await open(t);
      await records.append(rides(0, 3));
      await labels.match(byKey, NOW);
      const counts = await labels.tell(byKey, [minutes('1', 4), minutes('99', 1)], NOW, true);
      assert.deepEqual([counts.labelled, counts.waiting], [1, 1]);
      assert.equal((await sql.db.selectFrom('told_labels').select('seq').execute()).length, 0);
      assert.equal(await truthOf(records, 'p-1'), undefined);
    });

    it('says how many predictions have the key at all', async (t) => {
      const { records, labels } = await open(t);
      await records.append([
        ...rides(0, 5),
        ride(7, { input: '{"distance":1}' }),
        ride(8, { input: '{"ride_id":null}' }),
      ]);
      const { predictions, keyed } = await labels.match(byKey, NOW);
      assert.deepEqual({ predictions, keyed }, { predictions: 7, keyed: 5 });
      await records.append(rides(10, 12));
      const more = await labels.match(byKey, NOW);
      assert.deepEqual([more.predictions, more.keyed], [9, 7]);
      assert.equal((await labels.match({ deployment: 'rides', key: ['trip'] }, NOW)).keyed, 0);
    });

    it('finds the key of a batch run’s rows in the ids of their records, and several fields together', async (t) => {
      const { records, labels } = await open(t);
      await records.append([ride(1, { id: 'rides/20261101/17,2026-11-01', input: '{"distance":1}' })]);
      const join = { deployment: 'rides', key: ['ride_id', 'day'], keyInId: true };
      assert.equal((await tell(labels, join, [minutes('17,2026-11-01', 4)])).labelled, 1);
      await records.append([ride(2, { input: '{"a":"x","b":2}' })]);
      assert.equal((await tell(labels, { deployment: 'rides', key: ['a', 'b'] }, [minutes('x,2', 4)])).labelled, 1);
    });

    it('reads the answers of a span with their last labels, page by page', async (t) => {
      const { records, labels } = await open(t);
      const later = ride(5000, { at: '2026-11-02T00:00:00.000Z' });
      await records.append([...rides(0, 2300), later, ride(6000, { digest: 'sha256:01' })]);
      await tell(labels, byKey, [minutes('1', 4), minutes('1', 5), minutes('2299', 6), minutes('5000', 7)]);
      const span = { from: '2026-11-01T00:00:00.000Z', to: '2026-11-02T00:00:00.000Z' };
      const [most] = await labels.served('rides', span);
      assert.deepEqual([most.digest, most.predictions], ['sha256:00', 2300]);
      const rows = [];
      for await (const page of labels.answers({ ...span, deployment: 'rides', digest: 'sha256:00' }))
        rows.push(...page);
      assert.equal(rows.length, 2300);
      assert.deepEqual(
        rows.filter(({ truth }) => truth).map(({ truth }) => truth),
        [{ minutes: 5 }, { minutes: 6 }],
      );
      assert.deepEqual(rows[1].input, { ride_id: 1, distance: 0.1 });
    });

    it('tells which windows of predictions have got labels since', async (t) => {
      const { records, labels } = await open(t);
      await records.append([ride(1), ride(2), ride(3, { at: '2026-10-01T03:00:00.000Z' })]);
      await tell(labels, byKey, [minutes('1', 4), minutes('2', 4)]);
      const first = await labels.touched('rides', 0, 86_400_000);
      assert.deepEqual(first.windows, [Date.parse('2026-11-01')]);
      await tell(labels, byKey, [minutes('3', 4)]);
      const next = await labels.touched('rides', first.mark, 86_400_000);
      assert.deepEqual(next.windows, [Date.parse('2026-10-01')]);
      assert.deepEqual((await labels.touched('tips', 0, 86_400_000)).windows, []);
    });
  });
}
