/** What gRPC calls each error. It follows from what HTTP calls it, so that both transports agree on every code. */
import { Metadata, type ServiceError, status } from '@grpc/grpc-js';
import type { Problem } from '../../../core/errors.ts';
import { httpStatus } from '../http-status.ts';
import { toldOutside } from '../told.ts';

const ofHttp: Readonly<Record<number, status>> = {
  400: status.INVALID_ARGUMENT,
  401: status.UNAUTHENTICATED,
  403: status.PERMISSION_DENIED,
  404: status.NOT_FOUND,
  405: status.UNIMPLEMENTED,
  408: status.DEADLINE_EXCEEDED,
  409: status.FAILED_PRECONDITION,
  413: status.INVALID_ARGUMENT,
  415: status.INVALID_ARGUMENT,
  422: status.INVALID_ARGUMENT,
  429: status.RESOURCE_EXHAUSTED,
  499: status.CANCELLED,
  503: status.UNAVAILABLE,
  504: status.DEADLINE_EXCEEDED,
};

/** The key in the trailing metadata under which the code of Millrace stands. */
export const CODE_KEY = 'millrace-code';

/** Any thrown value as the error of a call: its text is safe to send. */
export const grpcError = (
  error: unknown,
): Partial<ServiceError> & Pick<ServiceError, 'code' | 'details' | 'metadata'> => {
  const { code, message }: Problem = toldOutside(error);
  const metadata = new Metadata();
  metadata.set(CODE_KEY, code);
  return { code: ofHttp[httpStatus(code)] ?? status.INTERNAL, details: message, metadata };
};
