/** What cannot wait until a window is over, and what a watch reads. */
import assert from 'node:assert/strict';
import { after, describe, it, type TestContext } from 'node:test';
import { startTraffic } from '../../../src/monitor/profile/traffic.ts';
import type { SpanProfile } from '../../../src/monitor/profiles/profiles.ts';
import { objectivesOf } from '../../../src/monitor/slo/objectives.ts';
import { pulseOf, readPulse, watchPulse } from '../../../src/monitor/watch/pulse.ts';
import { openSql } from '../../../src/store/sql.ts';
import { stores } from '../../contracts/stores.ts';
import { answered, createWatched, dayOf, served } from './world.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** What came in a minute, some of which failed. */
const minuteOf = (at: number, calls: number, failed = 0): SpanProfile => {
  const counting = startTraffic();
  for (let call = 0; call < calls; call++) counting.took(5);
  for (let call = 0; call < failed; call++) counting.failed('INTERNAL');
  const counted = { rows: calls, refused: 0, inputs: {}, outputs: {}, traffic: counting.counts() };
  return { ...served, at: new Date(at).toISOString(), ...counted };
};
const hearers = { channelsOf: () => ['mail'] };
const objectives = objectivesOf({ errors: '1 %' });

for (const store of stores()) {
  describe(`the pulse of a deployment in ${store.name}`, () => {
    after(() => store.remove());
    const open = async (t: TestContext) => {
      const sql = await openSql((await store.empty()).url);
      t.after(() => sql.close());
      const watched = createWatched(sql);
      const look = (at: number) =>
        watchPulse({ deployment: 'rides', objectives, hearers }, watched, new Date(at + MINUTE_MS));
      return { sql, watched, look };
    };
    const NOON = dayOf(30).getTime() + 12 * HOUR_MS;

    it('fires where a promise is broken, once whoever looks, and is resolved when it is kept again', async (t) => {
      const { sql, watched, look } = await open(t);
      const minutes = Array.from({ length: 90 }, (_, ago) =>
        minuteOf(NOON - ago * MINUTE_MS + 30 * MINUTE_MS, 100, ago >= 30 && ago < 60 ? 50 : 0),
      );
      await watched.profiles.add(minutes);
      const looks = await Promise.all([look(NOON), look(NOON), look(NOON)]);
      assert.equal(looks.filter((one) => one !== undefined).length, 1);
      const [alert, ...none] = await watched.alerts.list({ deployment: 'rides' });
      assert.deepEqual([alert?.concern, alert?.what, alert?.severity, none], ['slo', 'errors', 'critical', []]);
      assert.equal(readPulse((await watched.alerts.watch(pulseOf('rides')))?.memory)[0].rates.length, 5);
      const later = async (minutes: number): Promise<string> => {
        await look(NOON + minutes * MINUTE_MS);
        const [{ status, severity: how }] = await watched.alerts.list({ deployment: 'rides', all: true });
        return `${status} ${how}`;
      };
      assert.equal(await later(35), 'firing warning', 'much of the budget is gone');
      assert.equal(await later(420), 'firing warning');
      assert.equal(await later(425), 'resolved warning');
      const { rows } = await sql.db
        .selectFrom('judged')
        .select(({ fn }) => fn.countAll().as('rows'))
        .executeTakeFirstOrThrow();
      assert.equal(Number(rows), 0, 'looks fill no table');
    });

    it('fires where rows stop coming that came at these hours of past weeks', async (t) => {
      const { watched, look } = await open(t);
      const began = dayOf(-40).getTime();
      const hours = Array.from({ length: (NOON - began) / HOUR_MS - 2 }, (_, hour) =>
        minuteOf(began + hour * HOUR_MS, 500),
      );
      await watched.profiles.add(hours);
      await look(NOON);
      const [alert] = await watched.alerts.list({ deployment: 'rides' });
      assert.match(alert?.sentence ?? '', /^no rows have come for 2 h, where about 1000 came/);
    });
  });
}

const [store] = stores();
describe('a watch', () => {
  after(() => store.remove());
  for (const [compareWith, most] of [
    ['training', 1],
    ['last', 2],
    ['same weekday', 29],
  ] as const) {
    it(`that compares with ${compareWith} reads ${most} of 40 days of profiles`, async (t) => {
      const sql = await openSql((await store.empty()).url);
      t.after(() => sql.close());
      const watched = createWatched(sql, { compareWith });
      await watched.profiles.add(Array.from({ length: 40 }, (_, n) => answered(n, { rows: 300 })));
      await watched.look(39);
      const read: SpanProfile[] = [];
      const windows: typeof watched.profiles.windows = async (...asked) => {
        const found = await watched.profiles.windows(...asked);
        read.push(...found);
        return found;
      };
      await watched.look(40, { ...watched.profiles, windows });
      assert.equal(read.length, most);
    });
  }
});
