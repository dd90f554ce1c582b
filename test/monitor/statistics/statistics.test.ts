/** Distributions, held against SciPy. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { betaBinomialTail } from '../../../src/monitor/statistics/beta-binomial.ts';
import { chiSquaredTail, noncentralChiSquaredTail, upperGamma } from '../../../src/monitor/statistics/chi-squared.ts';
import { fisherP } from '../../../src/monitor/statistics/hypergeometric.ts';
import { incompleteBeta, incompleteBetaTail } from '../../../src/monitor/statistics/incomplete-beta.ts';
import { lnBeta, lnChoose, lnGamma, lnRising } from '../../../src/monitor/statistics/ln-gamma.ts';
import { normalQuantile, normalTail } from '../../../src/monitor/statistics/normal.ts';
import { near, oracles } from '../oracles.ts';

test('lnΓ is that of factorials, of halves, and of large numbers', () => {
  let factorial = 0;
  for (let n = 1; n <= 170; n++) {
    assert.ok(Math.abs(lnGamma(n) - factorial) <= 4e-15 * (1 + factorial), `${n}`);
    factorial += Math.log(n);
  }
  near(lnGamma(0.5), Math.log(Math.PI) / 2, 'a half', 1e-14);
  // scipy.special.gammaln
  near(lnGamma(1e-3), 6.907178885383853, '0.001', 1e-14);
  near(lnGamma(1e6), 12815504.569147611, 'a million', 1e-14);
});

test('quotients of gamma functions keep their digits where both are large', () => {
  near(lnRising(1e12, 3), 3 * Math.log(1e12) + Math.log1p(1e-12) + Math.log1p(2e-12), 'rising', 1e-14);
  near(lnRising(0.5, 2), Math.log(0.75), 'halves', 1e-14);
  near(lnBeta(2, 1e9), -(Math.log(1e9) + Math.log(1e9 + 1)), 'beta', 1e-14);
  near(lnBeta(3, 4), Math.log(1 / 60), 'small', 1e-14);
  near(lnChoose(1_000_000, 2), Math.log(499_999_500_000), 'choose', 1e-13);
  assert.equal(lnChoose(7, 7), 0);
});

test('tails of chi-squared are those of SciPy', () => {
  for (const { input, expected } of oracles<{ x: number; df: number }[], number[]>('chi2_sf')) {
    input.forEach(({ x, df }, at) => {
      near(chiSquaredTail(x, df), expected[at], `${x}, ${df}`);
    });
  }
  for (const { input, expected } of oracles<{ x: number; df: number; nc: number }, number>('ncx2_sf_minimum_effect')) {
    near(noncentralChiSquaredTail(input.x, input.df, input.nc), expected);
    assert.equal(noncentralChiSquaredTail(input.x, input.df, 0), chiSquaredTail(input.x, input.df));
  }
  for (const { input, expected } of oracles<{ observed: number[] }, { chi2: number; p: number }>('srm_chi2')) {
    near(chiSquaredTail(expected.chi2, input.observed.length - 1), expected.p);
  }
  assert.equal(chiSquaredTail(0, 4), 1);
  assert.equal(chiSquaredTail(Infinity, 4), 0);
  near(upperGamma(1, 30), Math.exp(-30), 'exponential', 1e-13);
});

test('the doubled tail of Fisher is that of SciPy', () => {
  type Input = { x: number; n: number; y: number; m: number };
  for (const { input, expected } of oracles<Input, number>('missing_fisher_doubled')) near(fisherP(input), expected);
  assert.equal(fisherP({ x: 0, n: 100, y: 0, m: 100 }), 1);
  assert.equal(fisherP({ x: 100, n: 100, y: 100, m: 100 }), 1);
  assert.equal(fisherP({ x: 0, n: 0, y: 5, m: 100 }), 1);
});

test('tails of the beta-binomial are those of fractions, to which SciPy comes near', () => {
  type Outside = { outside: number; n: number; m: number };
  for (const { input, expected, exact } of oracles<Outside, number>('outside_range')) {
    const tail = betaBinomialTail(input.outside, input.n, 2, input.m - 1);
    near(tail, exact, `${input.outside}`, 1e-12);
    near(tail, expected, `${input.outside}`, 2e-8);
  }
  type Unseen = { unseen: number; n: number; m: number; singletons: number };
  for (const { input, expected, exact } of oracles<Unseen, number>('unseen_labels')) {
    const tail = betaBinomialTail(input.unseen, input.n, input.singletons + 1, input.m - input.singletons);
    near(tail, exact, `${input.unseen}`, 1e-12);
    near(tail, expected, `${input.unseen}`, 2e-8);
  }
  let all = 0;
  for (let k = 0; k <= 30; k++) all += betaBinomialTail(k, 30, 2.5, 7) - betaBinomialTail(k + 1, 30, 2.5, 7);
  near(all, 1, 'all', 1e-12);
});

test('both sides of the incomplete beta function belong together', () => {
  near(incompleteBeta(0.3, 1, 1), 0.3, 'even', 1e-14);
  near(incompleteBeta(0.2, 3, 5) + incompleteBetaTail(0.2, 3, 5), 1, 'both sides', 1e-14);
  assert.deepEqual([incompleteBeta(0, 2, 3), incompleteBeta(1, 2, 3)], [0, 1]);
});

test('tail and quantiles of the normal belong together', () => {
  near(normalTail(1.959963984540054), 0.025, '1.96', 1e-13);
  near(normalQuantile(0.025), 1.959963984540054, '2.5 %', 1e-13);
  for (const tail of [1e-200, 1e-12, 0.01, 0.3, 0.5, 0.9]) {
    near(normalTail(normalQuantile(tail)), tail, `${tail}`, 1e-11);
  }
});
