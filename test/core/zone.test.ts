import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parseDatetime, zoneOf } from '../../src/core/zone.ts';

const names = [
  'UTC',
  'America/New_York',
  'America/St_Johns',
  'Asia/Gaza',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'Pacific/Apia',
  'Africa/Casablanca',
  'Africa/Monrovia',
  'America/Sao_Paulo',
  'Europe/Amsterdam',
];

/** What the clock on the wall says, by the platform, as ms as if it were UTC. */
const wallClock = (name: string) => {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: name,
    hourCycle: 'h23',
    era: 'short',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  return (instant: number): number => {
    const parts = Object.fromEntries(format.formatToParts(instant).map(({ type, value }) => [type, value]));
    const [year, month, day, hour, minute, second] = ['year', 'month', 'day', 'hour', 'minute', 'second'].map((part) =>
      Number(parts[part]),
    ) as [number, number, number, number, number, number];
    return new Date(0).setUTCFullYear(year, month - 1, day) + hour * 3_600_000 + minute * 60_000 + second * 1000;
  };
};

/** Whole seconds from 1880 to 2100, close to a change of clocks every other time. */
const someInstant = (name: string) => {
  const zone = zoneOf(name);
  const changes: number[] = [];
  const hours = 3_600_000;
  for (let at = Date.UTC(1971, 0); at < Date.UTC(2038, 0); at += 720 * hours)
    if (zone.offset(at) !== zone.offset(at + 720 * hours)) {
      let low = at;
      let high = at + 720 * hours;
      while (high - low > 1000) {
        const middle = Math.floor((low + high) / 2000) * 1000;
        if (zone.offset(middle) === zone.offset(low)) low = middle;
        else high = middle;
      }
      changes.push(high);
    }
  const anywhere = fc.integer({ min: Date.UTC(1880, 0) / 1000, max: Date.UTC(2100, 0) / 1000 }).map((s) => s * 1000);
  if (changes.length === 0) return anywhere;
  const near = fc
    .tuple(fc.constantFrom(...changes), fc.integer({ min: -7200, max: 7200 }))
    .map(([at, seconds]) => at + seconds * 1000);
  return fc.oneof(anywhere, near);
};

describe('a time zone', () => {
  for (const name of names) {
    test(`${name}: the local time is what the platform’s clock says`, () => {
      const zone = zoneOf(name);
      const clock = wallClock(name);
      fc.assert(
        fc.property(someInstant(name), (instant) => instant + zone.offset(instant) === clock(instant)),
        { numRuns: 500 },
      );
    });

    test(`${name}: a local time is read as the first instant at which clocks showed it`, () => {
      const zone = zoneOf(name);
      fc.assert(
        fc.property(someInstant(name), (instant) => {
          const local = instant + zone.offset(instant);
          const read = zone.instant(local);
          assert.equal(read + zone.offset(read), local);
          assert.ok(read <= instant, 'the earlier of two');
          assert.ok(instant - read <= 86_400_000, 'and no other day');
        }),
        { numRuns: 500 },
      );
    });

    test(`${name}: a local time that clocks skipped moves forward by what they skipped`, () => {
      const zone = zoneOf(name);
      fc.assert(
        fc.property(someInstant(name), (local) => {
          const read = zone.instant(local);
          const shown = read + zone.offset(read);
          if (shown === local) return;
          const skipped = zone.offset(read) - zone.offset(read - 86_400_000);
          assert.ok(skipped > 0 && shown === local + skipped);
        }),
        { numRuns: 500 },
      );
    });
  }
});

test('every ISO 8601 text that the platform writes is read as the instant it means', () => {
  fc.assert(
    fc.property(fc.date({ min: new Date('0000-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }), (date) => {
      assert.equal(parseDatetime(date.toISOString(), undefined), date.getTime());
    }),
  );
});

test('every day of four centuries is read, and no other', () => {
  let day = Date.UTC(1800, 0, 1);
  for (let year = 1800; year < 2200; year++)
    for (let month = 1; month <= 12; month++)
      for (let date = 1; date <= 31; date++) {
        const text = `${year}-${String(month).padStart(2, '0')}-${String(date).padStart(2, '0')}`;
        const real = new Date(day).toISOString().startsWith(text);
        assert.ok(Object.is(parseDatetime(text, zoneOf('UTC')), real ? day : Number.NaN), text);
        if (real) day += 86_400_000;
      }
});

test('a text of any length that is no datetime is refused at once', () => {
  for (const text of [
    '2024-01-01T',
    '2024-01-01 ',
    'year-01-01',
    '2024-01-01'.repeat(1e5),
    `2024-01-01T00:00:00.${'1'.repeat(1e6)}Z`,
  ])
    for (const zone of ['UTC', 'America/New_York']) assert.ok(Number.isNaN(parseDatetime(text, zoneOf(zone))));
});
