import assert from 'node:assert/strict';
import { after, describe, it, type TestContext } from 'node:test';
import { startCounting } from '../../src/monitor/profile/counting.ts';
import { merge, type Profile } from '../../src/monitor/profile/profile.ts';
import { openProfiles } from '../../src/monitor/profiles/open.ts';
import type { SpanProfile } from '../../src/monitor/profiles/profiles.ts';
import { profileTable } from '../../src/monitor/profiles/table.ts';
import { openSql } from '../../src/store/sql.ts';
import { stores } from '../contracts/stores.ts';

const served = { deployment: 'rides', model: 'ride', version: '1.0.0', digest: 'sha256:00', variant: 'stable' };
const NOW = new Date('2026-11-20T10:30:00.000Z');
const DAY_MS = 86_400_000;

const profileOf = (values: readonly number[]): Profile => {
  const counting = startCounting({ amount: { kind: 'number' } }, { amount: { edges: [1, 2], range: [0, 3] } });
  counting.add({ amount: Float64Array.from(values) });
  return counting.profile();
};
const minuteOf = (at: number, more: Partial<SpanProfile> = {}): SpanProfile => ({
  ...served,
  at: new Date(at).toISOString(),
  rows: 2,
  refused: 1,
  inputs: profileOf([at % 7, 0.1 * (at % 11)]),
  outputs: profileOf([at % 5]),
  ...more,
});
/** A minute each 7 hours of the last 100 days, and each of the last two hours. */
const history = [
  ...Array.from({ length: 340 }, (_, at) => minuteOf(NOW.getTime() - at * 7 * 3_600_000)),
  ...Array.from({ length: 120 }, (_, at) => minuteOf(NOW.getTime() - at * 60_000)),
];

for (const store of stores()) {
  describe(`profiles in ${store.name}`, () => {
    after(() => store.remove());
    const open = async (t: TestContext) => {
      const sql = await openSql((await store.empty()).url);
      t.after(() => sql.close());
      return { sql, profiles: openProfiles(sql) };
    };

    it('of a deployment are one a package, the one that answered last first', async (t) => {
      const { profiles } = await open(t);
      const newer = { version: '1.1.0', digest: 'sha256:11' };
      await profiles.add([minuteOf(1.794e12), minuteOf(1.7941e12, newer)]);
      await profiles.add([minuteOf(1.79405e12), minuteOf(1.7942e12, { deployment: 'other' })]);
      const found = await profiles.of('rides', new Date(0));
      assert.deepEqual(
        found.map(({ version, rows, refused, at }) => ({ version, rows, refused, at })),
        [
          { version: '1.1.0', rows: 2, refused: 1, at: new Date(1.7941e12).toISOString() },
          { version: '1.0.0', rows: 4, refused: 2, at: new Date(1.794e12).toISOString() },
        ],
      );
      assert.deepEqual(found[1].inputs, merge(minuteOf(1.79405e12).inputs, minuteOf(1.794e12).inputs));
      assert.equal((await profiles.of('rides', new Date(1.79407e12))).length, 1);
      assert.deepEqual(await profiles.of('nobody', new Date(0)), []);
    });

    it('grow old: minutes become hours and days that tell the same, also while two make them so', async (t) => {
      const { sql, profiles } = await open(t);
      await profiles.add(history);
      const [before] = await profiles.of('rides', new Date(0));
      const age = async (): Promise<void> => {
        while (await profiles.age(NOW));
      };
      await Promise.all([age(), age()]);
      const [since] = await profiles.of('rides', new Date(0));
      assert.deepEqual([since.rows, since.inputs, since.outputs], [before.rows, before.inputs, before.outputs]);
      const spans = await sql.db
        .selectFrom('profiles')
        .select(({ fn }) => ['span', fn.countAll().as('rows'), fn.min('at').as('first')])
        .groupBy('span')
        .orderBy('span')
        .execute();
      assert.deepEqual(
        spans.map(({ span }) => span),
        ['day', 'hour', 'minute'],
      );
      const first = Object.fromEntries(spans.map((one) => [one.span, Date.parse(`${one.first}`)]));
      assert.ok(first.minute >= NOW.getTime() - 7 * 3_600_000 && first.hour >= NOW.getTime() - 61 * DAY_MS);
      assert.ok(spans.reduce((sum, { rows }) => sum + Number(rows), 0) < history.length);
    });

    it('are removed when they are two years old', async (t) => {
      const { profiles } = await open(t);
      await profiles.add(history);
      const later = new Date(NOW.getTime() + 800 * DAY_MS);
      while (await profiles.age(later));
      assert.deepEqual(await profiles.of('rides', new Date(0)), []);
    });
  });
}

describe('a profile', () => {
  it('is told as a row a field, outputs first', () => {
    const color = { kind: 'category', count: 4, missing: 1, counts: { red: 1, blue: 3 }, other: 0 } as const;
    const rows = profileTable({ inputs: { ...profileOf([0.5, 2.5, 9]), color }, outputs: profileOf([]) });
    assert.deepEqual(
      rows.map(({ field, is, values, missing, unseen, mean, labels }) => [
        field,
        is,
        values,
        missing,
        unseen,
        mean,
        labels,
      ]),
      [
        ['amount', 'output', 0, 0, 0, null, ''],
        ['amount', 'input', 3, 0, 1, 4, ''],
        ['color', 'input', 4, 1, 0, null, 'blue 75.0 %, red 25.0 %'],
      ],
    );
  });
});
