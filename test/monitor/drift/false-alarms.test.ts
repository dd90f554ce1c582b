/** What the rule promises, on windows that are drawn: at the 5 % setting at most 6 % of windows without drift raise an alarm. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Budget } from '../../../src/monitor/drift/budget.ts';
import { judgeWindow } from '../../../src/monitor/drift/judgement.ts';
import { type Drawn, drawLabels, drawTruth, drawWindow } from './draws.ts';
import { createRandom, type Random } from './random.ts';

const MOST_FALSE = 0.06;
/** Fields that are drawn for each number of rows. */
const FIELDS = 40_000;
/** Windows of one field that are judged of them. */
const MOST_WINDOWS = 2000;
/** At the 5 % setting; windows of any number of rows are judged. */
const budget: Budget = { alpha: 0.05, leastRows: 1 };

const judged = (drawn: readonly Drawn[], m: number, n: number) => {
  const named = (side: 'baseline' | 'profile') =>
    Object.fromEntries(drawn.map((one, at) => [`field ${at}`, one[side]])) as never;
  const baseline = { name: 'drawn', rows: m, inputs: named('baseline'), outputs: {} };
  return judgeWindow(baseline, { rows: n, inputs: named('profile'), outputs: {} }, budget);
};

const drawNumber = (random: Random, m: number, n: number, shift = 0): Drawn => {
  const truth = drawTruth(random, m, 0.02);
  return { baseline: truth.baseline, profile: drawWindow(random, truth, n, shift) };
};

/** How many windows of so many fields a pool has. */
const windowsOf = (pool: readonly Drawn[], fields: number): number =>
  Math.min(MOST_WINDOWS, Math.floor(pool.length / fields));

/** A share of so many windows that is above 6 % by more than chance: three standard errors. */
const surelyMore = (windows: number): number => MOST_FALSE + 3 * Math.sqrt((MOST_FALSE * (1 - MOST_FALSE)) / windows);

/** The share of windows of so many fields that raise an alarm. */
const alarmsOf = (pool: readonly Drawn[], fields: number, m: number, n: number): number => {
  const windows = windowsOf(pool, fields);
  let alarms = 0;
  for (let window = 0; window < windows; window++) {
    const drawn = pool.slice(window * fields, (window + 1) * fields);
    if (judged(drawn, m, n).state === 'drift') alarms++;
  }
  return alarms / windows;
};

test('of windows without drift at most 6 % raise an alarm, of 1, 20 and 200 fields, and surely more of no number of rows', () => {
  const random = createRandom(2);
  const shares = new Map([1, 20, 200].map((fields): [number, number[]] => [fields, []]));
  for (const m of [1000, 10_000]) {
    for (const n of [100, 1000, 10_000, 100_000]) {
      const pool = Array.from({ length: FIELDS }, () => drawNumber(random, m, n));
      for (const [fields, found] of shares) {
        const share = alarmsOf(pool, fields, m, n);
        assert.ok(share <= surelyMore(windowsOf(pool, fields)), `${fields} fields, ${n} rows beside ${m}: ${share}`);
        found.push(share);
      }
    }
  }
  for (const [fields, found] of shares) {
    const mean = found.reduce((sum, one) => sum + one, 0) / found.length;
    assert.ok(mean <= MOST_FALSE, `${fields} fields: ${found}`);
  }
});

test('of windows of labels at most 6 % raise an alarm, however many labels there are', () => {
  const random = createRandom(7);
  for (const labels of [5, 30, 2000]) {
    let [alarms, windows] = [0, 0];
    for (const m of [1000, 10_000]) {
      for (const n of [100, 1000, 10_000, 100_000]) {
        for (let window = 0; window < (labels > 100 ? 25 : 150); window++) {
          windows++;
          if (judged([drawLabels(random, labels, m, n)], m, n).state === 'drift') alarms++;
        }
      }
    }
    assert.ok(alarms / windows <= MOST_FALSE, `${labels} labels: ${alarms / windows}`);
  }
});

test('a shift of 0.3 sd in one of 20 fields is found in 1000 rows, 95 times in 100', () => {
  const random = createRandom(20);
  for (const m of [1000, 10_000]) {
    let found = 0;
    const windows = 300;
    for (let window = 0; window < windows; window++) {
      const drawn = Array.from({ length: 20 }, (_, at) => drawNumber(random, m, 1000, at === 3 ? 0.3 : 0));
      const { fields } = judged(drawn, m, 1000);
      if (fields.find(({ field }) => field === 'field 3')?.state === 'drift') found++;
    }
    assert.ok(found / windows >= 0.95, `${m} rows of reference: ${found / windows}`);
  }
});

test('a shift that is not worth it raises no alarm, however many rows show it', () => {
  const random = createRandom(5);
  for (let window = 0; window < 200; window++) {
    const drawn = [drawNumber(random, 10_000, 100_000, 0.05)];
    assert.equal(judged(drawn, 10_000, 100_000).state, 'steady');
  }
});
