/** Pages of other origins as callers: what a browser must be told before it lets them read an answer (Fetch, 3.3). */
import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyInstance, FastifyReply } from 'fastify';

export interface Cors {
  /** Whether pages of that origin may call. */
  allows(origin: string): boolean;
  /** Tells a browser that asks beforehand what it may send. `methods` is what the address takes. */
  preflight(headers: IncomingHttpHeaders, reply: FastifyReply, methods: string): void;
}

/** Headers of a request beside those that every page may send. */
const REQUEST_HEADERS = [
  'authorization',
  'content-encoding',
  'content-type',
  'inference-header-content-length',
  'traceparent',
  'tracestate',
  'x-api-key',
  'x-request-id',
  'x-request-timeout',
].join(', ');
/** Headers of an answer that a page may read. */
const ANSWER_HEADERS = [
  'inference-header-content-length',
  'retry-after',
  'traceparent',
  'x-model',
  'x-request-id',
].join(', ');
/** Seconds for which a browser need not ask again. */
const PREFLIGHT_S = 600;

/**
 * Marks every answer for pages of these origins, `*` for all of them. Cookies and other credentials of a browser are
 * never asked for: nothing here depends on them.
 */
export const allowOrigins = (app: FastifyInstance, origins: readonly string[]): Cors => {
  const all = origins.includes('*');
  const allows = (origin: string): boolean => all || origins.includes(origin);
  app.addHook('onRequest', ({ headers: { origin } }, reply, next) => {
    if (!all) reply.header('vary', 'origin');
    if (origin !== undefined && allows(origin)) {
      reply.header('access-control-allow-origin', all ? '*' : origin);
      reply.header('access-control-expose-headers', ANSWER_HEADERS);
    }
    next();
  });
  return {
    allows,
    preflight({ origin, 'access-control-request-method': method }, reply, methods) {
      if (origin === undefined || method === undefined || !allows(origin)) return;
      reply.header('access-control-allow-methods', methods);
      reply.header('access-control-allow-headers', REQUEST_HEADERS);
      reply.header('access-control-max-age', PREFLIGHT_S);
    },
  };
};
