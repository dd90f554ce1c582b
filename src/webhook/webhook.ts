/** Calls to an address of the user's, as Standard Webhooks 1.0.0 has them (https://www.standardwebhooks.com). */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Backoff, backoffMs } from '../core/backoff.ts';
import { fail } from '../core/errors.ts';
import { toldJson } from '../text/exact-json.ts';
import { createPost } from './post.ts';
import { isPassing } from './retry.ts';
import { createSign } from './signature.ts';

/** Where a webhook takes its time and its chance from. */
export interface WebhookTime {
  /** In milliseconds since the epoch. */
  now(): number;
  sleep(milliseconds: number, signal: AbortSignal | undefined): Promise<void>;
  /** In [0, 1). */
  random(): number;
}

export interface WebhookOptions {
  /** http or https. Its path and query may hold a token: messages show no more than the origin. */
  readonly url: string;
  /** `whsec_…`, or several with spaces between them. Without one, calls are not signed. */
  readonly secret?: string | undefined;
  /** How often a call is tried; 5 unless given. */
  readonly attempts?: number | undefined;
  /** How long one try may take; 15 s unless given. */
  readonly timeoutMs?: number | undefined;
  /** When a call is tried again; a receiver that asks for a longer wait is not called again. From 0.5 to 60 s unless given. */
  readonly retry?: Backoff | undefined;
  /** The largest payload; 256 KiB unless given. */
  readonly largestBytes?: number | undefined;
  readonly fetch?: typeof fetch | undefined;
  readonly time?: WebhookTime | undefined;
}

export interface WebhookCall {
  /** What happened, such as `batch.failed`. */
  readonly event: string;
  /** When it happened, in milliseconds since the epoch; now unless given. */
  readonly at?: number;
  /** Anything that JSON can say. */
  readonly body: unknown;
  /**
   * 1 to 128 letters, digits, `-` and `_`; one for each thing that happened, however often it is told. (A full stop
   * would let one message pass for another: the signature sets id, time and payload apart by them.)
   */
  readonly idempotencyKey: string;
  /** Ends the waiting, too. */
  readonly signal?: AbortSignal | undefined;
}

export interface Delivery {
  /** 200 to 299. */
  readonly status: number;
  readonly attempts: number;
}

export interface Webhook {
  /** The origin of its URL. */
  readonly place: string;
  /**
   * Posts `{ type, timestamp, data }` with `webhook-id`, `webhook-timestamp`, `webhook-signature` and `idempotency-key`,
   * and tries again while the answer is 429, 5xx or none. The id is the same in each try, the timestamp is not.
   *
   * @throws WEBHOOK_FAILED when it was refused or not taken in time; TOO_LARGE; CANCELLED.
   */
  send(call: WebhookCall): Promise<Delivery>;
}

const systemTime: WebhookTime = {
  now: Date.now,
  sleep: (milliseconds, signal) => sleep(milliseconds, undefined, { signal }),
  random: Math.random,
};

const seconds = (milliseconds: number): string => `${Math.ceil(milliseconds / 1000)} s`;

/** @throws BAD_PROJECT for the URL or the secret, showing neither. */
export const createWebhook = ({
  url: text,
  secret,
  attempts = 5,
  timeoutMs = 15_000,
  retry = { firstMs: 500, mostMs: 60_000 },
  largestBytes = 256 * 1024,
  fetch,
  time = systemTime,
}: WebhookOptions): Webhook => {
  const { place, post } = createPost({ url: text, timeoutMs, fetch });
  const sign = secret === undefined ? undefined : createSign(secret);

  const payloadOf = ({ event, at, body }: WebhookCall): Uint8Array<ArrayBuffer> => {
    const timestamp = new Date(at ?? time.now()).toISOString();
    const payload = new TextEncoder().encode(toldJson({ type: event, timestamp, data: body ?? null }));
    if (payload.length <= largestBytes) return payload;
    throw fail('TOO_LARGE', `The webhook for ${place} is too large to be sent`, {
      expected: `at most ${largestBytes} bytes`,
      got: `${payload.length} bytes`,
    });
  };

  /** One try: the status, or why there is none. */
  const attempt = async (id: string, payload: Uint8Array<ArrayBuffer>, signal: AbortSignal | undefined) => {
    const timestamp = Math.floor(time.now() / 1000);
    const headers = {
      'webhook-id': id,
      'webhook-timestamp': String(timestamp),
      ...(sign && { 'webhook-signature': sign(id, timestamp, payload) }),
      // A structured field, hence the quotes (draft-ietf-httpapi-idempotency-key-header).
      'idempotency-key': `"${id}"`,
    };
    return post({ payload, headers, signal, now: time.now() });
  };

  const send = async (call: WebhookCall): Promise<Delivery> => {
    const { idempotencyKey: id, signal } = call;
    if (!/^[\w-]{1,128}$/.test(id)) throw new TypeError('an idempotency key is 1 to 128 letters, digits, - and _');
    const payload = payloadOf(call);
    const cancelled = () => fail('CANCELLED', `The webhook for ${place} was given up before it was taken`);

    for (let tries = 1; ; tries++) {
      if (signal?.aborted) throw cancelled();
      const { status, after = 0, reason } = await attempt(id, payload, signal);
      if (signal?.aborted && status === undefined) throw cancelled();
      if (status !== undefined && status >= 200 && status < 300) return { status, attempts: tries };

      const got = status === undefined ? (reason ?? '') : `${status}`;
      const told = status === undefined ? `could not be reached (${got})` : `answered ${got}`;
      const gaveUp = (why: string) =>
        fail('WEBHOOK_FAILED', `${place} ${told}${why}`, { expected: 'an answer from 200 to 299', got });
      if (status !== undefined && !isPassing(status)) throw gaveUp(', which is final');
      if (tries >= attempts) throw gaveUp(` in try ${tries} of ${attempts}`);
      if (after > retry.mostMs) {
        throw gaveUp(` and asks to wait ${seconds(after)}, where ${seconds(retry.mostMs)} are allowed`);
      }
      await time.sleep(Math.max(after, backoffMs(retry, tries, time.random)), signal).catch(() => {});
    }
  };

  return { place, send };
};

/** A single call; `createWebhook` is for more. @throws what it and `send` throw. */
export const sendWebhook = async (all: WebhookOptions & WebhookCall): Promise<Delivery> => createWebhook(all).send(all);
