import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type EdgeSite, openEdgeSite, scoreThere } from './edge-site.ts';

type Temporal = { Instant: { fromEpochMilliseconds(at: number): { toZonedDateTimeISO(zone: string): unknown } } };
type Window = typeof globalThis & { Temporal?: Temporal };

/** Instants of 200 years, some of them where clocks change, and the furthest that there are. */
const INSTANTS = [
  ...Array.from({ length: 40 }, (_, at) => Math.floor(((at * 0.618_034) % 1) * 6.3e12) - 3.15e12),
  1_772_953_200_000,
  1_793_512_799_999,
  0,
  -1,
  8.64e15 - 86_400_000,
  86_400_000 - 8.64e15,
];

const pickups = Array.from({ length: 200 }, (_, at) => new Date(946_684_800_000 + at * 17_777_777_777).toISOString());

describe('time zones in a browser', { timeout: 120_000 }, () => {
  let edge: EdgeSite;
  before(async () => {
    edge = await openEdgeSite({ 'ride-duration': './examples/taxi/models/ride-duration' });
  });
  after(() => edge?.close());

  it('have the same offsets by Temporal as by Intl, in every zone that there is', async () => {
    const { page } = await edge.open();
    const { zones, differing } = await page.evaluate((instants) => {
      const { Temporal } = globalThis as Window;
      const secondsOf = (text: string): number => {
        const [, sign, ...parts] = /GMT(?:([+-])(\d+)(?::(\d+))?(?::(\d+))?)?/.exec(text) ?? [];
        const [hours, minutes, seconds] = parts.map((part) => Number(part ?? 0));
        return sign === undefined ? 0 : (hours * 3600 + minutes * 60 + seconds) * (sign === '-' ? -1 : 1);
      };
      const names = Intl.supportedValuesOf('timeZone');
      const found = names.filter((timeZone) => {
        const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset', year: 'numeric' });
        return instants.some((instant) => {
          const zoned = Temporal?.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(timeZone);
          const { offsetNanoseconds } = zoned as { offsetNanoseconds: number };
          const name = format.formatToParts(instant).find(({ type }) => type === 'timeZoneName');
          return offsetNanoseconds / 1e9 !== secondsOf(name?.value ?? '');
        });
      });
      return { zones: names.length, differing: found };
    }, INSTANTS);
    assert.ok(zones > 300);
    assert.deepEqual(differing, []);
  });

  it('give the answers of a server, with Temporal and without', async () => {
    const [{ input }] = edge.packages.get('ride-duration')?.examples ?? [];
    const rows = pickups.map((pickup) => ({ ...(input as object), pickup: pickup.replace('Z', '') }));
    const server = await edge.app.scorer('./examples/taxi/models/ride-duration');
    const expected = JSON.parse(JSON.stringify(await server.score(rows)));
    await server.close();
    for (const isThere of [true, false]) {
      const { page } = await edge.open();
      const found = await page.evaluate((keep) => {
        if (!keep) Reflect.deleteProperty(globalThis, 'Temporal');
        return 'Temporal' in globalThis;
      }, isThere);
      assert.equal(found, isThere);
      assert.deepEqual((await scoreThere(page, 'ride-duration', rows)).answers, expected);
    }
  });
});
