/** The REST side of the service: routes, bodies and errors; what they do is the dataplane's. */
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import { fail } from '../../../core/errors.ts';
import type { Dataplane } from '../dataplane.ts';
import { openapi } from '../openapi.ts';
import { answerClientError, type ErrorBody, nativeBody, protocolBody, sendProblem, toldProblem } from './errors.ts';
import { parseJson } from './json-body.ts';
import { type Health, oipRoutes } from './oip.ts';
import { predictRoutes } from './predict.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Bytes of the body as it came. */
    bytes: number;
  }
}

const bodyFor = ({ url }: FastifyRequest): ErrorBody => (/^\/v2(?:[/?]|$)/.test(url) ? protocolBody : nativeBody);

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

/** Answers 405 for the methods that no route has at an address where another has. */
const refuseOtherMethods = (app: FastifyInstance, routes: ReadonlyMap<string, ReadonlySet<string>>): void => {
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

export const createRest = async (plane: Dataplane, health: Health): Promise<FastifyInstance> => {
  const { limits } = plane;
  const tell = (error: unknown) => toldProblem(error, limits.bodyBytes);
  const app = Fastify({
    bodyLimit: limits.bodyBytes,
    requestTimeout: limits.arrivalMs,
    // Every error has its shape from here; the framework's own answers would have another.
    clientErrorHandler: answerClientError,
    frameworkErrors: (error, request, reply) => sendProblem(reply, tell(error), bodyFor(request)),
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    http: { maxHeaderSize: limits.headerBytes },
    routerOptions: { maxParamLength: 256 },
  });
  app.decorateRequest('bytes', 0);
  app.setErrorHandler((error, request, reply) => sendProblem(reply, tell(error), bodyFor(request)));
  app.setNotFoundHandler((request, reply) => {
    const message = `There is nothing at ${request.url.split('?')[0].slice(0, 200)}; /openapi.json lists what there is.`;
    return sendProblem(reply, { code: 'NOT_FOUND', message }, bodyFor(request));
  });

  const routes = new Map<string, Set<string>>();
  app.addHook('onRoute', ({ url, method }) => {
    const known = routes.get(url) ?? new Set<string>();
    for (const one of [method].flat()) known.add(one);
    routes.set(url, known);
  });

  await app.register(async (native) => {
    native.removeAllContentTypeParsers();
    native.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, body, done) => {
      request.bytes = body.length;
      try {
        done(null, parseJson(body, limits.depth));
      } catch (error) {
        done(error as Error);
      }
    });
    predictRoutes(native, plane);
    native.get('/livez', () => ({ live: true }));
    native.get('/readyz', (_request, reply) => {
      if (!health.ready) reply.code(503);
      return { ready: health.ready };
    });
    native.get('/openapi.json', () => openapi(plane.models.list(), limits));
  });
  await app.register(async (protocol) => {
    protocol.removeAllContentTypeParsers();
    // The protocol's clients name many content types, or none.
    protocol.addContentTypeParser<Buffer>('*', { parseAs: 'buffer' }, (request, body, done) => {
      request.bytes = body.length;
      done(null, body);
    });
    oipRoutes(protocol, plane, health);
  });
  refuseOtherMethods(app, new Map([...routes].map(([url, known]) => [url, new Set(known)])));
  return app;
};
