/**
 * A webhook in the form of Alertmanager's version 4 (prometheus.io/docs/alerting/latest/configuration, webhook_config), which most
 * receivers of alerts read; signed as Standard Webhooks has it where there is a secret.
 */
import type { AlertMessage, ToldAlert } from '../monitor/alerts/alert.ts';
import { createSign } from '../webhook/signature.ts';
import { type Channel, createAlertPost } from './channel.ts';
import { annotationsOf, labelsOf, NEVER } from './labels.ts';

export interface WebhookChannelSettings {
  readonly url: string;
  readonly secret?: string | undefined;
}

const alertOf = (alert: ToldAlert) => ({
  status: alert.status,
  labels: labelsOf(alert),
  annotations: annotationsOf(alert),
  startsAt: alert.started_at,
  endsAt: alert.resolved_at ?? NEVER,
  generatorURL: '',
  fingerprint: alert.fingerprint,
});

const bodyOf = ({ deployment, alerts }: AlertMessage) => ({
  version: '4',
  groupKey: `{}:{deployment="${deployment}"}`,
  truncatedAlerts: 0,
  status: alerts.some(({ status }) => status === 'firing') ? 'firing' : 'resolved',
  receiver: 'millrace',
  groupLabels: { deployment },
  commonLabels: { deployment },
  commonAnnotations: {},
  externalURL: '',
  alerts: alerts.map(alertOf),
});

export const webhookChannel = (settings: string | WebhookChannelSettings): Channel => {
  const { url, secret }: WebhookChannelSettings = typeof settings === 'string' ? { url: settings } : settings;
  const { place, send } = createAlertPost(url);
  const sign = secret === undefined ? undefined : createSign(secret);
  return {
    place,
    send: (message, signal) => {
      const seconds = Math.floor(Date.now() / 1000);
      return send(bodyOf(message), signal, (payload) => ({
        'webhook-id': message.id,
        'webhook-timestamp': String(seconds),
        ...(sign && { 'webhook-signature': sign(message.id, seconds, payload) }),
      }));
    },
  };
};
