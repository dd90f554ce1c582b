import type { Finding, JudgedWindow } from '../../../src/monitor/alerts/finding.ts';

export const DAY_MS = 86_400_000;
const BEGIN = Date.parse('2026-11-02T00:00:00.000Z');

/** Midnight of the n-th day. */
export const dayOf = (n: number): Date => new Date(BEGIN + n * DAY_MS);

export const slower: Finding = {
  concern: 'drift',
  field: 'distance',
  severity: 'warning',
  sentence: 'distance is 0.3 sd higher than in training',
  numbers: { p: 1e-9, effect: 0.31 },
};
export const failing: Finding = {
  concern: 'slo',
  severity: 'critical',
  sentence: '2.1 % of calls failed; the objective is 0.1 %',
  numbers: { rate: 0.021, objective: 0.001 },
};

/** The window that ended on the n-th midnight. */
export const windowOf = (n: number, findings: readonly Finding[], more: Partial<JudgedWindow> = {}): JudgedWindow => ({
  deployment: 'rides',
  model: 'ride',
  version: '1.0.0',
  window: { from: dayOf(n - 1).toISOString(), to: dayOf(n).toISOString() },
  concerns: ['drift', 'slo'],
  findings,
  ...more,
});
