/** What a request gets that no route takes: 405 or, to OPTIONS, 204 where another method has one; 404 elsewhere. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { fail, type MillraceError } from '../../../core/errors.ts';
import type { Cors } from './cors.ts';

const nothingAt = (path: string): MillraceError =>
  fail('NOT_FOUND', `There is nothing at ${path.slice(0, 200)}; /openapi.json lists what there is.`);

/** The paths that a route takes, whatever stands in the place of its parameters. */
const pathsOf = (route: string): RegExp => new RegExp(`^${route.replace(/[.]/g, '\\.').replace(/:\w+/g, '[^/]+')}$`);

/**
 * Remembers the routes that are added from now on. Whatever they do not take is answered before its body is read, by any
 * method that HTTP has.
 */
export const answerOthers = (app: FastifyInstance, cors: Cors | undefined): void => {
  const methods = new Map<string, { readonly paths: RegExp; readonly known: Set<string> }>();
  app.addHook('onRoute', ({ url, method }) => {
    const route = methods.get(url) ?? { paths: pathsOf(url), known: new Set(['OPTIONS']) };
    for (const one of [method].flat()) route.known.add(one);
    methods.set(url, route);
  });

  const answer = async ({ method, url, headers }: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const [path] = url.split('?', 1);
    const known = [...methods.values()].flatMap(({ paths, known }) => (paths.test(path) ? [...known] : []));
    if (known.length === 0) throw nothingAt(path);
    const allow = known.sort().join(', ');
    reply.header('allow', allow);
    if (method !== 'OPTIONS') {
      const message = `${method} is not for this address; it takes ${allow}.`;
      throw fail('METHOD_NOT_ALLOWED', message, { expected: allow, got: method });
    }
    cors?.preflight(headers, reply, allow);
    return reply.code(204).send();
  };
  app.register(async (others) => {
    others.addHook('onRequest', answer);
    others.setNotFoundHandler(() => undefined);
  });
};
