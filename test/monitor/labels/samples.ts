/** Predictions of rides as they are recorded. */
import type { Prediction } from '../../../src/monitor/records/records.ts';

export const AT = '2026-11-01T12:00:00.000Z';
export const NOW = new Date('2026-11-03T08:00:00.000Z');

export const ride = (n: number, more: Partial<Prediction> = {}): Prediction => ({
  id: `p-${n}`,
  at: AT,
  deployment: 'rides',
  model: 'ride',
  version: '1.0.0',
  digest: 'sha256:00',
  variant: 'stable',
  input: JSON.stringify({ ride_id: n, distance: n / 10 }),
  coerced: false,
  output: JSON.stringify({ minutes: n, late: n % 2 === 0 }),
  ms: 0.25,
  ...more,
});

export const rides = (from: number, to: number): readonly Prediction[] =>
  Array.from({ length: to - from }, (_, at) => ride(from + at));
