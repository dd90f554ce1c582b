/** Prometheus's Alertmanager, by its API of version 2 (`POST /api/v2/alerts`): it groups, silences and routes as it does for all else. */
import type { ToldAlert } from '../monitor/alerts/alert.ts';
import { type Channel, createAlertPost } from './channel.ts';
import { annotationsOf, labelsOf } from './labels.ts';

/** Alertmanager takes an alert for resolved that is not told again in time; ours are told again after 24 hours. */
const LASTS_MS = 26 * 3_600_000;

/** Severity may change while an alert lasts, and what differs in a label is another alert there. */
const lastingLabels = (alert: ToldAlert) => {
  const { severity: _, ...labels } = labelsOf(alert);
  return labels;
};

const alertOf = (alert: ToldAlert, now: number) => ({
  labels: lastingLabels(alert),
  annotations: { ...annotationsOf(alert), severity: alert.severity },
  startsAt: alert.started_at,
  endsAt: alert.resolved_at ?? new Date(now + LASTS_MS).toISOString(),
});

/** @param address such as `http://alertmanager:9093` */
export const alertmanagerChannel = (address: string): Channel => {
  const { place, send } = createAlertPost(`${address.replace(/\/+$/, '')}/api/v2/alerts`);
  return {
    place,
    send: ({ alerts }, signal) =>
      send(
        alerts.map((alert) => alertOf(alert, Date.now())),
        signal,
      ),
  };
};
