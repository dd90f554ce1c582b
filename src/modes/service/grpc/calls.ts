/** What every call of gRPC goes through: a span of its own, a message that is one, and errors told in one way. */
import { Metadata, type ServerUnaryCall, type sendUnaryData, status } from '@grpc/grpc-js';
import { problemOf } from '../../../core/errors.ts';
import { httpStatus } from '../http-status.ts';
import type { Logger } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import { isOfPlaces } from '../told.ts';
import type { RequestSpan, Tracing } from '../traces.ts';
import { inferenceProtocol } from './messages.ts';
import { Malformed, malformed } from './protocol.ts';
import { grpcError } from './status.ts';
import type { InferStream } from './stream.ts';

export interface AnyCall extends Pick<InferStream, 'cancelled' | 'getDeadline' | 'getPeer' | 'metadata'> {}

type Answer<Request, Response> = (
  request: Request,
  call: AnyCall,
  span: RequestSpan | undefined,
) => Response | Promise<Response>;

export interface GrpcCalls {
  /** Counts and logs an error of a call. */
  refused(error: unknown): void;
  /** Work under a span of its own, which is a child of the caller's if its metadata names one. */
  traced<T>(method: string, call: AnyCall, work: (span: RequestSpan | undefined) => T | Promise<T>): Promise<T>;
  /** The handler of calls with one request and one answer. */
  unary<Request, Response>(
    method: string,
    answer: Answer<Request, Response>,
  ): (call: ServerUnaryCall<Request | Malformed, Response>, callback: sendUnaryData<Response>) => Promise<void>;
}

export interface GrpcCallsOptions {
  readonly metrics: Pick<Metrics, 'rejected'>;
  readonly log: Logger;
  /** Nothing is traced unless given. */
  readonly tracing?: Tracing | undefined;
}

/** The context of a span, for callers who want to find the trace. */
const contextOf = ({ traceparent }: RequestSpan): Metadata => {
  const metadata = new Metadata();
  metadata.set('traceparent', traceparent);
  return metadata;
};

const wellFormed = <T>(message: T | Malformed): T => {
  if (message instanceof Malformed) throw malformed();
  return message;
};

export const createCalls = ({ metrics, log, tracing }: GrpcCallsOptions): GrpcCalls => {
  const { name: service } = inferenceProtocol;
  const refused = (error: unknown): void => {
    const { code } = problemOf(error);
    metrics.rejected(code);
    const level = httpStatus(code) === 500 || isOfPlaces(code) ? 'error' : 'debug';
    log[level]({ transport: 'grpc', code, ...(level === 'error' && { err: error }) }, 'refused');
  };

  const traced: GrpcCalls['traced'] = async (method, call, work) => {
    const attributes = { 'rpc.system': 'grpc', 'rpc.service': service, 'rpc.method': method };
    const span = tracing?.begin(`${service}/${method}`, call.metadata.getMap(), attributes);
    let code: status = status.OK;
    try {
      return await work(span);
    } catch (error) {
      ({ code } = grpcError(error));
      throw error;
    } finally {
      span?.end({ 'rpc.grpc.status_code': code }, code === status.INTERNAL || code === status.UNAVAILABLE);
    }
  };

  return {
    refused,
    traced,
    unary:
      <Request, Response>(method: string, answer: Answer<Request, Response>) =>
      async (call: ServerUnaryCall<Request | Malformed, Response>, callback: sendUnaryData<Response>) => {
        let response: Response;
        try {
          response = await traced(method, call, (span) => {
            if (span) call.sendMetadata(contextOf(span));
            return answer(wellFormed(call.request), call, span);
          });
        } catch (error) {
          refused(error);
          return callback(grpcError(error));
        }
        callback(null, response);
      },
  };
};
