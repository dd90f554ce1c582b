/** Figures and intervals beside those of scikit-learn, NannyML and statsmodels. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { calibrationOf, eceOf } from '../../../src/monitor/performance/calibration.ts';
import { brierOf, logLossOf } from '../../../src/monitor/performance/probabilities.ts';
import { aucOf } from '../../../src/monitor/performance/ranking.ts';
import { startScores } from '../../../src/monitor/performance/scores.ts';
import { type Bounds, clopperPearson, newcombe, wilson } from '../../../src/monitor/statistics/proportion.ts';
import { near, oracles } from '../oracles.ts';

interface Scored {
  readonly p: readonly number[];
  readonly y: readonly number[];
}

const scoresOf = ({ p, y }: Scored) => {
  const counting = startScores();
  p.forEach((score, at) => {
    counting.add(score, y[at] === 1);
  });
  return counting.tally();
};
const meanOf = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0) / values.length;

test('Brier score, log loss and the area under the ROC curve are those of scikit-learn', () => {
  interface Expected {
    readonly brier: number;
    readonly log_loss: number;
    readonly roc_auc: number;
  }
  for (const { input, expected } of oracles<Scored, Expected>('brier_logloss_auc_ap')) {
    const { p, y } = input;
    near(meanOf(p.map((one, at) => brierOf([1 - one, one], y[at]))), expected.brier, 'brier');
    near(meanOf(p.map((one, at) => logLossOf(y[at] === 1 ? one : 1 - one))), expected.log_loss, 'log loss');
    near(aucOf(scoresOf(input)), expected.roc_auc, 'auc');
  }
});

test('the calibration error in ten bins of equal count is that of NannyML', () => {
  for (const { input, expected } of oracles<Scored & { readonly bins: number }, number>('ece_10_equal_count_bins')) {
    near(eceOf(calibrationOf(scoresOf(input), input.bins)), expected);
  }
});

test('intervals of shares and of their differences are those of statsmodels', () => {
  const bounds = ([low, high]: Bounds, expected: Bounds, what: string): void => {
    near(low, expected[0], `${what}, low`);
    near(high, expected[1], `${what}, high`);
  };
  interface Input {
    readonly successes: number;
    readonly n: number;
    readonly alpha: number;
  }
  for (const [name, interval] of [
    ['proportion_ci_wilson', wilson],
    ['proportion_ci_clopper_pearson', clopperPearson],
  ] as const) {
    const cases = oracles<Input, Bounds>(name);
    assert.equal(cases.length, 4);
    for (const { input, expected } of cases) bounds(interval(input.successes, input.n, input.alpha), expected, name);
  }
  type Two = Readonly<Record<'k1' | 'n1' | 'k2' | 'n2' | 'alpha', number>>;
  for (const { input, expected } of oracles<Two, Bounds>('difference_of_proportions_newcombe')) {
    const { k1, n1, k2, n2, alpha } = input;
    bounds(newcombe({ successes: k1, n: n1 }, { successes: k2, n: n2 }, alpha), expected, 'newcombe');
  }
});
