/** The REST side of the service as Fastify serves it: connections, bodies, errors; what is asked and answered stands in the routes. */
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Doorkeeper } from '../../../access/doorkeeper.ts';
import type { Pass } from '../../../access/pass.ts';
import { fail } from '../../../core/errors.ts';
import type { Bodies } from '../bodies.ts';
import type { Connections } from '../connections.ts';
import { httpStatus } from '../http-status.ts';
import { createRequestIds } from '../ids.ts';
import type { Logger } from '../log.ts';
import { isOfPlaces } from '../told.ts';
import type { RequestSpan, Tracing } from '../traces.ts';
import { challengeFor } from './admission.ts';
import { bodyReader } from './body-reader.ts';
import { allowOrigins } from './cors.ts';
import { CONTENT_ENCODINGS } from './encoded-body.ts';
import { answerClientError, bodyFor, isOfProtocol, refuseTunnel, sendProblem, toldProblem } from './errors.ts';
import { addRoutes } from './fastify-routes.ts';
import { FILE_TYPES } from './image-body.ts';
import { hasMore, linger } from './linger.ts';
import { answerOthers } from './other-methods.ts';
import { logRequests, nameRequests, traceRequests } from './requests.ts';
import { type RoutesOptions, routesOf } from './routes.ts';
import { cutSlowReaders } from './slow-readers.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** `ok`, or the code of the error that it was answered with. */
    outcome: string;
    /** Of a request that is traced. */
    span: RequestSpan | undefined;
    /** Who asks; undefined where everybody may. */
    pass: Pass | undefined;
  }
}

export interface RestOptions extends RoutesOptions {
  readonly log: Logger;
  readonly bodies: Bodies;
  /** Places for the connections of this door. */
  readonly places: Connections;
  readonly tracing?: Tracing | undefined;
  /** Who lets callers in; everybody comes in unless given. */
  readonly doorkeeper?: Doorkeeper | undefined;
}

/** Signatures check what comes, and what goes out is written here: no route has a schema. The framework's compilers of them are never loaded. */
const noSchemas = (): never => {
  throw fail('INTERNAL', 'a route has a schema, which nothing would check');
};

export const createRest = async (options: RestOptions): Promise<FastifyInstance> => {
  const { plane, health, log, bodies, places, origins, tracing } = options;
  const { limits, metrics } = plane;
  const refuse = (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const problem = toldProblem(error, request.headers['content-type']);
    const status = httpStatus(problem.code);
    metrics.rejected(problem.code);
    request.outcome = problem.code;
    if (hasMore(request.raw)) {
      reply.header('connection', 'close');
      linger(request.raw.socket, limits.arrivalMs);
    }
    if (problem.code === 'UNAUTHENTICATED') reply.header('www-authenticate', challengeFor(request));
    if (problem.field === 'content-encoding') reply.header('accept-encoding', CONTENT_ENCODINGS);
    if (!reply.hasHeader('x-request-id')) reply.header('x-request-id', request.id);
    const isOurs = status === 500 || isOfPlaces(problem.code);
    log[isOurs ? 'error' : 'debug'](
      { id: request.id, status, code: problem.code, ...(isOurs && { err: error }) },
      'refused',
    );
    return sendProblem(reply, problem, bodyFor(request.url));
  };
  const app = Fastify({
    bodyLimit: limits.bodyBytes,
    requestTimeout: limits.arrivalMs,
    genReqId: createRequestIds(),
    // Every error has its shape from here; the framework's own answers would have another.
    clientErrorHandler: (error, socket) => {
      const problem = answerClientError(error, socket);
      if (problem) metrics.rejected(problem.code);
    },
    frameworkErrors: refuse,
    return503OnClosing: false,
    http: {
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.arrivalMs,
      connectionsCheckingInterval: Math.min(250, limits.arrivalMs),
      // Node's own refusal of a request without a host has no body; ours has one (requests.ts).
      requireHostHeader: false,
    },
    routerOptions: { maxParamLength: 256 },
    schemaController: { compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas } },
  });
  cutSlowReaders(app.server, limits.arrivalMs, () => metrics.rejected('TOO_SLOW'));
  // First of all who hear of a connection.
  app.server.prependListener('connection', places.admit);
  // Whatever a caller expects, it gets an answer; Node's own would have no body.
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response));
  // A caller who asks before it sends need not send what is refused.
  app.server.on('checkContinue', (request, response) => {
    if (!(Number(request.headers['content-length']) > limits.bodyBytes)) response.writeContinue();
    app.server.emit('request', request, response);
  });
  app.server.on('connect', (_request, socket) => metrics.rejected(refuseTunnel(socket).code));
  app.decorateRequest('answer');
  app.decorateRequest('outcome', 'ok');
  app.decorateRequest('span', undefined);
  app.decorateRequest('pass', undefined);
  app.setErrorHandler(refuse);
  nameRequests(app, health);
  if (tracing) traceRequests(app, tracing);
  if (log.isLevelEnabled('debug')) logRequests(app, log);

  answerOthers(app, origins.length > 0 ? allowOrigins(app, origins) : undefined);

  const read = bodyReader(bodies, limits);
  const routes = routesOf(options);
  await app.register(async (native) => {
    native.removeAllContentTypeParsers();
    native.addContentTypeParser(['application/json', 'text/csv'], read);
    native.addContentTypeParser(FILE_TYPES, read);
    addRoutes(
      native,
      routes.filter(({ path }) => !isOfProtocol(path)),
      options,
    );
  });
  await app.register(async (protocol) => {
    protocol.removeAllContentTypeParsers();
    // The protocol's clients name many content types, or none.
    protocol.addContentTypeParser('*', read);
    addRoutes(
      protocol,
      routes.filter(({ path }) => isOfProtocol(path)),
      options,
    );
  });
  return app;
};
