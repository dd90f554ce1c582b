/** 405 for the methods that no route has at an address where another has. */
import type { FastifyInstance } from 'fastify';
import { fail } from '../../../core/errors.ts';

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

/** Remembers the routes that are added from now on; the returned function refuses all their other methods. */
export const refuseOtherMethods = (app: FastifyInstance): (() => void) => {
  const routes = new Map<string, Set<string>>();
  let done = false;
  app.addHook('onRoute', ({ url, method }) => {
    if (done) return;
    const known = routes.get(url) ?? new Set<string>();
    for (const one of [method].flat()) known.add(one);
    routes.set(url, known);
  });
  return () => {
    done = true;
    for (const [url, known] of routes) {
      const allow = [...known].sort().join(', ');
      app.route({
        url,
        method: methods.filter((method) => !known.has(method)),
        onRequest: async ({ method }, reply) => {
          reply.header('allow', allow);
          const message = `${method} is not for this address; it takes ${allow}.`;
          throw fail('METHOD_NOT_ALLOWED', message, { expected: allow, got: method });
        },
        handler: async () => undefined,
      });
    }
  };
};
