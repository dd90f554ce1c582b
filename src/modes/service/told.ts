/** What a caller is told of an error: what it is, and never where: no host, no path and no database. */
import { type Code, codes, type Problem, problemOf } from '../../core/errors.ts';

/** Codes whose messages speak of the service's own places, and not of what the caller sent. */
const ofPlaces: ReadonlySet<Code> = new Set<Code>([
  'BAD_EXAMPLES',
  'BAD_FILE',
  'BAD_MANIFEST',
  'BAD_MODEL',
  'BAD_PROJECT',
  'BAD_REF',
  'BAD_REFERENCE',
  'BAD_SINK',
  'BAD_SOURCE',
  'BAD_TRANSFORM',
  'CANNOT_LISTEN',
  'DAMAGED_PACKAGE',
  'DISK_FULL',
  'FILE_EXISTS',
  'FILE_NOT_FOUND',
  'FENCED',
  'REACTION_FAILED',
  'READ_ONLY',
  'STORE_FAILED',
  'STREAM_FAILED',
  'UNKNOWN_TOPIC',
  'WEBHOOK_FAILED',
]);

/** Whether the log alone has all that there is to say. */
export const isOfPlaces = (code: Code): boolean => ofPlaces.has(code);

/** Any thrown value as a problem that may be told. */
export const toldOutside = (error: unknown): Problem => outsideOf(problemOf(error));

/** What callers are told of a problem: of places inside, such as a database, its code alone. */
export const outsideOf = (problem: Problem): Problem => {
  const { code } = problem;
  if (!ofPlaces.has(code)) return problem;
  return { code, message: `${codes[code]} The log of the service says more, under the id of this request.` };
};
