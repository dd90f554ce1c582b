import assert from 'node:assert/strict';
import { test } from 'node:test';
import { outcomeOf } from '../../../src/monitor/comparison/outcome.ts';
import { logMismatch, mismatchOf } from '../../../src/monitor/comparison/sample-ratio.ts';
import { thompsonShare } from '../../../src/monitor/comparison/thompson.ts';
import { BUCKETS, bucketOf } from '../../../src/serving/bucket.ts';
import { createRandom } from '../drift/random.ts';
import { near, oracles } from '../oracles.ts';

test('a unit falls into the bucket that any machine gives it', () => {
  type Input = { readonly salt: string; readonly unit: string };
  for (const { input, expected } of oracles<Input, { readonly bucket: number }>('assign_sha256')) {
    assert.equal(bucketOf(input.salt, input.unit), expected.bucket, `${input.salt}.${input.unit}`);
  }
});

test('buckets are filled alike, and those of two salts have nothing to do with each other', () => {
  const units = 20_000;
  const counts = [0, 0, 0, 0];
  for (let unit = 0; unit < units; unit++) {
    const halves = ['one', 'two'].map((salt) => Number(bucketOf(salt, `unit-${unit}`) < BUCKETS / 2));
    counts[2 * halves[0] + halves[1]]++;
  }
  for (const count of counts) assert.ok(Math.abs(count - units / 4) < 4 * Math.sqrt((units * 3) / 16), String(counts));
});

test('it tells whether arms have the shares that they should have', () => {
  type Input = { counts: number[]; weights: number[] };
  for (const { input, expected } of oracles<Input, number>('srm_sequential_log_e')) {
    near(logMismatch({ units: input.counts, shares: input.weights }), expected);
  }
});

test('a mismatch names the arm that is short', () => {
  assert.equal(mismatchOf({ units: [5030, 4870], shares: [0.5, 0.5] }), undefined);
  assert.equal(mismatchOf({ units: [0, 0], shares: [0.95, 0.05] }), undefined);
  assert.equal(mismatchOf({ units: [9600, 400], shares: [0.95, 0.05] })?.short, 1);
  assert.equal(mismatchOf({ units: [9400, 600], shares: [0.95, 0.05] })?.short, 0);
});

test('shares that are right are found wrong at most once in 1,000, however often one looks', () => {
  const random = createRandom(9);
  let found = 0;
  for (let run = 0; run < 300; run++) {
    const units = [0, 0];
    for (let look = 0; look < 200; look++) {
      const candidate = random.binomial(50, 0.05);
      units[0] += 50 - candidate;
      units[1] += candidate;
      if (mismatchOf({ units, shares: [0.95, 0.05] })) {
        found++;
        break;
      }
    }
  }
  assert.ok(found <= 1, `${found} of 300`);
});

test('a share follows results, waits for enough of them, and leaves each arm its floor', () => {
  const good = { weight: 1000, mean: 1, squares: 1000 };
  const bad = { ...good, mean: 2 };
  assert.equal(thompsonShare(good, { ...bad, weight: 99 }, { before: 0.25 }), 0.25);
  assert.equal(thompsonShare(good, good, { before: 0.25 }), 0.5);
  near(thompsonShare(good, bad, { before: 0.25 }), 0.05);
  near(thompsonShare(bad, good, { before: 0.25, floor: 0.1 }), 0.9);
  const same = { weight: 200, mean: 0, squares: 0 };
  assert.equal(thompsonShare(same, same, { before: 0.25 }), 0.5);
});

test('what is not known is never better', () => {
  assert.equal(outcomeOf(undefined), 'not enough data');
  assert.equal(outcomeOf([-1, 1], 0.5), 'not enough data');
  assert.equal(outcomeOf([-0.1, 0.1], 0.2), 'better');
  assert.equal(outcomeOf([0.3, 0.5], 0.2), 'worse');
  assert.equal(outcomeOf([0.1, 0.5], 0.2), 'not enough data');
  assert.equal(outcomeOf([Number.NaN, Number.NaN], 0.2), 'not enough data');
});
