import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import type { Manifest } from '../../src/core/types.ts';
import { type PerformanceWatchOptions, watchPerformance } from '../../src/deployments/performance-watch.ts';
import { openAlerts } from '../../src/monitor/alerts/open.ts';
import { openLabels } from '../../src/monitor/labels/open.ts';
import { openProfiles } from '../../src/monitor/profiles/open.ts';
import { openRecords } from '../../src/monitor/records/open.ts';
import { openAccepted } from '../../src/monitor/watch/accepted.ts';
import { openPerformances } from '../../src/monitor/watch/performances.ts';
import { openSql } from '../../src/store/sql.ts';
import { stores } from '../contracts/stores.ts';
import { createRandom } from '../monitor/drift/random.ts';
import { ride } from '../monitor/labels/samples.ts';

const HOUR_MS = 3_600_000;
const BEGIN = Date.parse('2026-11-02T00:00:00.000Z');
const at = (hours: number): Date => new Date(BEGIN + hours * HOUR_MS);
const manifest = {
  name: 'ride',
  version: '1.0.0',
  runtime: 'trees',
  inputs: { distance: { kind: 'number' }, zone: { kind: 'category' } },
  outputs: { minutes: { kind: 'number', unit: 'minute' } },
} as const satisfies Partial<Manifest>;
const join = { deployment: 'rides', key: ['ride_id'] };

for (const store of stores()) {
  describe(`performance that is watched, in ${store.name}`, () => {
    after(() => store.remove());
    const open = async (
      t: { after(cleanup: () => Promise<void>): void },
      { settings = {}, mae }: { readonly settings?: Partial<PerformanceWatchOptions>; readonly mae?: number } = {},
    ) => {
      const sql = await openSql((await store.empty()).url);
      t.after(() => sql.close());
      const truth = mae && { minutes: { column: 'minutes', rows: 5000, figures: { mae, rmse: mae * 1.25, bias: 0 } } };
      const profile = Buffer.from(JSON.stringify({ rows: 5000, inputs: {}, outputs: {}, truth }));
      const world = {
        labels: openLabels(sql),
        profiles: openProfiles(sql),
        performances: openPerformances(sql),
        alerts: openAlerts(sql),
        accepted: openAccepted(sql),
        packageOf: async () => ({ manifest, files: new Map([['profile.json', profile]]) }),
      };
      const records = openRecords(sql);
      const options: PerformanceWatchOptions = {
        deployment: 'rides',
        window: 'hour',
        hearers: { channelsOf: () => ['mail'] },
        ...settings,
      };
      const name = (hour: number, n: number): string => `${hour}-${n}`;
      return {
        ...world,
        /** Rides of an hour, all of them answered with 10 minutes. */
        predict: (hour: number, rows = 300, from = 0) =>
          records.append(
            Array.from({ length: rows }, (_, n) =>
              ride(n, {
                id: name(hour, from + n),
                at: at(hour + 0.5).toISOString(),
                input: JSON.stringify({ ride_id: name(hour, from + n), zone: n % 4 === 0 ? 'A' : 'B', distance: n }),
                output: '{"minutes":10}',
              }),
            ),
          ),
        /** They took so much longer or shorter. */
        label: async (hour: number, spread: number, { rows = 300, told = at(hour + 1), slower = 1 } = {}) => {
          const random = createRandom(hour + 1);
          const labels = Array.from({ length: rows }, (_, n) => ({
            key: name(hour, n),
            truth: { minutes: 10 + spread * random.normal() * (n % 4 === 0 ? slower : 1) },
          }));
          await world.labels.match(join, told);
          await world.labels.tell(join, labels, told);
        },
        look: (hours: number) => watchPerformance(options, world, at(hours + 0.1)),
        kept: async () => (await world.performances.list('rides', new Date(0))).map(({ performance }) => performance),
      };
    };

    it('raises an alarm when predictions are further off than in training, and says for how many that is known', async (t) => {
      const { predict, label, look, alerts } = await open(t, { mae: 2.4 });
      for (const hour of [0, 1, 2]) {
        await predict(hour);
        await label(hour, hour < 2 ? 3 : 6, { rows: 270 });
      }
      await look(3);
      const judged = await look(6);
      assert.deepEqual(
        judged.map(({ window, findings }) => [window.from.slice(11, 13), findings.length]),
        [
          ['00', 0],
          ['01', 0],
          ['02', 1],
        ],
      );
      const [{ sentence, concern, field, severity }] = await alerts.list();
      assert.deepEqual([concern, field, severity], ['performance', 'minutes', 'error']);
      assert.match(sentence, /^minutes is off by 4\.\d+ minutes on average, 2\.4 in training, labels for 90 %$/);
      assert.equal((await alerts.take(['mail'], 10, at(7)))[0].message.alerts[0].telling, 'fired');
      assert.deepEqual(await look(7), [], 'each window is judged once');
    });

    it('does not judge a window whose labels are not there yet, though those that came early look bad', async (t) => {
      const { predict, label, look, kept } = await open(t, { mae: 2.4 });
      for (const hour of [0, 1, 2]) {
        await predict(hour);
        await label(hour, 3, { rows: 280 });
      }
      await look(5);
      assert.equal((await look(7)).length, 3);
      await predict(6);
      await label(6, 9, { rows: 210, told: at(7) });
      assert.deepEqual(await look(9), []);
      assert.equal((await kept()).at(-1)?.coverage, 0.7);
      await label(6, 9, { rows: 290, told: at(12) });
      const [one] = await look(12);
      assert.equal(one.findings.length, 1);
    });

    it('goes by the time of predictions, however late labels come, and joins windows with few of them', async (t) => {
      const { predict, label, look, kept } = await open(t, { mae: 2.4 });
      for (const hour of [0, 1, 2, 3]) await predict(hour, 90);
      await look(5);
      assert.deepEqual(
        (await kept()).map(({ coverage, predictions }) => [coverage, predictions]),
        new Array(4).fill([0, 90]),
      );
      for (const hour of [0, 1, 2, 3]) await label(hour, 7, { rows: 90, told: at(50) });
      await look(50);
      const judged = await look(52);
      assert.deepEqual(
        judged.map(({ window, findings }) => [window.from.slice(11, 13), window.to.slice(11, 13), findings.length]),
        [['00', '03', 1]],
      );
      assert.equal((await kept())[2].judgement?.tests[0].rows, 270);
    });

    it('compares with the first window where the package does not know, slices each with itself', async (t) => {
      const { predict, label, look, alerts, kept } = await open(t, { settings: { slices: ['zone'] } });
      for (const hour of [0, 1, 2]) {
        await predict(hour, 800);
        await label(hour, 3, { rows: 800, slower: hour === 2 ? 2 : 1 });
      }
      await look(3);
      await look(6);
      const found = await alerts.list();
      const fields = found.map(({ field }) => field);
      assert.ok(fields.includes('minutes, zone A') && !fields.includes('minutes, zone B'), fields.join('; '));
      const { sentence } = found.find(({ field }) => field === 'minutes, zone A') ?? { sentence: '' };
      assert.match(
        sentence,
        /^minutes is off by .* minutes on average where zone is A, .* in the window of 2026-11-02,/,
      );
      assert.deepEqual((await kept())[2].judgement?.tests.map(({ slice }) => slice?.value).toSorted(), [
        'A',
        'B',
        undefined,
      ]);
    });

    it('compares with what was accepted once somebody has accepted it', async (t) => {
      const { predict, label, look, alerts, accepted } = await open(t, { mae: 2.4 });
      for (const hour of [0, 1, 2, 3, 4]) {
        await predict(hour);
        await label(hour, 6);
      }
      await accepted.add({
        deployment: 'rides',
        digest: 'sha256:00',
        at: at(3).toISOString(),
        by: 'ada',
        why: 'the bridge is closed',
        window: { from: at(0).toISOString(), to: at(2).toISOString() },
        profile: { rows: 600, inputs: {}, outputs: {} },
      });
      await look(5);
      assert.equal((await look(8)).length, 5);
      assert.deepEqual(await alerts.list({ all: true }), []);
    });

    it('judges each window once, whoever looks at the same time', async (t) => {
      const { predict, label, look, alerts } = await open(t, { mae: 2.4 });
      await predict(0);
      await label(0, 8);
      await look(1);
      const judged = await Promise.all([look(4), look(4), look(4)]);
      assert.equal(judged.flat().length, 1);
      assert.equal((await alerts.list()).length, 1);
    });
  });
}
