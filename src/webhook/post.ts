/** One call to an address of the user's: JSON goes there, and its status comes back. */
import { fail } from '../core/errors.ts';
import { readRetryAfter } from './retry.ts';

export interface PostOptions {
  /** http or https. Its path and query may hold a token: messages show no more than the origin. */
  readonly url: string;
  /** How long a call may take, in milliseconds. */
  readonly timeoutMs: number;
  readonly fetch?: typeof fetch | undefined;
}

export interface PostCall {
  readonly payload: Uint8Array<ArrayBuffer>;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly signal?: AbortSignal | undefined;
  /** In milliseconds since the epoch; the system's unless given. */
  readonly now?: number | undefined;
}

/** What became of a call. */
export type Posted =
  /** `after`: how long the receiver asks to wait, in milliseconds. */
  | { readonly status: number; readonly after?: number | undefined; readonly reason?: undefined }
  /** There was no answer, for this reason. */
  | { readonly reason: string; readonly status?: undefined; readonly after?: undefined };

export interface Post {
  /** The origin of its URL. */
  readonly place: string;
  post(call: PostCall): Promise<Posted>;
}

/** The most of an answer that is read, so that its connection can be used again; nobody looks at it. */
const ANSWER_BYTES = 64 * 1024;

const drain = async (response: Response): Promise<void> => {
  let bytes = 0;
  try {
    for await (const chunk of response.body ?? []) {
      bytes += chunk.length;
      if (bytes > ANSWER_BYTES) return;
    }
  } catch {
    // The status has been heard; the rest does not matter.
  }
};

/** What went wrong on the way, by its short name: texts of network errors may hold addresses. */
const nameOf = (error: unknown): string => {
  const { name, cause } = error as { readonly name?: string; readonly cause?: { readonly code?: string } };
  if (name === 'TimeoutError') return 'no answer in time';
  return cause?.code ?? 'no connection';
};

const checkedUrl = (text: string): URL => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isHttp = url?.protocol === 'https:' || url?.protocol === 'http:';
  if (url && isHttp && url.username === '' && url.password === '') return url;
  throw fail('BAD_PROJECT', 'The URL of the webhook is not one that can be called', {
    field: 'url',
    expected: 'https://… or http://…, without user and password',
  });
};

/** @throws BAD_PROJECT for the URL, not showing it. */
export const createPost = ({ url: text, timeoutMs, fetch: call = fetch }: PostOptions): Post => {
  const url = checkedUrl(text);
  return {
    place: url.origin,
    async post({ payload, headers, signal, now = Date.now() }) {
      const ends = AbortSignal.timeout(timeoutMs);
      try {
        const response = await call(url, {
          method: 'POST',
          body: payload,
          headers: { 'content-type': 'application/json', 'user-agent': 'millrace', ...headers },
          // Whoever answers with another address could have the call, and what it says, go anywhere.
          redirect: 'manual',
          signal: signal ? AbortSignal.any([signal, ends]) : ends,
        });
        await drain(response);
        return { status: response.status, after: readRetryAfter(response.headers.get('retry-after'), now) };
      } catch (error) {
        return { reason: nameOf(error) };
      }
    },
  };
};
