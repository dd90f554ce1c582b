import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { enoughCoverage } from '../../../src/monitor/performance/coverage.ts';
import { lossOf, mergeLosses, type PredictionLoss, worseP } from '../../../src/monitor/performance/loss.ts';
import { startRegression } from '../../../src/monitor/performance/regression.ts';
import { newcombe } from '../../../src/monitor/statistics/proportion.ts';
import { studentTail } from '../../../src/monitor/statistics/student.ts';
import { createRandom, type Random } from '../drift/random.ts';
import { near } from '../oracles.ts';

/** Skewed as errors of durations are: most are small, some are large. */
const misses = (random: Random, rows: number, scale = 1): PredictionLoss => {
  const errors = startRegression();
  for (let row = 0; row < rows; row++) errors.add(scale * random.gamma(1.5) * (random.uniform() < 0.5 ? 1 : -1), 0);
  const { absolute, squared } = errors.tally();
  const found = lossOf(
    [
      { name: 'mae', value: absolute.mean },
      { name: 'rmse', value: Math.sqrt(squared.mean) },
    ],
    rows,
  );
  assert.ok(found);
  return found;
};
const wrong = (random: Random, rows: number, share: number): PredictionLoss => {
  const found = lossOf([{ name: 'accuracy', value: 1 - random.binomial(rows, share) / rows }], rows);
  assert.ok(found);
  return found;
};
const shareOf = (runs: number, isAlarm: () => boolean): number =>
  Array.from({ length: runs }, isAlarm).filter(Boolean).length / runs;

describe('losses', () => {
  it('have the spread that MAE and RMSE, or accuracy, tell', () => {
    const figures = [
      { name: 'mae', value: 2 },
      { name: 'rmse', value: Math.sqrt(5) },
    ];
    const loss = lossOf(figures, 100);
    near(loss?.squares ?? 0, 100);
    const both = mergeLosses([loss, loss].flatMap((one) => one ?? []));
    assert.deepEqual([both?.weight, both?.mean, both?.name], [200, 2, 'mae']);
    near(lossOf([{ name: 'accuracy', value: 0.9 }], 100)?.squares ?? 0, 9);
    assert.equal(lossOf([{ name: 'auc', value: 0.9 }], 100), undefined);
    assert.equal(mergeLosses([]), undefined);
  });

  it('have the p of Student’s t', () => {
    // scipy.stats.t.sf
    near(studentTail(2, 10), 0.03669401738537018);
    near(studentTail(-2, 10), 0.9633059826146299);
    near(studentTail(9, 30), 2.5074159580739443e-10);
  });

  it('of labels are worse by that p at which Newcombe’s interval ends at what is tolerated', () => {
    const [now, usual] = [wrong(createRandom(1), 400, 0.3), wrong(createRandom(2), 3000, 0.2)];
    const p = worseP(now, usual, 0.1);
    const share = ({ mean, weight }: PredictionLoss) => ({ successes: mean * weight, n: weight });
    near(newcombe(share(now), share(usual), 2 * p)[0], 0.1 * usual.mean, '', 1e-6);
  });

  it('that have not become worse raise an alarm in at most 6 of 100 windows at the 5 % setting, also by what is just tolerated', () => {
    const random = createRandom(3);
    for (const [rows, before] of [
      [200, 1000],
      [1000, 1000],
      [1000, 3000],
      [200, 200],
    ]) {
      const numbers = shareOf(400, () => worseP(misses(random, rows), misses(random, before), 0) <= 0.05);
      const labels = shareOf(400, () => worseP(wrong(random, rows, 0.22), wrong(random, before, 0.2), 0.1) <= 0.05);
      // Three standard errors of 400 windows beside the 6 %.
      assert.ok(numbers <= 0.06 + 0.0356, `numbers, ${rows} beside ${before}: ${numbers}`);
      assert.ok(labels <= 0.06 + 0.0356, `labels, ${rows} beside ${before}: ${labels}`);
    }
  });

  it('that are half as much again are found in 1,000 labels nearly always', () => {
    const random = createRandom(4);
    const alpha = 0.0027;
    assert.ok(shareOf(100, () => worseP(misses(random, 1000, 1.5), misses(random, 5000)) <= alpha) >= 0.95);
    assert.ok(shareOf(100, () => worseP(wrong(random, 1000, 0.3), wrong(random, 5000, 0.2)) <= alpha) >= 0.95);
  });
});

describe('the labels of a window', () => {
  const DAY_MS = 86_400_000;
  const now = 100 * DAY_MS;
  const window = (coverage: number, days: number) => ({ coverage, labelledAt: now - days * DAY_MS });

  it('are there when it has 0.8 times the share that windows usually have in the end', () => {
    const windows = [window(0.5, 9), window(0.6, 8), window(0.7, 7), window(0.1, 0)];
    near(enoughCoverage(windows, { now, windowMs: DAY_MS }) ?? 0, 0.48);
  });

  it('are not there while those of no window have come to an end', () => {
    assert.equal(enoughCoverage([], { now, windowMs: DAY_MS }), undefined);
    assert.equal(enoughCoverage([window(0, 9), window(0.6, 0.5)], { now, windowMs: DAY_MS }), undefined);
  });
});
