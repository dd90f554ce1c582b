/** PagerDuty's Events API, version 2 (developer.pagerduty.com/docs/send-alert-event): an event an alert, which it knows by its `dedup_key`. */
import type { ToldAlert } from '../monitor/alerts/alert.ts';
import { type Channel, createAlertPost } from './channel.ts';

export interface PagerDutySettings {
  /** The integration key of a service. */
  readonly key: string;
  /** Where events go; `https://events.pagerduty.com` unless given. */
  readonly url?: string | undefined;
}

/** Of a summary, in characters. */
const SUMMARY_LENGTH = 1024;

const eventOf = (alert: ToldAlert, routing_key: string) => ({
  routing_key,
  event_action: alert.status === 'firing' ? 'trigger' : 'resolve',
  dedup_key: alert.fingerprint,
  payload: {
    summary: `${alert.deployment}: ${alert.sentence}`.slice(0, SUMMARY_LENGTH),
    source: alert.deployment,
    severity: alert.severity,
    timestamp: alert.started_at,
    component: alert.model,
    class: alert.concern,
    custom_details: { version: alert.version, field: alert.field, window: alert.window, ...alert.numbers },
  },
});

export const pagerDutyChannel = (settings: string | PagerDutySettings): Channel => {
  const { key, url = 'https://events.pagerduty.com' }: PagerDutySettings =
    typeof settings === 'string' ? { key: settings } : settings;
  const { place, send } = createAlertPost(`${url.replace(/\/+$/, '')}/v2/enqueue`);
  return {
    place,
    async send({ alerts }, signal) {
      // A try that broke off begins anew: an event that it knows already changes nothing there.
      for (const alert of alerts) await send(eventOf(alert, key), signal);
    },
  };
};
