/** `channels:` in millrace.yaml: where people hear of alerts. */
import { oneOrMore, text } from './deployments/schema-words.ts';

/** One of them is there. */
export interface ChannelSettings {
  readonly webhook?: string | { readonly url: string; readonly secret?: string };
  readonly alertmanager?: string;
  readonly slack?: string;
  readonly pagerduty?: string | { readonly key: string; readonly url?: string };
  readonly email?: { readonly server: string; readonly to: string | readonly string[]; readonly from: string };
  readonly command?: string | readonly string[];
}

const object = (description: string, required: readonly string[], properties: object) => ({
  description,
  type: 'object',
  additionalProperties: false,
  required,
  properties,
});

export const channel = {
  description: 'Where people hear of alerts: one of these',
  type: 'object',
  additionalProperties: false,
  minProperties: 1,
  maxProperties: 1,
  properties: {
    webhook: {
      description: "An address that is called with alerts in the form of Alertmanager's webhooks, version 4",
      oneOf: [
        text('http:// or https://'),
        object('With a signature', ['url'], {
          url: text('http:// or https://'),
          secret: text('With which each call is signed; from the environment: ${WEBHOOK_SECRET}'),
        }),
      ],
    },
    alertmanager: text("The address of Prometheus's Alertmanager, such as http://alertmanager:9093"),
    slack: text('An incoming webhook of Slack, Mattermost or others like them; from the environment: ${SLACK_URL}'),
    pagerduty: {
      description: "The integration key of a service of PagerDuty's; from the environment: ${PAGERDUTY_KEY}",
      oneOf: [
        text('The integration key'),
        object('The key, and where events go', ['key'], {
          key: text('The integration key'),
          url: text('Where events go; https://events.pagerduty.com unless given'),
        }),
      ],
    },
    email: object('A mail server', ['server', 'to', 'from'], {
      server: text('smtp://user:password@host:587 or smtps://…; from the environment: ${SMTP_URL}'),
      to: oneOrMore('Whom mails go to', 'an address'),
      from: text('Whom mails come from'),
    }),
    command: oneOrMore('A command that gets alerts as JSON on standard input', 'a command, or its words'),
  },
} as const;
