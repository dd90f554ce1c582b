/** What scikit-learn, SciPy and statsmodels say of seeded rows, which ours is held against. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { Metric } from '../../../src/monitor/performance/metric.ts';

type Pairs = readonly (readonly number[])[];
interface Averages {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}
interface Oracles {
  readonly regression: Readonly<Record<'truth' | 'predicted' | 'mae_interval', readonly number[]>> &
    Readonly<Record<'mae' | 'rmse' | 'bias' | 'r2' | 'pinball_90', number>>;
  readonly binary: Readonly<Record<'score' | 'truth' | 'weight', readonly number[]>> &
    Readonly<Record<'accuracy' | 'precision' | 'recall' | 'f1' | 'auc' | 'log_loss' | 'brier', number>> & {
      readonly confusion: Pairs;
      readonly weighted: Readonly<Record<'accuracy' | 'auc' | 'log_loss', number>>;
    };
  readonly sure: { readonly truth: readonly number[]; readonly score: readonly number[]; readonly log_loss: number };
  readonly multiclass: {
    readonly probabilities: Pairs;
    readonly truth: readonly number[];
    readonly label: readonly number[];
    readonly macro: Averages;
    readonly weighted: Averages;
    readonly confusion: Pairs;
  } & Readonly<Record<'accuracy' | 'auc' | 'log_loss' | 'brier', number>>;
  readonly few: Readonly<Record<'score' | 'truth', readonly number[]>> &
    Readonly<Record<'brier' | 'log_loss' | 'auc' | 'ece', number>>;
  readonly wilson: Pairs;
  readonly clopper_pearson: Pairs;
  readonly newcombe: Pairs;
  readonly student: Pairs;
  readonly beta: Pairs;
}

const file = new URL('../../fixtures/monitor/performance-oracles.json', import.meta.url);
export const oracles = JSON.parse(readFileSync(file, 'utf8')) as Oracles;

const SCIKIT = 1e-12;

/** Within 1e-12 of what the library says, relative to it. */
export const same = (got: number, expected: number, what = '', tolerance = SCIKIT): void => {
  const off = Math.abs(got - expected) / Math.max(Math.abs(expected), 1e-12);
  assert.ok(off <= tolerance, `${what}: expected ${expected}, got ${got}, off by ${off}`);
};

/** The figure of a family's row. */
export const figure = <T>(metrics: readonly Metric<T>[], name: string, tally: T): number => {
  const metric = metrics.find((one) => one.name === name);
  assert.ok(metric, `no metric is called ${name}`);
  return metric.of(tally);
};
