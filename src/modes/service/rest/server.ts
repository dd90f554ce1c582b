/** The REST side of the service: routes, bodies and errors; what they do is the dataplane's. */
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Recorder } from '../../../monitor/recorder.ts';
import { toldJson } from '../../../text/exact-json.ts';
import { isAnyOpen, type Opened } from '../access.ts';
import type { Bodies } from '../bodies.ts';
import type { Connections } from '../connections.ts';
import type { Dataplane } from '../dataplane.ts';
import { contentSecurityPolicy, docsPage } from '../docs/page.ts';
import type { Health } from '../health.ts';
import { httpStatus } from '../http-status.ts';
import { createRequestIds } from '../ids.ts';
import type { Logger } from '../log.ts';
import type { Card } from '../model.ts';
import { openapi } from '../openapi.ts';
import type { ModelControl, Peers } from '../peers.ts';
import type { Publishing } from '../publish/publishing.ts';
import { isOfPlaces } from '../told.ts';
import type { RequestSpan, Tracing } from '../traces.ts';
import { bodyReader } from './body-reader.ts';
import { allowOrigins } from './cors.ts';
import { CONTENT_ENCODINGS } from './encoded-body.ts';
import {
  answerClientError,
  type ErrorBody,
  mlflowBody,
  nativeBody,
  protocolBody,
  refuseTunnel,
  sendProblem,
  toldProblem,
} from './errors.ts';
import { createGuard } from './guard.ts';
import { invocationRoutes } from './invocations.ts';
import { hasMore, linger } from './linger.ts';
import { oipRoutes } from './oip.ts';
import { answerOthers } from './other-methods.ts';
import { predictRoutes } from './predict.ts';
import { betterRoute, recordRoutes } from './records.ts';
import { controlRoutes, indexRoute } from './repository.ts';
import { logRequests, nameRequests, traceRequests } from './requests.ts';
import { cutSlowReaders } from './slow-readers.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** `ok`, or the code of the error that it was answered with. */
    outcome: string;
    /** Of a request that is traced. */
    span: RequestSpan | undefined;
  }
}

/** All there is; or what callers need, and what those need who run the service, each behind a door of its own. */
export type Behind = 'all' | 'callers' | 'operators';

export interface RestOptions {
  readonly plane: Dataplane;
  readonly health: Health;
  readonly log: Logger;
  readonly bodies: Bodies;
  /** Places for the connections of this door. */
  readonly places: Connections;
  /** What is behind this door. */
  readonly behind: Behind;
  /** What callers load and unload models with, as far as they may. */
  readonly control: ModelControl;
  readonly opened: { readonly records: Opened; readonly control: Opened };
  /** Names under which what is open may be used: see `GuardOptions`. */
  readonly hosts: readonly string[];
  /** Origins whose pages may call, `*` for all; what is guarded takes only those that are named. */
  readonly origins: readonly string[];
  readonly peers?: Pick<Peers, 'metrics'> | undefined;
  /** Others in this process, whose metrics stand beside those of the service. */
  readonly neighbours?: { metrics(): Promise<string> } | undefined;
  readonly recorder?: Recorder | undefined;
  readonly publishing?: Publishing | undefined;
  readonly tracing?: Tracing | undefined;
}

const bodyFor = ({ url }: FastifyRequest): ErrorBody => {
  if (/^\/v2(?:[/?]|$)/.test(url)) return protocolBody;
  return url.startsWith('/invocations') ? mlflowBody : nativeBody;
};

const docsRoute = (app: FastifyInstance, cards: () => readonly Card[], hasMetrics: boolean): void => {
  app.get('/docs', (_request, reply) =>
    reply
      .header('content-type', 'text/html; charset=utf-8')
      .header('content-security-policy', contentSecurityPolicy)
      .header('x-content-type-options', 'nosniff')
      .send(docsPage(cards(), { hasMetrics })),
  );
};

export const createRest = async (options: RestOptions): Promise<FastifyInstance> => {
  const { plane, health, log, bodies, places, behind, control, opened, origins } = options;
  const { peers, neighbours, recorder, publishing, tracing } = options;
  const [isForCallers, isForOperators] = [behind !== 'operators', behind !== 'callers'];
  const guard = createGuard(options);
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
    if (problem.field === 'content-encoding') reply.header('accept-encoding', CONTENT_ENCODINGS);
    if (!reply.hasHeader('x-request-id')) reply.header('x-request-id', request.id);
    const isOurs = status === 500 || isOfPlaces(problem.code);
    log[isOurs ? 'error' : 'debug'](
      { id: request.id, status, code: problem.code, ...(isOurs && { err: error }) },
      'refused',
    );
    return sendProblem(reply, problem, bodyFor(request));
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
  app.decorateRequest('bytes', 0);
  app.decorateRequest('answer');
  app.decorateRequest('outcome', 'ok');
  app.decorateRequest('span', undefined);
  app.setErrorHandler(refuse);
  nameRequests(app, health);
  if (tracing) traceRequests(app, tracing);
  if (log.isLevelEnabled('debug')) logRequests(app, log);

  answerOthers(app, origins.length > 0 ? allowOrigins(app, origins) : undefined);

  const read = bodyReader(bodies, limits);
  const cards = () =>
    plane.models.slots.flatMap(({ card, state }) => (card !== undefined && state !== 'unloaded' ? card : []));

  await app.register(async (native) => {
    native.removeAllContentTypeParsers();
    native.addContentTypeParser(['application/json', 'text/csv'], read);
    const patienceMs = peers ? 1000 : 0;
    if (isForCallers) {
      predictRoutes(native, plane);
      invocationRoutes(native, plane, health);
      betterRoute(native, { recorder, publishing, limits, patienceMs });
      docsRoute(native, cards, isForOperators);
    }
    if (isForOperators) {
      recordRoutes(native, { recorder, publishing, limits, opened: opened.records, guard, patienceMs });
      native.get('/metrics', async (_request, reply) => {
        reply.header('content-type', metrics.registry.contentType);
        const own = await (peers ?? metrics.registry).metrics();
        return neighbours ? own + (await neighbours.metrics()) : own;
      });
    }
    native.get('/livez', () => ({ live: true }));
    native.get('/readyz', (_request, reply) => {
      if (health.ready) return { ready: true };
      return reply.code(503).send({ ready: false, reason: health.reason });
    });
    const isKept = recorder !== undefined || publishing !== undefined;
    const open = {
      answers: isForCallers,
      better: isForCallers && publishing?.better !== undefined,
      metrics: isForOperators,
      records: isForOperators && isKept && isAnyOpen(opened.records),
      control: isForOperators && isAnyOpen(opened.control),
    };
    native.get('/openapi.json', (_request, reply) =>
      reply.type('application/json; charset=utf-8').send(toldJson(openapi(cards(), limits, open))),
    );
  });
  await app.register(async (protocol) => {
    protocol.removeAllContentTypeParsers();
    // The protocol's clients name many content types, or none.
    protocol.addContentTypeParser('*', read);
    if (isForCallers) {
      oipRoutes(protocol, plane, health);
      indexRoute(protocol, plane);
    }
    if (isForOperators) controlRoutes(protocol, { limits, control, opened: opened.control, guard });
  });
  return app;
};
