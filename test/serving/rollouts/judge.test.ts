import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { addValues, startBets } from '../../../src/monitor/comparison/betting.ts';
import { judgeRollout } from '../../../src/serving/rollouts/judge.ts';
import {
  NO_COUNTS,
  type Rollout,
  type StepFigures,
  type VariantCounts,
} from '../../../src/serving/rollouts/rollout.ts';
import { samplePlan } from './samples.ts';

const NOW = new Date('2026-11-20T10:30:00.000Z');
const at = NOW.toISOString();
/** Of shadow, 5 % and 100 %. */
const rolloutAt = (step: number, more: Partial<Rollout> = {}): Rollout => ({
  ...samplePlan(),
  id: 'r-1',
  status: 'running',
  turn: 0,
  step,
  stepSince: at,
  startedAt: at,
  ...more,
});

/** So many calls of one row each, each of another unit. */
const calls = (count: number, more: Partial<VariantCounts> = {}): VariantCounts => ({
  ...NO_COUNTS,
  rows: count,
  calls: count,
  units: count,
  timed: count,
  ...more,
});
const figures = (stable: VariantCounts, candidate: VariantCounts, pairs?: readonly number[]): StepFigures => ({
  stable,
  candidate,
  bets:
    pairs &&
    addValues(
      startBets(),
      pairs.map((difference) => (difference + 1) / 2),
    ),
});
const NOTHING = figures(NO_COUNTS, NO_COUNTS);
const judge = (step: number, own: StepFigures, more: Partial<Rollout> = {}) => {
  const before = Array.from({ length: step }, () => figures(calls(20_000), calls(1000)));
  return judgeRollout(rolloutAt(step, more), [...before, own], NOW);
};
const slow = (part: number, count: number) => ({ slow: Math.round(part * count) });

describe('the judgement of a rollout', () => {
  it('is no success without traffic, however often one looks', () => {
    for (const step of [0, 1, 2]) {
      const { next, why } = judge(step, NOTHING);
      assert.equal(next, 'stay');
      assert.match(why, /0 of \d+ rows have come/);
    }
    assert.equal(judgeRollout(rolloutAt(0), [], NOW).next, 'stay');
  });

  it('goes on when the rows have come and it is not worse', () => {
    const five = figures(calls(19_000, slow(0.05, 19_000)), calls(1000, slow(0.05, 1000)));
    const { next, verdicts } = judge(1, five);
    assert.equal(next, 'advance');
    assert.deepEqual(
      verdicts.map(({ about, outcome }) => [about, outcome]),
      [
        ['failed', 'better'],
        ['slow', 'better'],
      ],
    );
    assert.equal(judge(2, figures(NO_COUNTS, calls(500))).next, 'promote');
    assert.equal(judge(1, five, { status: 'paused' }).next, 'stay');
  });

  it('stays when the rows have come and say nothing yet', () => {
    const bad = (count: number) => calls(count, { failed: count / 20, errors: count / 20 });
    const { next, why, verdicts } = judge(1, figures(bad(9500), bad(500)));
    assert.equal(next, 'stay');
    assert.match(why, /failed calls/);
    assert.equal(verdicts[0].outcome, 'not enough data');
  });

  for (const kind of ['errors', 'refusals', 'missing', 'slow'] as const) {
    it(`takes a candidate back that has too many ${kind}, during a pause too`, () => {
      const bad = figures(calls(9500, { [kind]: 95 }), calls(500, { [kind]: 60 }));
      for (const status of ['running', 'paused'] as const) {
        const { next, why, verdicts } = judge(1, bad, { status });
        assert.equal(next, 'roll back');
        assert.match(why, /60 of 500 calls/);
        assert.equal(verdicts[0].about, kind);
        assert.equal(verdicts[0].outcome, 'worse');
      }
    });
  }

  it('takes a candidate back that begins with errors, and one that fails more for sure once all calls are its own', () => {
    const first = judge(1, figures(calls(300), calls(15, { errors: 5, failed: 5, stopped: 1 })));
    assert.equal(first.next, 'roll back');
    const all = judge(2, figures(NO_COUNTS, calls(400, { errors: 60, failed: 60 })));
    assert.equal(all.next, 'roll back');
  });

  it('hides what was compared while one version lacks units, and says which', () => {
    const { next, why, verdicts } = judge(1, figures(calls(19_000), calls(700)));
    assert.equal(next, 'stay');
    assert.match(why, /the candidate lacks units: 19000 and 700 where 5 %/);
    assert.deepEqual(
      verdicts.map(({ about }) => about),
      ['units'],
    );
    assert.equal(judge(1, figures(calls(19_000), calls(700, { errors: 300 }))).next, 'roll back');
  });

  it('rests on pairs in the shadow', () => {
    const even = (count: number) => Array.from({ length: count }, () => 0);
    const shadow = (pairs: readonly number[]) => {
      const failed = pairs.filter((pair) => pair === 1).length;
      return judge(0, figures(calls(pairs.length), calls(pairs.length, { failed, errors: failed }), pairs));
    };
    assert.equal(shadow(even(450)).next, 'advance');
    assert.equal(shadow(even(150)).next, 'stay');
    assert.equal(shadow(even(450).map((_, pair) => Number(pair % 5 === 0))).next, 'roll back');
  });
});
