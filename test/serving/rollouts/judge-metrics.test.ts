import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Compared, parseCompared } from '../../../src/serving/rollouts/compared.ts';
import { compareMetrics } from '../../../src/serving/rollouts/judge-metrics.ts';
import {
  addLosses,
  boundsOfLosses,
  type MeasuredLosses,
  type MeasuredRow,
} from '../../../src/serving/rollouts/measures.ts';
import type { Rollout } from '../../../src/serving/rollouts/rollout.ts';
import { parseSteps } from '../../../src/serving/rollouts/steps.ts';
import { createRandom } from '../../monitor/drift/random.ts';
import { samplePlan } from './samples.ts';

const NOW = new Date('2026-11-20T10:30:00.000Z');
const ERROR: Compared = { metric: 'absolute_error(minutes)', tolerance: 0.2 };
const WRONG: Compared = { metric: 'wrong(late)', tolerance: 0.05 };
const rolloutAt = (step: number, compare: readonly Compared[]): Rollout => ({
  ...samplePlan({ compare, steps: parseSteps('shadow 100 rows, 5 %, 50 %', 'USAGE') }),
  ...{ id: 'r-1', status: 'running', turn: 0, step, stepSince: NOW.toISOString(), startedAt: NOW.toISOString() },
});
const lossesAt = (
  compared: Compared,
  step: number,
  rows: readonly MeasuredRow[],
  before?: MeasuredLosses,
): MeasuredLosses => addLosses(before, rows, { compared, metrics: 1, step, isShadow: step === 0 });

const random = createRandom(14);
const { normal, uniform } = random;
/** Losses of pairs, of which the candidate's are so much more. */
const pairs = (count: number, more: number): readonly MeasuredRow[] =>
  Array.from({ length: count }, () => {
    const stable = 2 + normal();
    return { stable, candidate: stable + more + normal() / 2 };
  });
/** The same of rows of either. */
const apart = (count: number, more: number): readonly MeasuredRow[] =>
  Array.from({ length: count }, () =>
    uniform() < 0.5 ? { stable: 2 + normal() } : { candidate: 2 + more + normal() },
  );
const judged = (compared: Compared, losses: MeasuredLosses | undefined, step = 1) => {
  const measures = losses === undefined ? {} : { [('metric' in compared && compared.metric) || '']: losses };
  const [{ outcome, sentence, numbers }] = compareMetrics(rolloutAt(step, [compared]), measures, NOW);
  return { outcome, sentence, numbers };
};

describe('what is said of a metric', () => {
  it('is not enough data while nothing, or little, is known', () => {
    assert.equal(judged(ERROR, undefined).outcome, 'not enough data');
    assert.match(judged(ERROR, undefined).sentence, /nothing is known/);
    assert.equal(judged(ERROR, lossesAt(ERROR, 1, apart(150, 0))).outcome, 'not enough data');
  });

  it('is better or worse by rows of either, and sooner by pairs', () => {
    assert.equal(judged(ERROR, lossesAt(ERROR, 1, apart(6000, 0))).outcome, 'better');
    assert.equal(judged(ERROR, lossesAt(ERROR, 1, apart(6000, 0.5))).outcome, 'worse');
    assert.equal(judged(ERROR, lossesAt(ERROR, 0, pairs(600, 0)), 0).outcome, 'better');
    assert.equal(judged(ERROR, lossesAt(ERROR, 0, pairs(600, 0.5)), 0).outcome, 'worse');
    assert.equal(judged(ERROR, lossesAt(ERROR, 1, apart(600, 0))).outcome, 'not enough data');
  });

  it('compares rows of the same time: a harder day with more of the candidate is not its fault', () => {
    const easy = lossesAt(ERROR, 1, [...apart(4000, 0), ...pairs(3000, 0).map(({ stable }) => ({ stable }))]);
    const hard = apart(4000, 0).map((row) => ({
      ...('stable' in row && { stable: (row.stable ?? 0) + 3 }),
      ...('candidate' in row && { candidate: (row.candidate ?? 0) + 3 }),
    }));
    assert.equal(judged(ERROR, lossesAt(ERROR, 2, hard, easy), 2).outcome, 'better');
  });

  it('is by betting where losses have a bound: a share of wrong answers, or what a loss counts as at most', () => {
    const rows = Array.from({ length: 1500 }, (_, at) => ({
      stable: Number(at % 10 === 0),
      candidate: Number(at % 5 === 0),
    }));
    assert.equal(judged(WRONG, lossesAt(WRONG, 0, rows), 0).outcome, 'worse');
    assert.equal(
      judged(
        WRONG,
        lossesAt(
          WRONG,
          0,
          rows.map(({ stable }) => ({ stable, candidate: stable })),
        ),
        0,
      ).outcome,
      'better',
    );
    const bounded = { ...ERROR, most: 10 };
    const wild = lossesAt(bounded, 0, [{ stable: 1, candidate: 1e9 }]);
    assert.equal(wild.pairs.apart.mean, 9);
    const [low, high] = boundsOfLosses(wild, bounded, 1) ?? [];
    assert.ok(low !== undefined && high !== undefined && low >= -10 && high <= 10);
  });

  it('is found worse without reason at most 5 times in 100, however often one looks, and so with several metrics', () => {
    let found = 0;
    for (let run = 0; run < 200; run++) {
      let losses: MeasuredLosses | undefined;
      for (let look = 0; look < 30; look++) {
        losses = lossesAt(ERROR, 1, apart(100, ERROR.tolerance), losses);
        losses = lossesAt(ERROR, 0, pairs(30, ERROR.tolerance), losses);
        if (judged(ERROR, losses).outcome !== 'worse') continue;
        found++;
        break;
      }
    }
    assert.ok(found <= 10, `${found} of 200`);
  });

  it('is written as a metric and what is tolerated of it', () => {
    assert.deepEqual(parseCompared('absolute_error(minutes) 0.2', 'USAGE'), ERROR);
    assert.deepEqual(parseCompared('squared_error(y) 3 most 100', 'USAGE'), {
      ...{ metric: 'squared_error(y)', tolerance: 3, most: 100 },
    });
    for (const text of ['absolute_error(minutes)', 'minutes 0.2', '']) {
      assert.throws(() => parseCompared(text, 'USAGE'), { code: 'USAGE' });
    }
  });
});
