/** What HTTP calls each error. The core says what went wrong; only here does that become a number. */
import type { Code } from '../../core/errors.ts';

/** The row cannot be scored: its content is at fault, not the form of the request. */
const UNPROCESSABLE = 422;

const statuses: Partial<Record<Code, number>> = {
  BAD_REQUEST: 400,
  BAD_JSON: 400,
  BAD_REF: 400,
  BAD_KEY: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  UNKNOWN_MODEL: 404,
  UNKNOWN_VERSION: 404,
  UNKNOWN_ENVIRONMENT: 404,
  EMPTY_ENVIRONMENT: 404,
  FILE_NOT_FOUND: 404,
  UNKNOWN_KEY: 404,
  METHOD_NOT_ALLOWED: 405,
  TOO_SLOW: 408,
  EXAMPLE_OFF: 409,
  BAD_EXAMPLES: 409,
  BAD_MODEL: 409,
  BAD_MANIFEST: 409,
  BAD_TRANSFORM: 409,
  DAMAGED_PACKAGE: 409,
  UNTRUSTED_PACKAGE: 409,
  TOO_LARGE: 413,
  TOO_MANY_ROWS: 413,
  UNSUPPORTED_MEDIA: 415,
  NOT_A_ROW: UNPROCESSABLE,
  MISSING_FIELD: UNPROCESSABLE,
  NULL_VALUE: UNPROCESSABLE,
  WRONG_TYPE: UNPROCESSABLE,
  NOT_FINITE: UNPROCESSABLE,
  NOT_INTEGER: UNPROCESSABLE,
  UNSAFE_INTEGER: UNPROCESSABLE,
  OUT_OF_RANGE: UNPROCESSABLE,
  UNKNOWN_CATEGORY: UNPROCESSABLE,
  TOO_LONG: UNPROCESSABLE,
  BAD_DATETIME: UNPROCESSABLE,
  BAD_LINE: UNPROCESSABLE,
  BAD_SHAPE: UNPROCESSABLE,
  BAD_IMAGE: UNPROCESSABLE,
  IMAGE_TOO_LARGE: UNPROCESSABLE,
  UNKNOWN_FIELD: UNPROCESSABLE,
  STEP_FAILED: UNPROCESSABLE,
  TRANSFORM_FAILED: UNPROCESSABLE,
  MODEL_FAILED: UNPROCESSABLE,
  BAD_OUTPUT: UNPROCESSABLE,
  QUEUE_FULL: 429,
  RATE_LIMITED: 429,
  // For the metric alone: such a connection is closed unread.
  TOO_MANY_CONNECTIONS: 429,
  HEADERS_TOO_LARGE: 431,
  // Nobody reads this one: the caller is gone. nginx writes the same number into its log.
  CANCELLED: 499,
  UNAVAILABLE: 503,
  BODIES_FULL: 503,
  WORKER_LOST: 503,
  STORE_FAILED: 503,
  STREAM_FAILED: 503,
  DEADLINE_EXCEEDED: 504,
};

/** The HTTP status of an error; 500 for what a caller can do nothing about. */
export const httpStatus = (code: Code): number => statuses[code] ?? 500;

/** Seconds after which trying again may help, for the statuses where it may. */
export const retryAfter = (status: number): number | undefined => (status === 429 || status === 503 ? 1 : undefined);
