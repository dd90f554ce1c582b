/** What a request's headers say of its call. */
import type { FastifyRequest } from 'fastify';
import { fail, show } from '../../../core/errors.ts';
import type { Call } from '../dataplane.ts';

const duration = /^(\d{1,9}(?:\.\d{1,6})?)(ms|s)?$/;

/** The deadline of a request: `X-Request-Timeout` in seconds (`2`, `0.25`) or with a unit (`250ms`, `2s`). */
const deadlineOf = (header: string | readonly string[] | undefined, timeoutMs: number): number => {
  if (header === undefined) return performance.now() + timeoutMs;
  const match = duration.exec(String(header).trim());
  if (match === null) {
    throw fail('BAD_REQUEST', `X-Request-Timeout: expected seconds or a text such as 250ms, got ${show(header)}.`, {
      field: 'x-request-timeout',
      expected: 'seconds, or a text such as 250ms',
      got: show(header),
    });
  }
  const ms = Number(match[1]) * (match[2] === 'ms' ? 1 : 1000);
  return performance.now() + Math.min(ms, timeoutMs);
};

/** @throws MillraceError BAD_REQUEST for a timeout that is none. */
export const callOf = (request: FastifyRequest, timeoutMs: number): Call => ({
  bytes: request.bytes,
  deadline: deadlineOf(request.headers['x-request-timeout'], timeoutMs),
  caller: request.raw.socket,
});
