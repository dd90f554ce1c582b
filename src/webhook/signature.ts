import { createHmac } from 'node:crypto';
import { fail } from '../core/errors.ts';

const PREFIX = 'whsec_';
const LEAST_SECRET_BYTES = 24;
const MOST_SECRET_BYTES = 64;

/** `webhook-signature` of one call: what it is called, when it is sent (seconds since the epoch) and its payload. */
export type Sign = (id: string, timestamp: number, payload: Uint8Array) => string;

const keyOf = (secret: string): Buffer => {
  const encoded = secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : '';
  const key = Buffer.from(encoded, 'base64');
  const canonical = /^[A-Za-z0-9+/]+={0,2}$/.test(encoded);
  if (canonical && key.length >= LEAST_SECRET_BYTES && key.length <= MOST_SECRET_BYTES) return key;
  // What came is a secret, or was meant to be one: it is not shown.
  throw fail('BAD_PROJECT', 'The secret of the webhook is not one', {
    field: 'secret',
    expected: `${PREFIX} and ${LEAST_SECRET_BYTES} to ${MOST_SECRET_BYTES} bytes in base64, such as: echo "${PREFIX}$(openssl rand -base64 32)"`,
  });
};

/**
 * Makes signatures as Standard Webhooks 1.0.0 has them ("Signature scheme", "Webhook headers"): `v1,` and the base64 of
 * HMAC-SHA256 over `id.timestamp.payload`, one for each secret, so that a secret can be changed without an interruption.
 *
 * @param secrets one, or several with spaces between them.
 * @throws BAD_PROJECT, without the secret in it.
 */
export const createSign = (secrets: string): Sign => {
  const keys = secrets.trim().split(/\s+/).map(keyOf);
  return (id, timestamp, payload) =>
    keys
      .map((key) => `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.`).update(payload).digest('base64')}`)
      .join(' ');
};
