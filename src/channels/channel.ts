/** The port of this folder: where people, and systems that call people, hear of alerts. */
import { fail } from '../core/errors.ts';
import type { AlertMessage } from '../monitor/alerts/alert.ts';
import { toldJson } from '../text/exact-json.ts';
import { createPost, type PostCall } from '../webhook/post.ts';

export interface Channel {
  /** For people, without anything secret. */
  readonly place: string;
  /**
   * Tells of a message, once or more often: receivers know it by its `id`, and its alerts by their fingerprints.
   *
   * @throws MillraceError ALERT_FAILED when it was not taken; the signal's reason
   */
  send(message: AlertMessage, signal: AbortSignal): Promise<void>;
}

/** What channels are opened with, besides their settings. */
export interface ChannelContext {
  /** Where commands run. */
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
}

/** How long one call may take, in milliseconds. */
const CALL_MS = 15_000;

export const notTaken = (place: string, got: string, expected = 'an answer from 200 to 299') =>
  fail('ALERT_FAILED', `${place} did not take an alert: ${got}`, { expected, got });

/** Posts JSON to a receiver of alerts. */
export interface AlertPost {
  readonly place: string;
  send(body: unknown, signal: AbortSignal, headersOf?: HeadersOf): Promise<void>;
}

/** What stands in the head of a call with this payload. */
export type HeadersOf = (payload: Uint8Array) => NonNullable<PostCall['headers']>;

/** @throws MillraceError BAD_PROJECT for the URL, not showing it */
export const createAlertPost = (url: string): AlertPost => {
  const { place, post } = createPost({ url, timeoutMs: CALL_MS });
  return {
    place,
    async send(body, signal, headersOf) {
      const payload = new TextEncoder().encode(toldJson(body));
      const { status, reason } = await post({ payload, headers: headersOf?.(payload), signal });
      signal.throwIfAborted();
      if (status === undefined) throw notTaken(place, reason);
      if (status < 200 || status > 299) throw notTaken(place, `${status}`);
    },
  };
};
