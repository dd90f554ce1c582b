/**
 * Every code an error of Millrace can carry, with what it means. The list is closed: a new failure gets a new row here
 * and a section in docs/ERRORS.md (a test holds the two together). The core says *what* went wrong; only a mode turns
 * a code into an HTTP status, an exit code or a rejected row.
 */
export const codes = {
  // a row that does not fit the signature
  BAD_LINE: 'A line of a file cannot be read as a row.',
  NOT_A_ROW: 'The row is not an object of fields.',
  MISSING_FIELD: 'A required field is absent.',
  NULL_VALUE: 'A field that must have a value is null, NaN or missing.',
  WRONG_TYPE: 'The value has another type than the field.',
  NOT_FINITE: 'The value is infinite or not a number.',
  NOT_INTEGER: 'The value has a fraction where an integer is needed.',
  UNSAFE_INTEGER: 'The integer is past 2^53 - 1, so it may already have lost its last digits.',
  OUT_OF_RANGE: 'The value is below the minimum or above the maximum.',
  UNKNOWN_CATEGORY: 'The value is not among the labels.',
  TOO_LONG: 'The text is longer than the field allows.',
  BAD_DATETIME: 'The value is not an ISO 8601 date and time that can be placed in time.',
  BAD_SHAPE: 'The tensor has another shape or number of elements.',
  BAD_IMAGE: 'The value is not an image that can be decoded.',
  IMAGE_TOO_LARGE: 'The image has more bytes or pixels than is allowed.',
  UNKNOWN_FIELD: 'The row has a field that the signature lacks, and the package refuses extra fields.',
  // a row that fits but cannot be scored
  STEP_FAILED: 'A preparation step cannot be computed for this row.',
  TRANSFORM_FAILED: 'The transform module threw, or returned something other than a row.',
  MODEL_FAILED: 'The model itself refused this row.',
  BAD_OUTPUT: 'The model answered with something that the signature of its output does not allow.',
  // a request
  BAD_REQUEST: 'The request is malformed.',
  BAD_JSON: 'The text is not valid JSON.',
  NOT_FOUND: 'There is nothing at this address.',
  UNAUTHENTICATED: 'Nothing that came with the call says who asks.',
  FORBIDDEN: 'The service does not open this, or not to who asks.',
  METHOD_NOT_ALLOWED: 'The address exists, but not for this method.',
  UNSUPPORTED_MEDIA: 'The content type is not one that is read here.',
  TOO_LARGE: 'The body is larger than the limit.',
  TOO_MANY_ROWS: 'The request has more rows than the limit.',
  UNAVAILABLE: 'The service is starting, draining or overloaded.',
  RATE_LIMITED: 'Who asks has had as many calls or rows as they may have for now.',
  QUEUE_FULL: 'More requests wait than the service allows.',
  BODIES_FULL: 'The bodies of all requests together are more than the service holds at a time.',
  WORKER_LOST: 'The process that ran the model ended before it answered.',
  DEADLINE_EXCEEDED: 'The time that the caller allowed ran out before the answer was ready.',
  CANCELLED: 'The caller went away before the answer was ready.',
  TOO_SLOW: 'The request did not arrive in the time allowed.',
  TOO_MANY_CONNECTIONS: 'One address has as many connections as it may have.',
  HEADERS_TOO_LARGE: 'The headers of the request are larger than the limit.',
  CANNOT_LISTEN: 'The service cannot listen on this address.',
  // a package
  BAD_MANIFEST: 'model.yaml is not as the schema wants it.',
  BAD_MODEL: 'The model file cannot be read, or does not fit the signature.',
  FOREIGN_MODEL: 'The file is known, but is no model of a format that is run.',
  BAD_TRANSFORM: 'The transform module cannot be bundled to one web-standard module.',
  BAD_REFERENCE: 'The reference sample cannot be read or does not fit the signature.',
  BAD_EXAMPLES: 'The golden examples cannot be read.',
  EXAMPLE_OFF: 'A golden example gives another answer than it should.',
  NOT_EXPORTABLE: 'The package has something that another language would answer otherwise.',
  DAMAGED_PACKAGE: 'A file of the package is not what its digest says.',
  UNTRUSTED_PACKAGE: 'Nobody whom the environment trusts has signed the package.',
  // the registry
  BAD_REF: 'This is not a reference to a model.',
  UNKNOWN_MODEL: 'No model of this name is registered.',
  UNKNOWN_VERSION: 'The model has no such version.',
  UNKNOWN_ENVIRONMENT: 'The project has no such environment.',
  EMPTY_ENVIRONMENT: 'The environment does not point at a version of this model.',
  VERSION_TAKEN: 'The version is registered with another digest; versions never change.',
  GATE_REFUSED: 'A gate of the environment does not let the version in.',
  NOTHING_TO_ROLL_BACK: 'The environment has no earlier version to go back to.',
  ROLLOUT_RUNS: 'The deployment has a rollout at work; it has one at a time.',
  NO_ROLLOUT: 'The deployment has no rollout that this can be done to.',
  BAD_ROLLOUT: 'The candidate cannot be rolled out here.',
  BAD_KEY: 'A key cannot be made like this.',
  UNKNOWN_KEY: 'There is no key of this id.',
  STORE_FAILED: 'The database or blob store failed.',
  READ_ONLY: 'The home or registry may only be read.',
  // streams
  STREAM_FAILED: 'The broker cannot be reached, or refused what was asked of it.',
  UNKNOWN_TOPIC: 'The broker has no topic of this name.',
  FENCED: 'The partition belongs to another member of the group by now.',
  BAD_EVENT: 'The event is not in the form that the deployment reads.',
  CONDITION_FAILED: 'A condition in CEL cannot be evaluated for this event.',
  WEBHOOK_FAILED: 'The address of a webhook refused the call, or did not take it in time.',
  // batch
  BAD_SOURCE: 'The source is not there, or its columns are not what the model needs.',
  BAD_SINK: 'The table or file that answers go to has another shape than they.',
  DUPLICATE_KEY: 'Two rows of the source have the same key.',
  TOO_MANY_REJECTS: 'More rows were rejected than the deployment allows.',
  DISK_FULL: 'The disk or database that is written to has no room left.',
  UNKNOWN_RUN: 'There is no run of this id.',
  RUN_BUSY: 'Another process is at work on this run.',
  ALERT_FAILED: 'A channel did not take an alert.',
  REACTION_FAILED: 'A webhook or command that follows a run or an alert could not be carried out.',
  // the command line and projects
  USAGE: 'The command was called in a way it does not understand.',
  FILE_NOT_FOUND: 'The file does not exist or cannot be read.',
  FILE_EXISTS: 'The file exists already, and would have been overwritten.',
  BAD_FILE: 'The file is not in the format it should be.',
  BAD_PROJECT: 'millrace.yaml is not as it should be.',
  NOT_LOADED: 'A part of Millrace that is loaded when it is needed cannot be loaded.',
  INTERNAL: 'A defect in Millrace.',
} as const;

export type Code = keyof typeof codes;

/** What is wrong with one row, field or file, as plain data: cheap to make, safe to send. */
export interface Problem {
  readonly code: Code;
  readonly message: string;
  readonly field?: string;
  readonly expected?: string;
  readonly got?: string;
  readonly step?: string;
}

/** The one error class. `problem` is what a caller may see; `cause` is for logs only. */
export class MillraceError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem, options?: { readonly cause?: unknown }) {
    super(problem.message, options);
    this.name = 'MillraceError';
    this.problem = problem;
  }

  get code(): Code {
    return this.problem.code;
  }

  /** An error of another copy of Millrace in the same page is one, too. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof Error && value.name === 'MillraceError';
  }
}

/** Shorthand for throwing: `throw fail('BAD_REF', '…', { expected, got })`. Another problem may be spread as details. */
export const fail = (
  code: Code,
  message: string,
  details: Partial<Problem> & { readonly cause?: unknown } = {},
): MillraceError => {
  const { cause, code: _, message: __, ...rest } = details;
  return new MillraceError({ code, message, ...rest }, cause === undefined ? undefined : { cause });
};

/** The problem of any thrown value; what is not ours becomes INTERNAL and keeps its text out of sight. */
export const problemOf = (error: unknown): Problem =>
  error instanceof MillraceError
    ? error.problem
    : { code: 'INTERNAL', message: 'Something went wrong inside Millrace; its log says what.' };

/** The text of any thrown value. */
export const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : typeof error === 'string' ? error : show(error);

/** A short, safe picture of a value for `got`: never longer than 80 characters. */
export const show = (value: unknown): string => {
  let text: string;
  if (value === undefined) text = 'nothing';
  else if (typeof value === 'string') text = JSON.stringify(value.length > 80 ? value.slice(0, 80) : value);
  else if (typeof value === 'bigint') text = `${value}`;
  else if (typeof value === 'number' || typeof value === 'boolean' || value === null) text = String(value);
  else if (Array.isArray(value)) text = `an array of ${value.length}`;
  else if (ArrayBuffer.isView(value)) text = value.constructor.name;
  else text = typeof value === 'object' ? 'an object' : typeof value;
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
};

/** Names for a message, the first few of many: "a, b, c and 40 more". */
export const showNames = (names: readonly string[], most = 12): string =>
  names.length <= most ? names.join(', ') : `${names.slice(0, most).join(', ')} and ${names.length - most} more`;
