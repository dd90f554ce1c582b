import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { judgeRollout } from '../../../src/serving/rollouts/judge.ts';
import type { MeasuredArms, Measures } from '../../../src/serving/rollouts/measures.ts';
import { followsResults, nextShare, shareOf } from '../../../src/serving/rollouts/next-share.ts';
import {
  NO_COUNTS,
  type Rollout,
  type StepFigures,
  type VariantCounts,
} from '../../../src/serving/rollouts/rollout.ts';
import { parseSteps } from '../../../src/serving/rollouts/steps.ts';
import { createRandom, type Random } from '../../monitor/drift/random.ts';
import { samplePlan } from './samples.ts';

const NOW = new Date('2026-11-20T10:30:00.000Z');
const ERROR = { metric: 'absolute_error(minutes)', tolerance: 0.2 };
const FLOOR = 0.1;
const rollout: Rollout = {
  ...samplePlan({ steps: parseSteps('shadow 100 rows, 50 % 100000000 rows, 100 %', 'USAGE') }),
  ...{ id: 'r-1', status: 'running', turn: 0, step: 1, stepSince: NOW.toISOString(), startedAt: NOW.toISOString() },
  ...{ policy: 'thompson', floor: FLOOR },
};
const NOTHING: StepFigures = { stable: NO_COUNTS, candidate: NO_COUNTS, bets: undefined };

const added = (counts: VariantCounts, calls: number, errors: number): VariantCounts => ({
  ...counts,
  ...{ rows: counts.rows + calls, calls: counts.calls + calls, timed: counts.timed + calls },
  ...{ errors: counts.errors + errors, failed: counts.failed + errors },
});

/** Shares of the candidate, look by look of 100 calls, where both fail as often as that. */
const simulate = (random: Random, rates: { readonly stable: number; readonly candidate: number }, looks: number) => {
  let [own, figures] = [rollout, NOTHING];
  const shares: number[] = [];
  let isBack = false;
  for (let look = 0; look < looks && !isBack; look++) {
    const calls = random.binomial(100, shareOf(own));
    figures = {
      ...figures,
      stable: added(figures.stable, 100 - calls, random.binomial(100 - calls, rates.stable)),
      candidate: added(figures.candidate, calls, random.binomial(calls, rates.candidate)),
    };
    const counts = [NOTHING, figures];
    isBack = judgeRollout(own, counts, NOW).next === 'roll back';
    own = { ...own, share: nextShare(own, counts, {}) ?? shareOf(own) };
    shares.push(shareOf(own));
  }
  return { shares, figures, isBack };
};

describe('shares that follow results', () => {
  it('go to the version that fails less, and leave the other its floor', () => {
    for (const [rates, isCandidate] of [
      [{ stable: 0.05, candidate: 0.02 }, true],
      [{ stable: 0.02, candidate: 0.03 }, false],
    ] as const) {
      const random = createRandom(3);
      const runs = Array.from({ length: 20 }, () => simulate(random, rates, 200));
      for (const { shares } of runs) {
        assert.ok(shares.every((share) => share >= FLOOR - 1e-9 && share <= 1 - FLOOR + 1e-9));
      }
      const ended = runs.map(({ shares }) => (isCandidate ? (shares.at(-1) ?? 0) : 1 - (shares.at(-1) ?? 0)));
      const right = ended.filter((share) => share > 0.8).length;
      assert.ok(right >= 18, `${right} of 20: ${ended.join(', ')}`);
    }
  });

  it('take back without reason at most 5 in 100 in 600 looks, though they move', () => {
    const random = createRandom(8);
    const runs = Array.from({ length: 100 }, () => simulate(random, { stable: 0.02, candidate: 0.02 }, 600));
    const back = runs.filter(({ isBack }) => isBack).length;
    assert.ok(back <= 5, `${back} of 100`);
  });

  it('follow the first metric of its own, where there is one', () => {
    const arms = (stable: number, candidate: number): MeasuredArms => ({
      stable: { weight: 500, mean: stable, squares: 500 },
      candidate: { weight: 500, mean: candidate, squares: 500 },
    });
    const measured = (one: MeasuredArms): Measures => {
      const none = { weight: 0, mean: 0, squares: 0 };
      const pairs = { stable: none, candidate: none, apart: none, bets: undefined };
      return { [ERROR.metric]: { steps: { 1: one }, pairs } };
    };
    const own = { ...rollout, compare: [ERROR] };
    assert.equal(nextShare(own, [NOTHING, NOTHING], measured(arms(3, 2))), 1 - FLOOR);
    assert.equal(nextShare(own, [NOTHING, NOTHING], measured(arms(2, 3))), FLOOR);
    assert.equal(nextShare(own, [NOTHING, NOTHING], {}), undefined);
    assert.equal(nextShare({ ...own, share: 1 - FLOOR }, [NOTHING, NOTHING], measured(arms(3, 2))), undefined);
  });

  it('do so neither in the shadow, nor at the end, nor during a pause, nor unless it was said', () => {
    assert.ok(followsResults(rollout));
    for (const more of [{ step: 0 }, { step: 2 }, { policy: undefined }])
      assert.ok(!followsResults({ ...rollout, ...more }));
    const figures = { ...NOTHING, stable: added(NO_COUNTS, 500, 100), candidate: added(NO_COUNTS, 500, 0) };
    assert.ok((nextShare(rollout, [NOTHING, figures], {}) ?? 0) > 0.8);
    assert.equal(nextShare({ ...rollout, status: 'paused' }, [NOTHING, figures], {}), undefined);
  });
});
