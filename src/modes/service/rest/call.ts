/** What a request says of its call beside its content. */
import { fail, show } from '../../../core/errors.ts';
import { charsetOf } from '../../../text/charset.ts';
import type { Call } from '../calls.ts';
import type { Dataplane } from '../dataplane.ts';
import type { Limits } from '../limits.ts';
import type { ModelTable } from '../models.ts';
import type { RestRequest } from './route.ts';

const duration = /^(\d+(?:\.\d+)?)(ms|s)?$/;

/** A month, which is longer than anybody waits. */
const MOST_MS = 30 * 86_400_000;

/** Milliseconds of `X-Request-Timeout`: seconds (`2`, `0.25`), or with a unit (`250ms`, `2s`). */
const headerMs = (header: string): number => {
  const match = duration.exec(header.trim());
  if (match) return Math.min(MOST_MS, Number(match[1]) * (match[2] === 'ms' ? 1 : 1000));
  throw fail('BAD_REQUEST', `X-Request-Timeout: expected seconds or a text such as 250ms, got ${show(header)}.`, {
    field: 'x-request-timeout',
    expected: 'seconds, or a text such as 250ms',
    got: show(header),
  });
};

/** When the answer is of no use any more. @throws BAD_REQUEST for a timeout that is none */
export const deadlineOf = ({ headers }: RestRequest, { timeoutMs }: Pick<Limits, 'timeoutMs'>): number => {
  const header = headers['x-request-timeout'];
  return performance.now() + (header === undefined ? timeoutMs : Math.min(timeoutMs, headerMs(String(header))));
};

/** @throws BAD_REQUEST for a timeout that is none. */
export const callOf = (request: RestRequest, { newId }: Pick<Dataplane, 'newId'>): Call => {
  const header = request.headers['x-request-timeout'];
  const ms = header === undefined ? undefined : headerMs(String(header));
  return {
    id: newId(),
    bytes: bytesOf(request).length,
    deadline: ms === undefined ? undefined : performance.now() + ms,
    caller: request.raw.socket,
    span: request.span,
    headers: request.headers,
    pass: request.pass,
  };
};

/** Refuses a request before its body is read, when its model has no room for it. @throws QUEUE_FULL, UNKNOWN_MODEL */
export const admitting =
  (models: ModelTable) =>
  ({ params }: RestRequest): void => {
    const { model, version } = params as { readonly model: string; readonly version?: string };
    const found = models.get(model, version);
    if (!(found instanceof Promise)) found.batcher.admit();
  };

const nothing = Buffer.alloc(0);
/** The body, with the charset that its content type declares; undefined for UTF-8. */
export const bodyOf = (request: RestRequest): { readonly bytes: Buffer; readonly charset: string | undefined } => ({
  bytes: bytesOf(request),
  charset: charsetOf(request.headers['content-type'] ?? ''),
});
/** The body as it came; nothing for a request that has none. */
export const bytesOf = ({ body }: RestRequest): Buffer => (Buffer.isBuffer(body) ? body : nothing);
