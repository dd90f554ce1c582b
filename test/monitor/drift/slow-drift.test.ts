import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Baseline } from '../../../src/monitor/drift/baseline.ts';
import { addWindow, judgeSlowDrift, type SlowDrift, startSlowDrift } from '../../../src/monitor/drift/slow-drift.ts';
import { drawLabels, drawTruth, drawWindow } from './draws.ts';
import { createRandom } from './random.ts';

const M = 1000;
const WINDOWS = 200;
/** Without the least effect, which keeps most of what little there is. */
const alone = { alpha: 0.05, leastEffect: 0 };

/** How many windows of `n` rows until an alarm; undefined when there is none. */
const alarmAt = (seed: number, n: number, shiftAt: (window: number) => number, windows = WINDOWS) => {
  const random = createRandom(seed);
  const truth = drawTruth(random, M);
  const baseline: Baseline = { name: 'drawn', rows: M, inputs: { distance: truth.baseline }, outputs: {} };
  let slow = startSlowDrift();
  for (let window = 1; window <= windows; window++) {
    const profile = drawWindow(random, truth, n, shiftAt(window));
    slow = addWindow(slow, baseline, { rows: n, inputs: { distance: profile }, outputs: {} });
    if (judgeSlowDrift([{ slow, baseline }], alone).isDrift) return window;
  }
  return undefined;
};

test('without drift at most 5 % of deployments ever raise an alarm in 200 windows', () => {
  for (const n of [100, 1000]) {
    const runs = 60;
    let alarms = 0;
    for (let run = 0; run < runs; run++) if (alarmAt(1000 * n + run, n, () => 0) !== undefined) alarms++;
    assert.ok(alarms / runs <= 0.05, `${n} rows: ${alarms / runs}`);
  }
});

test('without drift labels raise none either', () => {
  const runs = 40;
  let alarms = 0;
  for (let run = 0; run < runs; run++) {
    const random = createRandom(run);
    const { baseline: zone } = drawLabels(random, 30, M, 1);
    const baseline: Baseline = { name: 'drawn', rows: M, inputs: { zone }, outputs: {} };
    let slow = startSlowDrift();
    let most = 0;
    for (let window = 0; window < WINDOWS; window++) {
      const { profile } = drawLabels(random, 30, 2000, 300);
      slow = addWindow(slow, baseline, { rows: 300, inputs: { zone: profile }, outputs: {} });
      most = Math.max(most, judgeSlowDrift([{ slow, baseline }], alone).logE);
    }
    if (most >= -Math.log(alone.alpha)) alarms++;
  }
  assert.ok(alarms / runs <= 0.05, `${alarms / runs}`);
});

test('drift too small for any window alone is found in some windows', () => {
  const delays = Array.from({ length: 20 }, (_, run) => alarmAt(run, 1000, (window) => (window > 20 ? 0.15 : 0), 60));
  const found = delays.filter((delay) => delay !== undefined && delay > 20 && delay <= 40);
  assert.ok(found.length >= 18, `${delays}`);
});

test('it goes on from what was stored with the same value, and names the field', () => {
  const random = createRandom(3);
  const [distance, fare] = [drawTruth(random, M), drawTruth(random, M)];
  const { baseline: zone } = drawLabels(random, 30, M, M);
  const baseline: Baseline = {
    name: 'drawn',
    rows: M,
    inputs: { distance: distance.baseline, zone },
    outputs: { fare: fare.baseline },
  };
  let [kept, stored] = [startSlowDrift(), startSlowDrift()];
  for (let window = 0; window < 15; window++) {
    const inputs = { distance: drawWindow(random, distance, 500, 0.3), zone: drawLabels(random, 30, M, 500).profile };
    const next = { rows: 500, inputs, outputs: { fare: drawWindow(random, fare, 500) } };
    kept = addWindow(kept, baseline, next);
    stored = addWindow(JSON.parse(JSON.stringify(stored)) as SlowDrift, baseline, next);
  }
  assert.deepEqual(stored, kept);
  const judged = judgeSlowDrift([{ slow: kept, baseline }]);
  assert.deepEqual([judged.isDrift, judged.field, judged.is], [true, 'distance', 'input']);
  assert.ok(judged.effect > 0.2 && judged.effect < 0.4, `${judged.effect}`);
});

test('nothing was gathered before the first window', () => {
  assert.equal(judgeSlowDrift([]).isDrift, false);
  const baseline: Baseline = { name: 'none', rows: 0, inputs: {}, outputs: {} };
  assert.equal(
    judgeSlowDrift([{ slow: addWindow(startSlowDrift(), baseline, { rows: 5, inputs: {}, outputs: {} }), baseline }])
      .logE,
    0,
  );
});
