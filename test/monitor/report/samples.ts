/** Deployments as a report shows them, with as much of everything as a test wants. */
import type { Alert } from '../../../src/monitor/alerts/alert.ts';
import type { FieldJudgement } from '../../../src/monitor/drift/judgement.ts';
import type { PerformanceFigure } from '../../../src/monitor/performance/measured.ts';
import type { MonitorReport } from '../../../src/monitor/report/page.ts';
import type { FieldDistribution } from '../../../src/monitor/watch/distribution.ts';
import type { KeptPerformance } from '../../../src/monitor/watch/performance.ts';
import type { ShownDeployment, WatchedJudgement } from '../../../src/monitor/watch/standing.ts';

const DAY_MS = 86_400_000;
const BEGIN = Date.parse('2026-10-01T00:00:00Z');
const SERVED = { model: 'loans', version: '1.4.0', digest: `sha256:${'ab'.repeat(32)}` };

export interface ReportSize {
  readonly days: number;
  readonly fields: number;
  /** Days at the end whose labels have not come. */
  readonly unlabelled: number;
}

const windowOf = (day: number) => ({
  from: new Date(BEGIN + day * DAY_MS).toISOString(),
  to: new Date(BEGIN + (day + 1) * DAY_MS).toISOString(),
});
const isLate = (day: number, { days }: ReportSize): boolean => days > 4 && day >= days - 4;
const nameOf = (field: number): string =>
  field === 0 ? 'distance' : `field_${field}${field % 9 === 0 ? '_with_a_very_long_name_that_does_not_break' : ''}`;

const fieldOf = (field: number, isDrift: boolean): FieldJudgement => ({
  field: nameOf(field),
  is: 'input',
  state: isDrift && field === 0 ? 'drift' : 'steady',
  because: 'shape',
  parts: [],
  p: 0.2,
  holmP: 1,
  q: 1,
  effect: isDrift && field === 0 ? 0.31 : 0.03,
  size: isDrift && field === 0 ? 'moderate' : 'none',
  words: isDrift && field === 0 ? '0.3 sd higher' : 'steady',
});

const figure = (name: string, label: string, value: number, spread: number): PerformanceFigure => ({
  name,
  label,
  better: name === 'mae' ? 'lower' : 'higher',
  value,
  interval: { low: value - spread, high: value + spread, method: 't' },
});

const performanceOf = (day: number, size: ReportSize): KeptPerformance => {
  const isLabelled = day < size.days - size.unlabelled;
  const bad = isLate(day, size) ? 1 : 0;
  const accuracy = 0.91 - 0.08 * bad + 0.004 * Math.sin(day);
  const test = { loss: 'mae', value: 5, usual: 3.1, rows: 900, usualRows: 9000, p: 1e-9, holmP: 1e-9 } as const;
  const window = windowOf(day);
  const slices = ['Bronx', '<b>Queens</b>'].map((value, at) => ({
    by: 'borough',
    value,
    rows: 120,
    figures: [figure('mae', 'MAE (mean absolute error)', 3 + at, 0.4)],
    isWorse: at === 1,
  }));
  return {
    deployment: 'loans <x>',
    window,
    served: { ...SERVED, predictions: 1000 },
    predictions: 1000,
    labelled: isLabelled ? 900 : 0,
    coverage: isLabelled ? 0.9 : 0,
    targets: isLabelled
      ? [
          {
            output: 'minutes',
            kind: 'numbers',
            unit: 'minute',
            rows: 900,
            figures: [
              figure('mae', 'MAE (mean absolute error)', 3.1 + 2 * bad + 0.1 * Math.sin(day), 0.2),
              figure('bias', 'bias (mean of predicted − true)', -0.2, 0.3),
              { name: 'r2', label: 'R²', better: 'higher', value: Number.NaN },
            ],
            slices,
            notes: [],
          },
          {
            output: 'repaid',
            kind: 'labels',
            positive: 'no',
            rows: 900,
            figures: [figure('accuracy', 'accuracy (share that is right)', accuracy, 0.02)],
            slices: [],
            notes: [],
          },
        ]
      : [],
    estimated: [
      {
        output: 'repaid',
        positive: 'no',
        rows: 1000,
        figures: [
          { name: 'accuracy', label: 'accuracy', better: 'higher', value: 0.9 - 0.01 * bad },
          { name: 'auc', label: 'AUC', better: 'higher', value: 0.95 },
        ],
        assumes: 'no labels: it is assumed that scores still mean what they meant in the training data',
      },
    ],
    at: windowOf(day + 2).to,
    mark: day,
    ...(isLabelled && {
      judgement: { window, usual: 'training', tests: [{ output: 'minutes', ...test, isWorse: bad === 1 }] },
    }),
  };
};

const judgedOf = (day: number, size: ReportSize): WatchedJudgement => ({
  deployment: 'loans <x>',
  model: SERVED.model,
  version: SERVED.version,
  window: windowOf(day),
  concerns: ['drift'],
  findings: [],
  seen: {
    digest: SERVED.digest,
    rows: 1000 + 10 * day,
    refused: day % 3,
    judgement: {
      state: isLate(day, size) ? 'drift' : 'steady',
      rows: 1000,
      leastRows: 200,
      baseline: 'the training data',
      baselineRows: 5000,
      fields: Array.from({ length: size.fields }, (_, field) => fieldOf(field, isLate(day, size))),
      alpha: 0.001,
    },
  },
});

const alertOf = (concern: Alert['concern'], field: string | undefined, sentence: string, day: number): Alert => ({
  id: `${concern}-${field}`,
  fingerprint: `${concern}-${field}`,
  deployment: 'loans <x>',
  model: SERVED.model,
  version: SERVED.version,
  concern,
  ...(field !== undefined && { field }),
  severity: 'error',
  sentence,
  numbers: {},
  status: 'firing',
  window: windowOf(day),
  since: windowOf(day).from,
  started_at: windowOf(day).to,
  told_at: windowOf(day).to,
  quiet: 0,
});

const distributionOf = (field: number): FieldDistribution => ({
  field: nameOf(field),
  is: 'input',
  isInstant: false,
  bars: Array.from({ length: 10 }, (_, bin) => ({ label: `${bin}`, from: bin, to: bin + 1, now: 0.1, before: 0.1 })),
  mean: { now: 4.2, before: 3.9 },
  missing: { now: 0.01, before: 0 },
});

const burn = (window: string, all: number, bad: number) => ({
  window,
  all,
  bad,
  rate: all === 0 ? 0 : bad / all / 0.01,
});

export const sampleReport = (size: ReportSize): MonitorReport => {
  const { days, fields, unlabelled } = size;
  const each = <T>(of: (day: number, known: ReportSize) => T): readonly T[] =>
    Array.from({ length: days }, (_, day) => of(day, size));
  const windows = each(judgedOf);
  const alerts =
    days > 4
      ? [
          alertOf('performance', 'minutes', 'minutes is off by 5.1 minutes on average, 3.1 in training', days - 4),
          alertOf('drift', 'distance', 'distance is 0.3 sd higher', days - 4),
          alertOf('slo', undefined, '2 % of calls took longer than promised in the last 1h', days - 1),
        ]
      : [];
  const shown: ShownDeployment = {
    deployment: 'loans <x>',
    last: windows.at(-1),
    firing: alerts,
    lastAlarmAt: alerts[0]?.started_at,
    windows,
    performances: each(performanceOf),
    performance: each(performanceOf)[days - 1 - unlabelled],
    slo:
      days > 4
        ? [
            {
              objective: 'p99',
              words: '99 % of calls within 50 ms',
              budget: 0.01,
              rates: [
                burn('5m', 0, 0),
                burn('30m', 900, 3),
                burn('1h', 2000, 40),
                burn('6h', 9000, 80),
                burn('3d', 1e6, 15000),
              ],
            },
          ]
        : [],
    alerts,
    accepted: [],
    reactions: [],
  };
  const distributions = Array.from({ length: fields }, (_, field) => distributionOf(field));
  return { shown, distributions, now: new Date(BEGIN + days * DAY_MS + 600_000) };
};
