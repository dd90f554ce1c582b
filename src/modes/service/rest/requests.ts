/** What happens to every request, whatever it asks: its id, its trace, its line in the log. */
import type { FastifyInstance } from 'fastify';
import { fail } from '../../../core/errors.ts';
import type { Health } from '../health.ts';
import type { Logger } from '../log.ts';
import type { Tracing } from '../traces.ts';

const noHost = (): Error =>
  fail('BAD_REQUEST', 'An HTTP/1.1 request needs a Host header.', {
    field: 'host',
    expected: 'a host',
    got: 'nothing',
  });

/** What a caller may name a request by, to find it in logs again. */
const callersId = /^[\w.:/+=@-]{1,128}$/;

/** Tells the caller by which id the request is known, and on the last answer that the connection ends. */
export const nameRequests = (app: FastifyInstance, health: Pick<Health, 'closing'>): void => {
  app.addHook('onRequest', (request, reply, next) => {
    request.answer = reply.raw;
    const given = request.headers['x-request-id'];
    if (typeof given === 'string' && callersId.test(given)) reply.header('x-request-id', given);
    // A prediction has its id in the body; a header more would cost the fastest of them 2 %.
    else if (!request.url.startsWith('/predict/')) reply.header('x-request-id', request.id);
    if (health.closing) reply.header('connection', 'close');
    if (request.headers.host === undefined && request.raw.httpVersion === '1.1') next(noHost());
    else next();
  });
};

/** The path that was asked for; of a prediction's without its id, which is for who had the answer alone. */
const pathOf = (url: string, route: string): string => (route.startsWith('/predictions/') ? route : url.split('?')[0]);

/** A span for each request, whose context goes back to the caller. */
export const traceRequests = (app: FastifyInstance, tracing: Tracing): void => {
  app.addHook('onRequest', (request, reply, next) => {
    const route = request.routeOptions.url ?? 'unknown';
    const attributes = {
      'http.request.method': request.method,
      'http.route': route,
      'url.path': pathOf(request.url, route),
      'millrace.request_id': request.id,
    };
    request.span = tracing.begin(`${request.method} ${route}`, request.headers, attributes);
    reply.header('traceparent', request.span.traceparent);
    next();
  });
  app.addHook('onResponse', (request, reply, next) => {
    const { statusCode } = reply;
    request.span?.end({ 'http.response.status_code': statusCode }, statusCode >= 500);
    next();
  });
};

/** A line for each request, without anything of its content. */
export const logRequests = (app: FastifyInstance, log: Logger): void => {
  app.addHook('onResponse', (request, reply, next) => {
    const { method, routeOptions, id } = request;
    const { statusCode: status, elapsedTime: ms } = reply;
    const caller = reply.getHeader('x-request-id') ?? id;
    log.debug({ id, ...(caller !== id && { caller }), method, route: routeOptions.url, status, ms }, 'answered');
    next();
  });
};
