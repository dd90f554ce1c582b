/**
 * An incoming webhook of Slack, or of what takes the same (Mattermost, Rocket.Chat, Zulip and others read `text` alone).
 * docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
 */
import type { AlertMessage } from '../monitor/alerts/alert.ts';
import { type Channel, createAlertPost } from './channel.ts';
import { lineOf, textOf, titleOf } from './words.ts';

/** Of a header, in characters, and of a section's text. */
const HEADER_LENGTH = 150;
const SECTION_LENGTH = 3000;
const MOST_BLOCKS = 48;

/** `&`, `<` and `>` mean something in Slack's text. */
const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const bodyOf = (message: AlertMessage) => ({
  text: escaped(textOf(message)),
  blocks: [
    { type: 'header', text: { type: 'plain_text', text: titleOf(message).slice(0, HEADER_LENGTH) } },
    ...message.alerts.slice(0, MOST_BLOCKS).map((alert) => ({
      type: 'section',
      text: { type: 'mrkdwn', text: escaped(lineOf(alert)).slice(0, SECTION_LENGTH) },
    })),
  ],
});

export const slackChannel = (url: string): Channel => {
  const { place, send } = createAlertPost(url);
  return { place, send: (message, signal) => send(bodyOf(message), signal) };
};
