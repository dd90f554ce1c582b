import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  boundsOfDifference,
  boundsOfMeanDifference,
  boundsOfRelativeDifference,
} from '../../../src/monitor/comparison/mean-difference.ts';
import { startMoments, type WeightedMoments } from '../../../src/monitor/performance/moments.ts';
import { createRandom } from '../drift/random.ts';
import { near, oracles } from '../oracles.ts';

interface Sums {
  readonly n: number;
  readonly sum: number;
  readonly sum_squares?: number;
}

/** gbstats takes the variance of a proportion with n in its divisor. */
const momentsOf = ({ n, sum, sum_squares }: Sums): WeightedMoments => {
  const mean = sum / n;
  const squares = sum_squares === undefined ? (mean * (1 - mean) * n * (n - 1)) / n : sum_squares - sum * mean;
  return { weight: n, mean, squares };
};

type Input = { readonly a: Sums; readonly b: Sums; readonly tuning: number; readonly alpha: number };
type Expected = { readonly ci: readonly [number, number] };

const KINDS = [
  ['absolute', boundsOfDifference],
  ['relative', boundsOfRelativeDifference],
] as const;

test('bounds of the difference of two means are those of gbstats', () => {
  for (const [kind, bounds] of KINDS) {
    for (const what of ['mean', 'proportion']) {
      for (const { input, expected } of oracles<Input, Expected>(`sequential_two_sided_${what}_${kind}`)) {
        const got = bounds(momentsOf(input.a), momentsOf(input.b), { alpha: input.alpha, tightestAt: input.tuning });
        assert.ok(got);
        near(got[0], expected.ci[0], `${what} ${kind} low`);
        near(got[1], expected.ci[1], `${what} ${kind} high`);
      }
    }
  }
});

test('too few rows, and nothing to be relative to, have no bounds', () => {
  const few = { weight: 99, mean: 1, squares: 99 };
  const many = { weight: 1000, mean: 0, squares: 1000 };
  assert.equal(boundsOfDifference(few, many), undefined);
  assert.equal(boundsOfDifference(many, few), undefined);
  assert.equal(boundsOfMeanDifference(few), undefined);
  assert.equal(boundsOfRelativeDifference(many, many), undefined);
});

test('a part of a negative mean has the sign of the difference', () => {
  const stable = { weight: 1000, mean: -10, squares: 1000 };
  const bounds = boundsOfRelativeDifference(stable, { ...stable, mean: -5 });
  assert.ok(bounds !== undefined && bounds[0] > 0.4 && bounds[1] < 0.6, String(bounds));
});

const LAWS: readonly [string, number, (random: ReturnType<typeof createRandom>) => number][] = [
  ['normal', 0, (random) => random.normal()],
  ['log-normal', Math.exp(0.5), (random) => Math.exp(random.normal())],
  ['rare', 0.05, (random) => Number(random.uniform() < 0.05)],
];

test('looked at every tenth row, the true difference stays inside at least 95 times in 100', () => {
  const [sequences, rows] = [400, 2000];
  for (const [law, mean, draw] of LAWS) {
    const random = createRandom(3);
    let [paired, arms] = [0, 0];
    for (let sequence = 0; sequence < sequences; sequence++) {
      const [stable, candidate] = [startMoments(), startMoments()];
      let [isPairedOut, isArmsOut] = [false, false];
      for (let row = 1; row <= rows; row++) {
        stable.add(draw(random));
        candidate.add(draw(random));
        if (row % 10 > 0) continue;
        const one = boundsOfMeanDifference(candidate.moments());
        const two = boundsOfDifference(stable.moments(), candidate.moments());
        isPairedOut ||= one !== undefined && (mean < one[0] || mean > one[1]);
        isArmsOut ||= two !== undefined && (two[0] > 0 || two[1] < 0);
      }
      paired += Number(isPairedOut);
      arms += Number(isArmsOut);
    }
    assert.ok(paired / sequences <= 0.05, `${law}: a mean outside in ${paired} of ${sequences}`);
    assert.ok(arms / sequences <= 0.05, `${law}: a difference outside in ${arms} of ${sequences}`);
  }
});
