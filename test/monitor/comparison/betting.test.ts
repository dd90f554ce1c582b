import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  addDifferences,
  addValues,
  type Bets,
  boundsOfMean,
  boundsOfPairs,
  startBets,
} from '../../../src/monitor/comparison/betting.ts';
import { createRandom } from '../drift/random.ts';
import { oracles } from '../oracles.ts';

interface Sequence {
  readonly x: readonly number[];
  readonly alpha: number;
  readonly at: readonly number[];
}

/** confseq searches a grid of 1000 means, and takes one back that was excluded before; here it stays away. */
const [GRID_STEP, TAKEN_BACK] = [2e-3, 0.02];

test('bounds of values of 0 and 1, and of any between, are those of confseq, or narrower by what was excluded before', () => {
  for (const name of ['betting_cs_binary', 'betting_cs_bounded']) {
    for (const { input, expected } of oracles<Sequence, readonly [number, number][]>(name)) {
      for (const [at, rows] of input.at.entries()) {
        const [low, high] = boundsOfMean(addValues(startBets(input.alpha), input.x.slice(0, rows)));
        const narrower = [low - expected[at][0], expected[at][1] - high];
        for (const by of narrower) assert.ok(by >= -GRID_STEP && by <= TAKEN_BACK, `${name} ${rows}: ${low}, ${high}`);
      }
    }
  }
});

test('what bets against a mean make of 1 is what confseq says', () => {
  const [{ input, expected }] = oracles<Sequence & { m: number }, readonly number[]>('betting_mart_bounded');
  let held = 0;
  for (const [at, rows] of input.at.entries()) {
    const bets = addValues(startBets(), input.x.slice(0, rows));
    const index = Math.round(input.m * 1000) - bets.from;
    if (index < 0) {
      assert.ok(expected[at] >= 1 / bets.alpha, 'only a mean that is excluded is not kept');
      continue;
    }
    const capital = Math.max(Math.exp(bets.above[index]), Math.exp(bets.below[index])) / 2;
    assert.ok(Math.abs(capital / expected[at] - 1) <= 1e-9, `${rows}: ${capital}, not ${expected[at]}`);
    held++;
  }
  assert.ok(held >= 2);
});

test('before the first value every mean is possible', () => {
  assert.deepEqual(boundsOfMean(startBets()), [0, 1]);
  assert.deepEqual(boundsOfPairs(startBets()), [-1, 1]);
});

test('bets that were stored go on with the same values, in whatever parts these come', () => {
  const random = createRandom(5);
  const values = Array.from({ length: 300 }, () => random.uniform() ** 2);
  const whole = addValues(startBets(), values);
  let parts = startBets();
  for (let at = 0; at < values.length; at += 7) {
    parts = addValues(JSON.parse(JSON.stringify(parts)) as Bets, values.slice(at, at + 7));
  }
  assert.deepEqual(parts, whole);
  assert.ok(whole.above.length < 300, 'means that are no longer possible are not kept');
});

test('a mean at the end of the range is found, and the bounds never turn over', () => {
  const ones = boundsOfMean(addValues(startBets(), new Array<number>(500).fill(1)));
  assert.ok(ones[0] > 0.97 && ones[1] === 1, String(ones));
  const pairs = boundsOfPairs(addDifferences(startBets(), new Array<number>(500).fill(-1)));
  assert.ok(pairs[0] === -1 && pairs[1] < -0.94, String(pairs));
  const turned = [...new Array<number>(500).fill(1), ...new Array<number>(5000).fill(0)];
  const [low, high] = boundsOfMean(addValues(startBets(), turned));
  assert.ok(low < high, 'values whose mean changes keep one possible mean');
});

test('the true mean stays inside at all looks at least 95 times in 100', () => {
  const laws: readonly [string, number, (u: number) => number][] = [
    ['rare errors', 0.02, (u) => Number(u < 0.02)],
    ['a coin', 0.5, (u) => Number(u < 0.5)],
    ['spread', 1 / 3, (u) => u * u],
  ];
  const sequences = 300;
  for (const [law, mean, draw] of laws) {
    const random = createRandom(1);
    let outside = 0;
    for (let sequence = 0; sequence < sequences; sequence++) {
      const values = Array.from({ length: 200 }, () => draw(random.uniform()));
      // Means that are not possible any more never come back: the last look is the narrowest of all.
      const [low, high] = boundsOfMean(addValues(startBets(), values));
      if (mean < low || mean > high) outside++;
    }
    assert.ok(outside / sequences <= 0.05, `${law}: outside in ${outside} of ${sequences}`);
  }
});
