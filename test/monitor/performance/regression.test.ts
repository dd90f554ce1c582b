import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { meanInterval, mergeMoments, NO_MOMENTS, startMoments } from '../../../src/monitor/performance/moments.ts';
import {
  mergeRegression,
  pinball,
  pinballMetric,
  regressionMetrics,
  startRegression,
} from '../../../src/monitor/performance/regression.ts';
import { figure, oracles, same } from './figures.ts';

const { regression } = oracles;
const rows = regression.truth.map((truth, at) => [regression.predicted[at], truth] as const);
const tallyOf = (some: typeof rows) => {
  const counting = startRegression();
  for (const [predicted, truth] of some) counting.add(predicted, truth);
  return counting.tally();
};

describe('figures of predicted numbers', () => {
  for (const name of ['mae', 'rmse', 'bias', 'r2'] as const) {
    test(`${name} is scikit-learn's, also merged of parts`, () => {
      same(figure(regressionMetrics, name, tallyOf(rows)), regression[name]);
      const parts = mergeRegression(tallyOf(rows.slice(0, 37)), mergeRegression(tallyOf([]), tallyOf(rows.slice(37))));
      same(figure(regressionMetrics, name, parts), regression[name]);
    });
  }

  test("the quantile loss is scikit-learn's mean pinball loss", () => {
    const losses = startMoments();
    for (const [predicted, truth] of rows) losses.add(pinball(predicted, truth, 0.9));
    same(pinballMetric(0.9).of(losses.moments()), regression.pinball_90);
  });

  test("the interval of MAE is Student's", () => {
    const interval = regressionMetrics[0].interval?.(tallyOf(rows));
    same(interval?.low ?? 0, regression.mae_interval[0]);
    same(interval?.high ?? 0, regression.mae_interval[1]);
    assert.equal(interval?.method, 't');
  });

  test('a row of weight 2 is two rows, one of weight 0 is none', () => {
    const weighted = startRegression();
    rows.forEach(([predicted, truth], at) => {
      weighted.add(predicted, truth, at % 3);
    });
    const repeated = tallyOf(rows.flatMap((row, at) => new Array<typeof row>(at % 3).fill(row)));
    for (const { name, of } of regressionMetrics) same(of(weighted.tally()), of(repeated), name);
  });

  test('without rows there are none, and one row has no interval', () => {
    for (const { of } of regressionMetrics) assert.ok(Number.isNaN(of(tallyOf([]))));
    assert.equal(meanInterval(tallyOf(rows.slice(0, 1)).absolute), undefined);
    assert.equal(mergeMoments(NO_MOMENTS, NO_MOMENTS), NO_MOMENTS);
  });
});
