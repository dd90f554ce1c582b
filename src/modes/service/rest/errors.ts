/** Errors as HTTP answers: one shape for the native API, the protocol's own for /v2, whatever went wrong and wherever. */
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { type Code, MillraceError, type Problem, show } from '../../../core/errors.ts';
import { httpStatus, retryAfter } from '../http-status.ts';
import { toldOutside } from '../told.ts';

/** How a problem stands in a body. */
export type ErrorBody = (problem: Problem) => string;

const nativeBody: ErrorBody = (problem) => JSON.stringify({ error: problem });
/** The protocol wants a text at `error`; what a program needs to act on stands beside it. */
const protocolBody: ErrorBody = ({ message, ...rest }) => JSON.stringify({ error: message, ...rest });

/** MLflow's clients look for these two; beside them stands the native shape. */
const mlflowBody: ErrorBody = (problem) =>
  JSON.stringify({ error_code: problem.code, message: problem.message, error: problem });

/** Whether a path is one of the Open Inference Protocol. */
export const isOfProtocol = (path: string): boolean => /^\/v2(?:[/?]|$)/.test(path);

/** How errors are told at a path. */
export const bodyFor = (path: string): ErrorBody => {
  if (isOfProtocol(path)) return protocolBody;
  return path.startsWith('/invocations') ? mlflowBody : nativeBody;
};

export const JSON_TYPE = 'application/json';

const asIs = (text: unknown): string => text as string;

/**
 * The answer is a text that is JSON already. JSON has no charset parameter (RFC 8259, 11), and KServe's client knows an
 * error by this very type; without a serializer the framework would add one.
 */
export const asJson = (reply: FastifyReply): FastifyReply => reply.header('content-type', JSON_TYPE).serializer(asIs);

/** Codes of the framework's own errors, as far as a caller can cause them. */
const frameworkCodes: Readonly<Record<string, Code>> = {
  ECONNRESET: 'CANCELLED',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'UNSUPPORTED_MEDIA',
  FST_ERR_BAD_URL: 'NOT_FOUND',
  FST_ERR_MAX_PARAM_LENGTH: 'NOT_FOUND',
  FST_ERR_ROUTE_METHOD_NOT_SUPPORTED: 'METHOD_NOT_ALLOWED',
};

const isFramework = (error: unknown): error is { readonly code: string; readonly message: string } =>
  error instanceof Error && Object.hasOwn(frameworkCodes, String((error as { code?: unknown }).code));

/** Any thrown value as a problem that may be told, of a request with that content type. */
export const toldProblem = (error: unknown, contentType?: string): Problem => {
  if (error instanceof MillraceError || !isFramework(error)) return toldOutside(error);
  const code = frameworkCodes[error.code];
  if (code === 'UNSUPPORTED_MEDIA') {
    const expected = 'content-type: application/json or text/csv';
    const got = contentType === undefined ? 'no content type' : show(contentType);
    return { code, expected, got, message: `Expected ${expected}, got ${got}.` };
  }
  return { code, message: `${error.message}.`.replace(/\.\.$/, '.') };
};

export const sendProblem = (reply: FastifyReply, problem: Problem, body: ErrorBody): FastifyReply => {
  const status = httpStatus(problem.code);
  const wait = retryAfter(status);
  if (wait !== undefined) reply.header('retry-after', wait);
  return asJson(reply.code(status)).send(body(problem));
};

/** Node's names for what a connection did before there was a request. */
const clientProblems: Readonly<Record<string, Problem>> = {
  HPE_HEADER_OVERFLOW: { code: 'HEADERS_TOO_LARGE', message: 'The headers are larger than the limit.' },
  ERR_HTTP_REQUEST_TIMEOUT: { code: 'TOO_SLOW', message: 'The request did not arrive in the time allowed.' },
};

/** Milliseconds that a caller has to read a refusal before its connection is cut. */
const LAST_WORD_MS = 500;

/** Answers a connection whose bytes are no HTTP request, and ends it, whether its caller ends it too or not. */
export const answerClientError = (error: Error & { readonly code?: string }, socket: Socket): Problem | undefined => {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return undefined;
  }
  const problem = clientProblems[error.code ?? ''] ?? {
    code: 'BAD_REQUEST' as const,
    message: 'These bytes are not an HTTP/1.1 request.',
  };
  endWith(socket, problem);
  return problem;
};

/** The last that a connection says. */
const endWith = (socket: Duplex, problem: Problem, headers = ''): void => {
  const status = httpStatus(problem.code);
  const body = nativeBody(problem);
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${headers}content-type: ${JSON_TYPE}\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
  setTimeout(() => socket.destroy(), LAST_WORD_MS).unref();
};

/** Answers CONNECT: this is no proxy. */
export const refuseTunnel = (socket: Duplex): Problem => {
  const [expected, got] = ['another method', 'CONNECT'];
  const problem: Problem = {
    code: 'METHOD_NOT_ALLOWED',
    expected,
    got,
    message: 'This is no proxy; it takes no CONNECT.',
  };
  endWith(socket, problem, 'allow: GET, HEAD, OPTIONS, POST\r\n');
  return problem;
};
