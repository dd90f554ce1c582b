import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { bootstrap } from '../../../src/monitor/performance/bootstrap.ts';
import { betaQuantile, studentQuantile } from '../../../src/monitor/statistics/beta-quantile.ts';
import { clopperPearson, newcombe, proportion, wilson } from '../../../src/monitor/statistics/proportion.ts';
import { seeded } from '../../../src/monitor/statistics/random.ts';
import { oracles, same } from './figures.ts';

const NINE = 1e-9;

describe('intervals of shares', () => {
  test("of Wilson, Clopper and Pearson, and of Newcombe's difference are statsmodels'", () => {
    for (const [k, n, low, high] of oracles.wilson) {
      same(wilson(k, n)[0], low, `low of ${k}/${n}`, NINE);
      same(wilson(k, n)[1], high, `high of ${k}/${n}`, NINE);
    }
    for (const [k, n, low, high] of oracles.clopper_pearson) {
      same(clopperPearson(k, n)[0], low, `low of ${k}/${n}`, NINE);
      same(clopperPearson(k, n)[1], high, `high of ${k}/${n}`, NINE);
    }
    for (const [k1, n1, k2, n2, low, high] of oracles.newcombe) {
      const bounds = newcombe({ successes: k1, n: n1 }, { successes: k2, n: n2 });
      same(bounds[0], low, 'low', NINE);
      same(bounds[1], high, 'high', NINE);
    }
  });

  test('are exact for few rows, and where all or none succeed', () => {
    assert.equal(proportion(10, 39).method, 'Clopper-Pearson');
    assert.equal(proportion(0, 4000).method, 'Clopper-Pearson');
    assert.equal(proportion(4000, 4000).method, 'Clopper-Pearson');
    assert.deepEqual(proportion(10, 40), { method: 'Wilson', bounds: wilson(10, 40) });
  });

  test("quantiles of the beta distribution and of Student's t are SciPy's", () => {
    for (const [p, a, b, x] of oracles.beta) same(betaQuantile(p, a, b), x, `beta ${p} ${a} ${b}`, 1e-11);
    for (const [alpha, df, t] of oracles.student) same(studentQuantile(alpha, df), t, `t ${alpha} ${df}`, 1e-10);
    assert.deepEqual([betaQuantile(0, 2, 3), betaQuantile(1, 2, 3)], [0, 1]);
  });
});

/** Values around 10 with spread 2. */
const values = (rows: number, seed: number): Float64Array => {
  const random = seeded(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Float64Array.from({ length: rows }, () => 10 + 2 * normal());
};
const meanOf =
  (of: Float64Array) =>
  (weights: Float64Array): readonly number[] => {
    let [sum, all] = [0, 0];
    for (let at = 0; at < of.length; at++) {
      sum += weights[at] * of[at];
      all += weights[at];
    }
    return [sum / all, Number.NaN];
  };

describe('the bootstrap', () => {
  const rows = 400;
  const sample = values(rows, 3);

  test('is as wide as what is known of a mean, the same again, and none where there is no figure', () => {
    const [mean, none] = bootstrap({ rows, figures: meanOf(sample) });
    assert.ok(mean && none === undefined);
    const half = (1.96 * 2) / Math.sqrt(rows);
    assert.ok(Math.abs((mean.high - mean.low) / (2 * half) - 1) < 0.12, JSON.stringify(mean));
    assert.deepEqual(bootstrap({ rows, figures: meanOf(sample) })[0], mean);
    assert.notDeepEqual(bootstrap({ rows, figures: meanOf(sample), seed: 2 })[0], mean);
  });

  test('covers the true mean about 95 times in 100', () => {
    let covered = 0;
    for (let seed = 0; seed < 200; seed++) {
      const [mean] = bootstrap({ rows: 60, figures: meanOf(values(60, seed)), draws: 400, seed });
      if (mean && mean.low <= 10 && mean.high >= 10) covered++;
    }
    assert.ok(covered >= 180 && covered <= 199, `${covered} of 200`);
  });

  test('of a sample of all rows is as narrow as all rows make it, around their figure', () => {
    const [mean] = bootstrap({ rows, figures: meanOf(sample), allRows: 100 * rows, values: [10, Number.NaN] });
    const [whole] = bootstrap({ rows, figures: meanOf(sample) });
    assert.ok(mean && whole && Math.abs((mean.high - mean.low) / (whole.high - whole.low) - 0.1) < 1e-9);
    assert.ok(mean.low < 10 && mean.high > 10);
  });

  test('draws rows of one unit together, so that repeated rows make no interval narrower', () => {
    const twice = Float64Array.from({ length: 2 * rows }, (_, at) => sample[at >> 1]);
    const units = Uint32Array.from({ length: 2 * rows }, (_, at) => at >> 1);
    const [byUnit] = bootstrap({ rows: 2 * rows, units, figures: meanOf(twice) });
    const [byRow] = bootstrap({ rows: 2 * rows, figures: meanOf(twice) });
    const [once] = bootstrap({ rows, figures: meanOf(sample) });
    assert.ok(byUnit && byRow && once);
    same(byUnit.high - byUnit.low, once.high - once.low, 'width', 1e-9);
    assert.ok(byRow.high - byRow.low < 0.8 * (byUnit.high - byUnit.low));
  });
});
