/** Routes as Fastify takes them in. Its requests are ours already; its replies are filled in. */
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteShorthandOptions } from 'fastify';
import type { Doorkeeper } from '../../../access/doorkeeper.ts';
import type { Logger } from '../log.ts';
import { admissionTo } from './admission.ts';
import { asJson } from './errors.ts';
import { type LongAnswer, type LongRoute, type RestAnswer, type RestRefusal, type Route, TEXT_JSON } from './route.ts';

/** Where a long answer goes: its head goes out with the first piece. */
const sendLong = (request: FastifyRequest, reply: FastifyReply, { headers, begin }: LongAnswer): void => {
  const { raw } = reply;
  // Whoever has gone meanwhile closed before there was anybody to hear of it.
  if (request.raw.socket.destroyed) {
    reply.hijack();
    return;
  }
  const stop = begin({
    write(text) {
      if (!raw.headersSent) {
        reply.hijack();
        const own = reply.getHeaders() as Record<string, string>;
        raw.writeHead(200, { ...own, ...headers, 'x-request-id': request.id, connection: 'close' });
      }
      raw.write(text);
    },
    end: (text) => raw.end(text),
  });
  raw.on('close', stop);
};

const longHandler = (route: LongRoute) => async (request: FastifyRequest, reply: FastifyReply) => {
  sendLong(request, reply, await route.answerLong(request));
  return reply;
};

type Hook = Exclude<RouteShorthandOptions['onRequest'], undefined>;

const checking =
  (check: NonNullable<Route['check']>): Hook =>
  (request: FastifyRequest, _reply: FastifyReply, next: (error?: Error) => void): void => {
    try {
      check(request);
      next();
    } catch (error) {
      next(error as Error);
    }
  };

const hooksOf = (
  { check, audited }: Route,
  admission: Hook | undefined,
  log: Logger,
): Pick<RouteShorthandOptions, 'onRequest' | 'onResponse'> => ({
  onRequest: [...(admission ? [admission] : []), ...(check ? [checking(check)] : [])].flat(),
  ...(audited !== undefined && {
    onResponse({ id, ip: address, outcome }, _reply, next) {
      log.info({ id, address, what: audited, outcome }, 'access');
      next();
    },
  }),
});

/** A text goes out as it is, and needs none of this: it is for answers that say more. */
const fillIn = (
  _request: FastifyRequest,
  reply: FastifyReply,
  answer: RestAnswer | RestRefusal,
  done: (error: Error | null, body?: string | Buffer) => void,
): void => {
  if ('error' in answer) {
    reply.headers(answer.headers);
    done(answer.error as Error);
    return;
  }
  reply.code(answer.status ?? 200).headers({ 'content-type': TEXT_JSON, ...answer.headers });
  done(null, answer.body);
};

/** Adds routes to a scope whose bodies are read as they want it. */
export const addRoutes = (
  scope: FastifyInstance,
  routes: readonly Route[],
  { log, doorkeeper }: { readonly log: Logger; readonly doorkeeper?: Doorkeeper | undefined },
): void => {
  scope.addHook('preSerialization', fillIn);
  for (const route of routes) {
    const { method, path } = route;
    const isLong = 'answerLong' in route;
    scope.route({
      method,
      url: path.replace(/\{(\w+)\}/g, ':$1'),
      exposeHeadRoute: method === 'GET' && !isLong,
      ...hooksOf(route, admissionTo(route, doorkeeper), log),
      handler: isLong
        ? longHandler(route)
        : (request, reply) => {
            asJson(reply);
            return route.answer(request);
          },
    });
  }
};
