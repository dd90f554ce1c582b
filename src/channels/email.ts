/** E-mail, by SMTP (nodemailer). Mails on one alert stand in one thread: each names it in its `References` (RFC 5322, 3.6.4). */
import { createTransport } from 'nodemailer';
import { fail } from '../core/errors.ts';
import type { AlertMessage } from '../monitor/alerts/alert.ts';
import { type Channel, notTaken } from './channel.ts';
import { textOf, titleOf } from './words.ts';

export interface EmailSettings {
  /** `smtp://user:password@host:587`, or `smtps://`. */
  readonly server: string;
  readonly to: string | readonly string[];
  readonly from: string;
}

/** How long a step of the talk with the server may take, in milliseconds. */
const STEP_MS = 15_000;

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const serverOf = (text: string): URL => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.hostname && (url.protocol === 'smtp:' || url.protocol === 'smtps:')) return url;
  // It may hold a password: it is not shown.
  throw fail('BAD_PROJECT', 'The server of an e-mail channel is not one', {
    field: 'server',
    expected: 'smtp://user:password@host:587 or smtps://user:password@host',
  });
};

const idOf = (name: string): string => `<${name}@millrace>`;

const mailOf = (message: AlertMessage, { to, from }: EmailSettings) => ({
  from,
  to: typeof to === 'string' ? to : [...to],
  subject: titleOf(message),
  text: textOf(message),
  html: `<pre>${escaped(textOf(message))}</pre>`,
  messageId: idOf(message.id),
  references: message.alerts.map(({ id }) => idOf(id)),
  headers: { 'Auto-Submitted': 'auto-generated' },
});

/** What went wrong in the words of SMTP: texts of errors may hold what was sent. */
const reasonOf = (error: unknown): string => {
  const { code = 'failed', responseCode } = error as { readonly code?: string; readonly responseCode?: number };
  return responseCode === undefined ? code : `${responseCode} (${code})`;
};

export const emailChannel = (settings: EmailSettings): Channel => {
  const { host, protocol } = serverOf(settings.server);
  const place = `${protocol}//${host}`;
  const transport = createTransport({
    url: settings.server,
    connectionTimeout: STEP_MS,
    greetingTimeout: STEP_MS,
    socketTimeout: STEP_MS,
  });
  return {
    place,
    async send(message, signal) {
      signal.throwIfAborted();
      try {
        await transport.sendMail(mailOf(message, settings));
      } catch (error) {
        throw notTaken(place, reasonOf(error), 'a server that takes the mail');
      }
    },
  };
};
