import assert from 'node:assert/strict';
import { test } from 'node:test';
import { zoneOf } from '../../../src/core/zone.ts';
import { addWindow, judgeSlowDrift, startSlowDrift } from '../../../src/monitor/drift/slow-drift.ts';
import {
  baselineAt,
  type DatedWindow,
  isSettled,
  joinFew,
  proposalFor,
  stratumOf,
} from '../../../src/monitor/drift/strata.ts';
import { drawTruth, drawWindow } from './draws.ts';
import { createRandom } from './random.ts';

const DAY_MS = 86_400_000;
/** A Monday. */
const START = Date.parse('2026-03-02T00:00:00Z');
const budget = { alpha: 0.0027 };

/** Days of one number that has moved by `shiftOn(day)` standard deviations. */
const days = (count: number, rows: number, shiftOn: (day: number) => number, seed = 1) => {
  const random = createRandom(seed);
  const truth = drawTruth(random, 10_000);
  const windows = Array.from({ length: count }, (_, day): DatedWindow => {
    const profile = drawWindow(random, truth, rows, shiftOn(day));
    return { at: START + day * DAY_MS, rows, inputs: { distance: profile }, outputs: {} };
  });
  const training = { name: 'the training data', rows: 10_000, inputs: { distance: truth.baseline }, outputs: {} };
  return { training, windows };
};

const weekly = (day: number): number => 0.3 * Math.sin((2 * Math.PI * day) / 7);

test('a stratum is of the clocks of a zone', () => {
  const at = Date.parse('2026-03-03T03:30:00Z');
  assert.equal(stratumOf(at, 'training'), 'all');
  assert.equal(stratumOf(at, 'same weekday'), 'Tuesday');
  assert.equal(stratumOf(at, 'same weekday', zoneOf('America/New_York')), 'Monday');
  assert.equal(stratumOf(at, 'same hour of week', zoneOf('America/New_York')), 'Monday 22:00');
});

test('the baseline of a weekday are its first four weeks', () => {
  const { training, windows: history } = days(40, 500, () => 0);
  const at = START + 35 * DAY_MS;
  const choice = { training, history };
  assert.equal(baselineAt(at, { ...choice, compareWith: 'training' }), training);
  assert.equal(baselineAt(at, { ...choice, compareWith: 'last' })?.rows, 500);
  const monday = baselineAt(at, { ...choice, compareWith: 'same weekday' });
  assert.deepEqual([monday?.name, monday?.rows], ['the first Mondays', 2000]);
  assert.equal(baselineAt(START, { ...choice, compareWith: 'same weekday' }), undefined);
  assert.ok(isSettled(at, { history, compareWith: 'same weekday' }));
  assert.ok(!isSettled(START + 21 * DAY_MS, { history, compareWith: 'same weekday' }));
});

test('strata are proposed where days resemble the same weekday before', () => {
  const { training, windows } = days(56, 2000, weekly);
  assert.equal(proposalFor(training, windows, budget), 'same weekday');
});

test('the new normal is proposed where days have changed once, and nothing where none alarms or all go on changing', () => {
  const once = days(40, 2000, (day) => (day > 14 ? 0.5 : 0));
  assert.equal(proposalFor(once.training, once.windows, budget), 'new normal');
  const never = days(40, 2000, () => 0);
  assert.equal(proposalFor(never.training, never.windows, budget), undefined);
  const rising = days(40, 2000, (day) => day * 0.1);
  assert.equal(proposalFor(rising.training, rising.windows, budget), undefined);
});

test('windows of few rows are merged with the next', () => {
  const { windows } = days(5, 90, () => 0);
  const joined = joinFew(windows);
  assert.deepEqual(
    joined.map(({ rows, at }) => [rows, (at - START) / DAY_MS]),
    [
      [270, 0],
      [180, 3],
    ],
  );
  assert.deepEqual(joinFew(windows, 90), windows);
});

test('a weekly swing is no slow drift beside the same weekdays, and a shift is', () => {
  const judged = (shift: number, seed: number) => {
    const { windows: history } = days(84, 2000, (day) => weekly(day) + (day > 60 ? shift : 0), seed);
    const strata = new Map<string, Parameters<typeof judgeSlowDrift>[0][number]>();
    for (const window of history) {
      const stratum = stratumOf(window.at, 'same weekday');
      const baseline = baselineAt(window.at, { compareWith: 'same weekday', training: undefined, history });
      if (!baseline || !isSettled(window.at, { compareWith: 'same weekday', history })) continue;
      const { slow } = strata.get(stratum) ?? { slow: startSlowDrift() };
      strata.set(stratum, { slow: addWindow(slow, baseline, window), baseline });
    }
    return judgeSlowDrift([...strata.values()]).isDrift;
  };
  assert.deepEqual(
    [1, 2, 3, 4].map((seed) => judged(0, seed)),
    [false, false, false, false],
  );
  assert.deepEqual(
    [1, 2, 3, 4].map((seed) => judged(0.3, seed)),
    [true, true, true, true],
  );
});
