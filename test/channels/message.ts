import type { AlertMessage, ToldAlert } from '../../src/monitor/alerts/alert.ts';
import { fingerprintOf } from '../../src/monitor/alerts/finding.ts';
import { failing, slower } from '../monitor/alerts/samples.ts';

const alert = {
  deployment: 'rides',
  model: 'ride',
  version: '1.0.0',
  status: 'firing',
  telling: 'fired',
  window: { from: '2026-11-01T00:00:00.000Z', to: '2026-11-02T00:00:00.000Z' },
  started_at: '2026-11-02T00:00:00.000Z',
  told_at: '2026-11-02T00:00:00.000Z',
  quiet: 0,
} as const;

export const drifting: ToldAlert = { ...alert, ...slower, id: 'a-1', fingerprint: fingerprintOf('rides', slower) };
export const resolved: ToldAlert = {
  ...alert,
  ...failing,
  id: 'a-2',
  fingerprint: fingerprintOf('rides', failing),
  status: 'resolved',
  telling: 'resolved',
  resolved_at: '2026-11-04T00:00:00.000Z',
};

export const message: AlertMessage = {
  id: 'm-1',
  deployment: 'rides',
  at: '2026-11-04T00:00:00.000Z',
  alerts: [drifting, resolved],
};
