/** One budget of false alarms for all that is watched: its parts add up, and deployments that never change keep to it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Finding } from '../../../src/monitor/alerts/finding.ts';
import type { Baseline } from '../../../src/monitor/drift/baseline.ts';
import { alphaOf, BUDGET_PARTS, FRESHNESS_TESTS, slowAlphaOf, YEAR_MS } from '../../../src/monitor/drift/budget.ts';
import type { FieldProfile } from '../../../src/monitor/profile/profile.ts';
import { NO_TRAFFIC } from '../../../src/monitor/profile/traffic.ts';
import { SPAN_MS } from '../../../src/monitor/profiles/profiles.ts';
import { silence } from '../../../src/monitor/quality/silence.ts';
import { judgeWatched, type WatchedWindow, type WatchJudgeOptions } from '../../../src/monitor/watch/judge.ts';
import { judgePerformance, type MeasuredTarget } from '../../../src/monitor/watch/judge-performance.ts';
import { startMemory, type WatchMemory } from '../../../src/monitor/watch/memory.ts';
import { drawLabels, drawTruth, drawWindow } from '../drift/draws.ts';
import { createRandom, type Random } from '../drift/random.ts';

const DAY_MS = SPAN_MS.day;
const BEGIN = Date.parse('2026-01-05T00:00:00.000Z');
const M = 2000;
const NUMBERS = 5;

type Count = Record<'drift' | 'slow drift' | 'quality' | 'freshness' | 'performance', number>;

/** Which part of the budget a finding is of. */
const partOf = ({ concern, numbers }: Finding): keyof Count => {
  if ('log_e' in numbers) return 'slow drift';
  if (concern === 'quality' || concern === 'freshness' || concern === 'performance') return concern;
  return 'drift';
};

const around = (random: Random, mean: number, spread: number): number =>
  Math.round(mean * Math.exp(spread * random.normal()));

/** Labels of `rows` predictions, of which a tenth is wrong in all three slices. */
const drawTargets = (random: Random, rows: number): readonly MeasuredTarget[] => {
  const figures = (n: number) => [{ name: 'accuracy', value: 1 - random.binomial(n, 0.1) / n }];
  const slices = ['A', 'B', 'C'].map((value) => ({ by: 'zone', value, rows: rows / 4, figures: figures(rows / 4) }));
  return [{ output: 'tip', rows, figures: figures(rows), slices }];
};

/** A deployment that never changes: five numbers and a category, refusals, delays, labels, and as many rows as chance has it. */
const createSteady = (random: Random) => {
  const truths = Array.from({ length: NUMBERS }, () => drawTruth(random, M, 0.02));
  const { baseline: zone } = drawLabels(random, 8, M, M);
  const named = <T>(values: readonly T[]) => Object.fromEntries(values.map((value, at) => [`n${at}`, value]));
  const training: Baseline = {
    name: 'the training data',
    rows: M,
    inputs: { ...named(truths.map(({ baseline }) => baseline)), zone },
    outputs: {},
  };
  const volumes = Array.from({ length: 56 }, (_, n) => ({
    at: BEGIN + (n - 56) * DAY_MS,
    rows: around(random, 1000, 0.1),
  }));
  const delays = volumes.map(({ at }) => ({ at, figure: around(random, 200, 0.2) }));
  const usual = drawTargets(random, 4000);
  return {
    training,
    volumes,
    delays,
    labelled: () => ({ now: drawTargets(random, 800), usual: { name: 'training', windows: [usual] } }),
    next(at: number): WatchedWindow {
      const rows = around(random, 1000, 0.1);
      const refused = random.binomial(rows, 0.01);
      const profiles = named<FieldProfile>(truths.map((truth) => drawWindow(random, truth, rows - refused)));
      volumes.push({ at, rows });
      delays.push({ at, figure: around(random, 200, 0.2) });
      const traffic = { ...NO_TRAFFIC, refused: { 'WRONG_TYPE n1': refused } };
      const inputs = { ...profiles, zone: drawLabels(random, 8, M, rows - refused).profile };
      return { at, rows: rows - refused, refused, inputs, outputs: {}, traffic };
    },
  };
};

/** False findings of so many days, by their part. */
const falseFindings = (seed: number, days: number, falseAlarmsAYear: number): Count => {
  const found: Count = { drift: 0, 'slow drift': 0, quality: 0, freshness: 0, performance: 0 };
  const random = createRandom(seed);
  const steady = createSteady(random);
  const hours = Array.from({ length: 56 * 24 }, (_, hour) => ({
    at: new Date(BEGIN + (hour - 56 * 24) * SPAN_MS.hour).toISOString(),
    rows: random.binomial(4, 0.5),
  }));
  let memory: WatchMemory = startMemory('a package', BEGIN, undefined);
  for (let day = 0; day < days; day++) {
    const at = BEGIN + day * DAY_MS;
    const now = steady.next(at);
    const { training, volumes, delays } = steady;
    const rule = { windowMs: DAY_MS, falseAlarmsAYear, leastEffect: 0 };
    const options: WatchJudgeOptions = { rule, compareWith: 'training', training, volumes, delays };
    const judged = judgeWatched(now, [], memory, options);
    memory = judged.memory;
    const { now: targets, usual } = steady.labelled();
    const alpha = alphaOf('performance', DAY_MS, falseAlarmsAYear);
    const { findings } = judgePerformance(targets, usual, { alpha, tolerance: 0, coverage: 1 });
    // One of some rows an hour: what is silent for hours may be so by chance.
    for (let hour = 0; hour < 24; hour++) {
      hours.push({ at: new Date(at + hour * SPAN_MS.hour).toISOString(), rows: random.binomial(4, 0.5) });
    }
    const look = alphaOf('freshness', DAY_MS, falseAlarmsAYear) / FRESHNESS_TESTS;
    const silent = silence(hours.slice(-56 * 24), at + DAY_MS, look);
    const parts = new Set([...judged.findings, ...findings, ...silent].map(partOf));
    for (const part of parts) found[part]++;
  }
  return found;
};

const sumOf = (counts: readonly Count[], part: keyof Count): number => counts.reduce((sum, one) => sum + one[part], 0);

describe('the budget of false alarms', () => {
  it('is shared: the parts of all that is judged are the whole of it', () => {
    const sum = Object.values(BUDGET_PARTS).reduce((all, part) => all + part, 0);
    assert.ok(Math.abs(sum - 1) < 1e-12, `${sum}`);
    const perWindow = (Object.keys(BUDGET_PARTS) as (keyof typeof BUDGET_PARTS)[]).filter(
      (part) => part !== 'slow drift',
    );
    for (const windowMs of [SPAN_MS.hour, DAY_MS]) {
      const year = perWindow.reduce((all, part) => all + (alphaOf(part, windowMs, 2) * YEAR_MS) / windowMs, 0);
      assert.ok(Math.abs(year - 2 * 0.9) < 1e-9, `${year} in a year of ${windowMs}`);
    }
  });

  it('has one part for slow drift, however many versions a year has', () => {
    const starts = Array.from({ length: 200 }, (_, at) => slowAlphaOf(at + 1, 1));
    assert.equal(starts[0], 0.05);
    assert.ok(starts.reduce((sum, alpha) => sum + alpha, 0) <= BUDGET_PARTS['slow drift']);
    assert.equal(slowAlphaOf(1, 50), slowAlphaOf(1, 1), 'it is a chance, and grows no further');
    const versions = Array.from({ length: 3 }, (_, at) => BEGIN + at * 200 * DAY_MS);
    const last = versions.reduce<WatchMemory | undefined>((before, at) => startMemory(`${at}`, at, before), undefined);
    assert.deepEqual(last?.starts, versions.slice(1), 'those of the last year');
  });

  it('is kept where nothing ever changes, by all that is judged together: of days at the 5 % setting at most 6 % raise any alarm', () => {
    const [deployments, days] = [10, 100];
    const runs = Array.from({ length: deployments }, (_, at) => falseFindings(at + 1, days, 0.05 * 365.25));
    const all = Object.keys(BUDGET_PARTS).map((part) => [part, sumOf(runs, part as keyof Count)] as const);
    const sum = all.reduce((total, [, times]) => total + times, 0);
    assert.ok(sum / (deployments * days) <= 0.06, `${sum} of ${deployments * days}: ${JSON.stringify(all)}`);
    assert.ok(sum > 0, 'it can fail');
  });

  it('of one a year is kept by deployments in 200 windows each, slow drift among what they may see', () => {
    const [deployments, days] = [8, 200];
    const runs = Array.from({ length: deployments }, (_, at) => falseFindings(100 + at, days, 1));
    const sum = Object.keys(BUDGET_PARTS).reduce((total, part) => total + sumOf(runs, part as keyof Count), 0);
    assert.ok(sum <= (deployments * days) / 365.25, `${sum} in ${deployments} deployments: ${JSON.stringify(runs)}`);
  });
});
