import assert from 'node:assert/strict';
import { after, describe, it, type TestContext } from 'node:test';
import { NO_TRAFFIC } from '../../../src/monitor/profile/traffic.ts';
import { openSql } from '../../../src/store/sql.ts';
import { stores } from '../../contracts/stores.ts';
import { answered, createWatched, dayOf, seenIn, type Weather } from './world.ts';

const range = (from: number, to: number): readonly number[] => Array.from({ length: to - from }, (_, n) => from + n);

for (const store of stores()) {
  describe(`the watch over a deployment in ${store.name}`, () => {
    after(() => store.remove());
    const open = async (t: TestContext, ...[settings]: [] | [Parameters<typeof createWatched>[1]]) => {
      const { url } = await store.empty();
      const sql = await openSql(url);
      t.after(() => sql.close());
      return { url, watched: createWatched(sql, settings) };
    };

    it('judges each day once it is over, and begins with the last one', async (t) => {
      const { watched } = await open(t);
      await watched.profiles.add(range(0, 4).map((n) => answered(n)));
      assert.deepEqual(
        (await watched.look(3)).map(({ window }) => window.from),
        [dayOf(2).toISOString()],
      );
      assert.deepEqual(await watched.look(3), []);
      const [next, ...none] = await watched.look(4);
      assert.deepEqual([next.window.to, seenIn(next).judgement?.state], [dayOf(4).toISOString(), 'steady']);
      assert.deepEqual(none, []);
    });

    it('makes up for what was over while nothing looked', async (t) => {
      const { watched } = await open(t);
      await watched.profiles.add(range(0, 6).map((n) => answered(n)));
      await watched.look(1);
      assert.equal((await watched.look(6)).length, 5);
    });

    it('fires one alert a field that drifts, predictions by themselves, and resolves it when it is over', async (t) => {
      const { watched } = await open(t);
      const weather = (n: number): Weather => (n >= 3 && n < 6 ? { longer: 0.5, slower: 1 } : {});
      await watched.profiles.add(range(0, 12).map((n) => answered(n, weather(n))));
      for (const n of range(1, 13)) await watched.look(n);
      const alerts = await watched.alerts.list({ all: true });
      assert.deepEqual(alerts.map(({ concern, field, status }) => `${concern} ${field} ${status}`).toSorted(), [
        'drift distance resolved',
        'predictions minutes resolved',
      ]);
      const distance = alerts.find(({ field }) => field === 'distance');
      assert.equal(distance?.started_at, new Date(dayOf(4).getTime() + 600_000).toISOString());
      assert.match(distance?.sentence ?? '', /^distance is 0\.[45]\d? sd higher$/);
      const messages = await watched.alerts.take(['mail'], 10, dayOf(20));
      const tellings = messages.flatMap(({ message }) => message.alerts.map(({ telling }) => telling));
      assert.equal(messages[0].message.alerts.map(({ telling }) => telling).join(' '), 'fired fired');
      assert.equal(tellings.filter((telling) => telling === 'fired').length, 2);
      assert.equal(tellings.filter((telling) => telling === 'resolved').length, 2);
    });

    it('waits for more rows where a day has too few, and judges them together', async (t) => {
      const { watched } = await open(t);
      await watched.profiles.add(range(0, 4).map((n) => answered(n, { rows: 80, longer: 2 })));
      const judged = [];
      for (const n of range(1, 5)) judged.push(...(await watched.look(n)));
      assert.deepEqual(
        judged.map((one) => `${seenIn(one).judgement?.rows} ${seenIn(one).judgement?.state}`),
        ['80 few rows', '160 few rows', '240 drift', '80 few rows'],
      );
      assert.equal((await watched.alerts.list()).length, 2);
    });

    it('sees a drift that no day shows, and none where there is none', async (t) => {
      const { watched } = await open(t);
      await watched.profiles.add(range(0, 40).map((n) => answered(n, { rows: 250, longer: n < 10 ? 0 : 0.2 })));
      for (const n of range(1, 11)) await watched.look(n);
      assert.deepEqual(await watched.alerts.list({ all: true }), []);
      for (const n of range(11, 41)) await watched.look(n);
      const alerts = await watched.alerts.list({ all: true });
      assert.ok(
        alerts.some(({ sentence }) => sentence.includes('slowly')),
        JSON.stringify(alerts),
      );
    });

    it('says when rows are refused that were not before, when none come, and when a field stands still', async (t) => {
      const { watched } = await open(t);
      await watched.profiles.add(range(0, 28).map((n) => answered(n)));
      for (const n of range(1, 29)) await watched.look(n);
      await watched.profiles.add([answered(28, { refused: 60 })]);
      const [refused] = await watched.look(29);
      assert.deepEqual(
        refused.findings.map(({ concern, sentence }) => [concern, sentence]),
        [['quality', '5.7 % of rows are refused, where 0 % were before']],
      );
      const [none] = await watched.look(30);
      assert.deepEqual(
        none.findings.map(({ concern, sentence }) => [concern, sentence]),
        [['freshness', 'no rows have come, where there were at least 1000 in each of the last 4 weeks']],
      );
      const { inputs } = answered(30);
      const { distance } = inputs;
      assert.ok(distance.kind === 'number');
      const still = { ...distance, min: 1, max: 1 };
      await watched.profiles.add([answered(30, {}, { inputs: { ...inputs, distance: still } })]);
      const [constant] = await watched.look(31);
      assert.ok(
        constant.findings.some(({ concern, sentence }) => concern === 'quality' && sentence === 'distance is always 1'),
      );
    });

    it('names a field that comes with another type, and rows that are fewer than in past weeks', async (t) => {
      const { watched } = await open(t);
      const texts = { ...NO_TRAFFIC, refused: { 'WRONG_TYPE distance': 90 } };
      const usual = range(-56, 1).map((n) => answered(n, { rows: 1000 + (n % 5) }));
      await watched.profiles.add([...usual, answered(1, { rows: 300, refused: 90 }, { traffic: texts })]);
      await watched.look(1);
      const [judged] = await watched.look(2);
      assert.deepEqual(
        judged.findings.map(({ concern, field, sentence }) => `${concern} ${field}: ${sentence}`),
        [
          'quality undefined: 23 % of rows are refused, where 0 % were before',
          'quality distance: distance comes with another type in 23 % of rows, where it was 0 % before',
          'quality undefined: 390 rows came, where about 998 came at the same time of past weeks',
        ],
      );
      assert.equal((await watched.alerts.list()).length, 3);
    });

    it('compares with the new normal once somebody has accepted it, and only for that package', async (t) => {
      const { watched } = await open(t);
      await watched.profiles.add(range(0, 8).map((n) => answered(n, { longer: 0.5, slower: 1.5 })));
      await watched.look(1);
      assert.equal((await watched.alerts.list()).length, 2);
      const { rows, inputs, outputs } = answered(0, { longer: 0.5, slower: 1.5 });
      await watched.accepted.add({
        deployment: 'rides',
        digest: 'sha256:00',
        at: dayOf(1).toISOString(),
        by: 'ada',
        why: 'the bridge is open',
        window: { from: dayOf(0).toISOString(), to: dayOf(1).toISOString() },
        profile: { rows, inputs, outputs },
      });
      for (const n of range(2, 4))
        assert.deepEqual(
          (await watched.look(n)).flatMap(({ findings }) => findings),
          [],
        );
      assert.deepEqual(await watched.alerts.list(), []);
      await watched.profiles.add([
        answered(8, { longer: 0.5, slower: 1.5 }, { digest: 'sha256:11', version: '1.1.0' }),
      ]);
      for (const n of range(4, 9)) await watched.look(n);
      const [other] = await watched.look(9);
      assert.equal(seenIn(other).judgement?.baseline, 'the training data');
      assert.equal(other.findings.length, 2);
    });

    it('says the same whichever process looks, and whenever it was started anew', async (t) => {
      const { url, watched } = await open(t);
      const days = range(0, 12).map((n) => answered(n, { longer: n * 0.05 }));
      await watched.profiles.add(days);
      await watched.look(1);
      await watched.look(12);
      const one = await watched.alerts.watch('rides');
      const place = await store.empty();
      const fresh = await openSql(place.url);
      t.after(() => fresh.close());
      const first = createWatched(fresh);
      await first.profiles.add(days);
      for (const n of range(1, 13)) {
        const sql = await openSql(place.url);
        await Promise.all([createWatched(sql).look(n), first.look(n)]);
        await sql.close();
      }
      assert.deepEqual(await first.alerts.watch('rides'), one);
      assert.notEqual(url, place.url);
    });
  });
}
