/** Volume, freshness and delay: false alarms are as rare as is asked, and what is worth an alarm raises one. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { silence } from '../../../src/monitor/quality/silence.ts';
import { unusual } from '../../../src/monitor/quality/usual.ts';
import { delayFindings, volumeFindings } from '../../../src/monitor/quality/volume.ts';
import { studentTail } from '../../../src/monitor/statistics/student.ts';
import { createRandom } from '../drift/random.ts';

const HOUR_MS = 3_600_000;
const WEEK_MS = 168 * HOUR_MS;
const BEGIN = Date.parse('2026-09-07T00:00:00.000Z');

/** Of Poisson's law, by its exponential gaps; of large means as a normal one is. */
const poisson = (random: ReturnType<typeof createRandom>, mean: number): number => {
  if (mean > 200) return Math.max(0, Math.round(mean + Math.sqrt(mean) * random.normal()));
  let count = -1;
  for (let sum = 0; sum < mean; count++) sum -= Math.log(1 - random.uniform());
  return count;
};

/** How often a week like all before is unusual. */
const falseShare = (weeks: number, mean: number, spread: number, direction: 'either' | 'less'): number => {
  const random = createRandom(weeks * 1000 + mean + spread * 10);
  const runs = 4000;
  const draw = (): number => poisson(random, mean * Math.exp(spread * random.normal()));
  let found = 0;
  for (let run = 0; run < runs; run++) {
    const past = Array.from({ length: weeks }, draw);
    if (unusual(draw(), past, { alpha: 0.05, direction, leastFactor: 1 })) found++;
  }
  return found / runs;
};

describe('what is as usual', () => {
  it('is unusual at most 6 times in 100 at the 5 % setting, in as many weeks and rows as there may be', () => {
    for (const weeks of [4, 8]) {
      for (const [mean, spread] of [
        [5, 0],
        [50, 0],
        [1000, 0],
        [1000, 0.3],
        [100_000, 0.05],
        [100_000, 1],
      ] as const) {
        for (const direction of ['either', 'less'] as const) {
          const share = falseShare(weeks, mean, spread, direction);
          assert.ok(share <= 0.06, `${weeks} weeks, ${mean} ± ${spread}, ${direction}: ${share}`);
        }
      }
    }
  });

  it('is not told from fewer than four weeks', () => {
    const all = { alpha: 1, direction: 'either', leastFactor: 1 } as const;
    assert.equal(unusual(0, [900, 1000, 1100], all), undefined);
    assert.ok(unusual(0, [900, 1000, 1100, 1000], all));
  });

  it('follows Student’s law', () => {
    // scipy.stats.t.sf
    assert.ok(Math.abs(studentTail(2, 3) - 0.06966298427942152) < 1e-14);
    assert.ok(Math.abs(studentTail(-1.5, 7) - 0.911350756505015) < 1e-14);
    assert.ok(Math.abs(studentTail(30, 4) / 3.6764280488306595e-6 - 1) < 1e-10);
  });
});

describe('a window beside those of past weeks', () => {
  const random = createRandom(3);
  const weekly = (of: () => number) =>
    Array.from({ length: 8 }, (_, week) => ({ at: BEGIN + week * WEEK_MS, figure: of() }));
  const now = BEGIN + 8 * WEEK_MS;
  const alpha = 0.0027;

  it('has too few rows, or too many', () => {
    const before = weekly(() => 10_000 * Math.exp(0.1 * random.normal()));
    const found = (figure: number) => volumeFindings({ at: now, figure }, before, { alpha });
    assert.deepEqual(found(10_500), []);
    assert.match(
      found(3000)[0]?.sentence ?? '',
      /^3000 rows came, where about \d+ came at the same time of past weeks$/,
    );
    assert.equal(found(30_000)[0]?.what, 'volume');
    assert.deepEqual(found(0), [], 'that none came is a matter of freshness');
  });

  it('is compared with the same hours alone', () => {
    const others = Array.from({ length: 100 }, (_, hour) => ({ at: BEGIN + hour * HOUR_MS + HOUR_MS, figure: 10 }));
    const before = [...weekly(() => 10_000), ...others].toSorted((a, b) => a.at - b.at);
    assert.deepEqual(volumeFindings({ at: now, figure: 10_000 }, before, { alpha }), []);
  });

  it('has events that are late', () => {
    const before = weekly(() => 120 * Math.exp(0.2 * random.normal()));
    const [late] = delayFindings({ at: now, figure: 5000 }, before, { alpha });
    assert.match(late?.sentence ?? '', /^events are \d+ times as late .*: up to 5000 ms$/);
    assert.deepEqual(delayFindings({ at: now, figure: 150 }, before, { alpha }), []);
    assert.deepEqual(
      delayFindings(
        { at: now, figure: 15 },
        weekly(() => 1),
        { alpha },
      ),
      [],
      'few milliseconds are noise',
    );
  });
});

describe('silence', () => {
  const alpha = 1.1e-4;
  const hours = (until: number, rowsOf: (hour: number) => number) =>
    Array.from({ length: until }, (_, hour) => ({
      at: new Date(BEGIN + hour * HOUR_MS).toISOString(),
      rows: rowsOf(hour),
    }));
  const working = (hour: number): number =>
    hour % 24 >= 8 && hour % 24 < 18 && hour % 168 < 120 ? 500 + (hour % 37) : 0;
  const END_HOUR = 7 * 168 + 24 + 12;

  it('of hours that were busy is told, and since when', () => {
    const some = hours(END_HOUR - 2, working);
    const [found] = silence(some, BEGIN + END_HOUR * HOUR_MS, alpha);
    assert.match(
      found?.sentence ?? '',
      /^no rows have come for 2 h, where about 10\d\d came at these hours of past weeks$/,
    );
  });

  it('at night, at weekends, and of what is new is none', () => {
    for (let hour = 7 * 168; hour < 8 * 168; hour++) {
      assert.deepEqual(silence(hours(hour, working), BEGIN + hour * HOUR_MS, alpha), [], `hour ${hour}`);
    }
    assert.deepEqual(silence(hours(100, working), BEGIN + 110 * HOUR_MS, alpha), []);
    assert.deepEqual(silence([], BEGIN, alpha), []);
  });

  it('of few rows is told once it is surely no chance', () => {
    const rare = (hour: number): number => (hour % 3 === 0 ? 1 : 0);
    const found = (length: number) => silence(hours(END_HOUR - length, rare), BEGIN + END_HOUR * HOUR_MS, alpha);
    assert.deepEqual(found(6), []);
    assert.equal(found(150).length, 1);
  });
});
